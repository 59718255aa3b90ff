"""Secrets, HTTPS, cookies, content security policy, sign-in and its lockout."""

from datetime import timedelta

from csp.constants import NONE, SELF

from .environment import env
from .sign_on import SPINULA_LDAP

__all__ = [
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "ALLOWED_HOSTS",
    "CSRF_TRUSTED_ORIGINS",
    "SECURE_SSL_REDIRECT",
    "SECURE_REDIRECT_EXEMPT",
    "SECURE_PROXY_SSL_HEADER",
    "SECURE_HSTS_SECONDS",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS",
    "SECURE_REFERRER_POLICY",
    "SESSION_COOKIE_SECURE",
    "SESSION_COOKIE_NAME",
    "CSRF_COOKIE_SECURE",
    "CSRF_COOKIE_NAME",
    "CSRF_COOKIE_HTTPONLY",
    "CSRF_FAILURE_VIEW",
    "X_FRAME_OPTIONS",
    "CONTENT_SECURITY_POLICY",
    "AUTH_USER_MODEL",
    "AUTH_PASSWORD_VALIDATORS",
    "AUTHENTICATION_BACKENDS",
    "LOGIN_URL",
    "LOGIN_REDIRECT_URL",
    "LOGOUT_REDIRECT_URL",
    "AXES_FAILURE_LIMIT",
    "AXES_COOLOFF_TIME",
    "AXES_LOCKOUT_PARAMETERS",
    "AXES_LOCKOUT_CALLABLE",
    "AXES_RESET_ON_SUCCESS",
    "AXES_VERBOSE",
    "AXES_IPWARE_PROXY_COUNT",
    "AXES_IPWARE_META_PRECEDENCE_ORDER",
]

SECRET_KEY = env.str("SPINULA_SECRET_KEY", default="")  # empty: Django refuses to sign
SECRET_KEY_FALLBACKS = env.list("SPINULA_SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("SPINULA_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("SPINULA_CSRF_TRUSTED_ORIGINS", default=[])

_HTTPS = env.bool("SPINULA_HTTPS", default=True)
_PROXY_COUNT = env.int("SPINULA_PROXY_COUNT", default=0)  # reverse proxies in front that set X-Forwarded-*

SECURE_SSL_REDIRECT = _HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz/$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _PROXY_COUNT else None
SECURE_HSTS_SECONDS = env.int("SPINULA_HSTS_SECONDS", default=31_536_000) if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = _HTTPS
# Cookies do not tell ports apart: two instances on one machine need two names.
SESSION_COOKIE_NAME = env.str("SPINULA_SESSION_COOKIE", default="spinula_session")
CSRF_COOKIE_SECURE = _HTTPS
CSRF_COOKIE_NAME = env.str("SPINULA_CSRF_COOKIE", default="spinula_csrf")
CSRF_COOKIE_HTTPONLY = False  # upload.js and htmx send it back as a header
CSRF_FAILURE_VIEW = "webapp.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"

# The style sheets, by their hash, that OpenSeadragon and Plotly write into the page when they load.
_STYLES_OF_PACKAGES = [
    "'sha256-9xTiqzfwFaL2SGb1rmr8gysEwVVjIvqWAgmZgqFqpEE='",  # OpenSeadragon: no outline on touch screens
    "'sha256-ji27qzEtxXZW+7dun6UwjHXJ18e6WAin1VvNtkzIE/o='",  # Plotly: its map library
]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF, *_STYLES_OF_PACKAGES],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF, "blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

AUTH_USER_MODEL = "spines.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
] + [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    }
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    *(["webapp.accounts.ldap.LdapBackend"] if SPINULA_LDAP else []),
]
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "home:home"
LOGOUT_REDIRECT_URL = "accounts:sign_in"

# One name from one address: a stranger who guesses cannot lock a colleague out elsewhere.
AXES_FAILURE_LIMIT = env.int("SPINULA_SIGN_IN_ATTEMPTS", default=5)
AXES_COOLOFF_TIME = timedelta(minutes=env.int("SPINULA_LOCKOUT_MINUTES", default=15))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "webapp.errors.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_IPWARE_PROXY_COUNT = _PROXY_COUNT or None
AXES_IPWARE_META_PRECEDENCE_ORDER = ["HTTP_X_FORWARDED_FOR", "REMOTE_ADDR"] if _PROXY_COUNT else ["REMOTE_ADDR"]
