"""Accounts: how django-allauth signs people in, with a second factor; how long a session lasts; mail."""

from datetime import timedelta

from django.core.exceptions import ImproperlyConfigured

from .environment import env

__all__ = [
    "ACCOUNT_ADAPTER",
    "ACCOUNT_EMAIL_VERIFICATION",
    "ACCOUNT_LOGIN_METHODS",
    "ACCOUNT_RATE_LIMITS",
    "ACCOUNT_REAUTHENTICATION_TIMEOUT",
    "ACCOUNT_SESSION_REMEMBER",
    "ACCOUNT_SIGNUP_FIELDS",
    "ACCOUNT_USER_MODEL_EMAIL_FIELD",
    "MFA_ADAPTER",
    "MFA_PASSKEY_LOGIN_ENABLED",
    "MFA_SUPPORTED_TYPES",
    "MFA_ALLOW_UNVERIFIED_EMAIL",
    "MFA_TOTP_ISSUER",
    "MFA_TOTP_TOLERANCE",
    "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN",
    "SESSION_COOKIE_AGE",
    "SPINULA_SESSION_LONGEST",
    "SPINULA_INVITATION_LIFE",
    "SPINULA_SECOND_FACTOR",
    "SPINULA_SENDS_MAIL",
    "PASSWORD_RESET_TIMEOUT",
    "DEFAULT_FROM_EMAIL",
    "EMAIL_BACKEND",
    "EMAIL_HOST",
    "EMAIL_PORT",
    "EMAIL_HOST_USER",
    "EMAIL_HOST_PASSWORD",
    "EMAIL_USE_TLS",
    "EMAIL_USE_SSL",
    "EMAIL_TIMEOUT",
]

ACCOUNT_ADAPTER = "webapp.accounts.adapters.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]  # nobody signs up: people are invited
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
# Passwords are counted by django-axes; these hold for second factors and for confirming who one is.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": "60/m/ip,10/300s/key"}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300  # of seconds, in which tokens are made and second factors changed

MFA_ADAPTER = "webapp.accounts.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # an address only receives mail here; nobody signs in with it
MFA_TOTP_ISSUER = "Spinula"
MFA_TOTP_TOLERANCE = 1  # periods of 30 s, for clocks that differ
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not env.bool("SPINULA_HTTPS", default=True)

# Who must have a second factor: offered (nobody must), administrators or everybody.
SPINULA_SECOND_FACTOR = env.str("SPINULA_SECOND_FACTOR", default="offered")
if SPINULA_SECOND_FACTOR not in ("offered", "administrators", "everybody"):
    raise ImproperlyConfigured("SPINULA_SECOND_FACTOR is offered, administrators or everybody.")

# A session ends when nobody used it for so long, and so long after the sign-in in any case.
SESSION_COOKIE_AGE = 3600 * env.int("SPINULA_SESSION_IDLE_HOURS", default=12)
SPINULA_SESSION_LONGEST = timedelta(days=env.int("SPINULA_SESSION_DAYS", default=7))

SPINULA_INVITATION_LIFE = timedelta(days=env.int("SPINULA_INVITATION_DAYS", default=7))
PASSWORD_RESET_TIMEOUT = 3600 * env.int("SPINULA_RESET_HOURS", default=24)

# smtp+tls://user:password@host:587; empty: an administrator hands out links instead.
_MAIL = env.email_url("SPINULA_EMAIL_URL", default="dummymail://")
SPINULA_SENDS_MAIL = bool(env.str("SPINULA_EMAIL_URL", default=""))
EMAIL_BACKEND = _MAIL["EMAIL_BACKEND"]
EMAIL_HOST = _MAIL.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = _MAIL.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = _MAIL.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _MAIL.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = _MAIL.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _MAIL.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("SPINULA_EMAIL_FROM", default="spinula@localhost")
