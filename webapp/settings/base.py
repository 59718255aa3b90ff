"""Applications, database, templates and static files."""

from pathlib import Path
from typing import Any

import django_stubs_ext
import plotly

from .environment import BASE_DIR, DEBUG, STATE_DIR, env

__all__ = [
    "BASE_DIR",
    "DEBUG",
    "STATE_DIR",
    "SPINULA_RELEASE",
    "INSTALLED_APPS",
    "MIDDLEWARE",
    "ROOT_URLCONF",
    "WSGI_APPLICATION",
    "TEMPLATES",
    "DATABASES",
    "CACHES",
    "DEFAULT_AUTO_FIELD",
    "LANGUAGE_CODE",
    "TIME_ZONE",
    "USE_I18N",
    "USE_TZ",
    "STATIC_URL",
    "STATIC_ROOT",
    "STATICFILES_DIRS",
    "STATICFILES_FINDERS",
    "PACKAGE_FILES",
    "WHITENOISE_USE_FINDERS",
    "WHITENOISE_AUTOREFRESH",
    "WHITENOISE_ALLOW_ALL_ORIGINS",
]

SPINULA_RELEASE = env.str("SPINULA_RELEASE", default="")

django_stubs_ext.monkeypatch()  # lets generic classes such as ModelAdmin[Lab] be written at run time

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "axes",
    "csp",
    "django_htmx",
    "django_structlog",
    "spines",
    "worker",
    "webapp",
]

MIDDLEWARE = [
    "webapp.call_room.call_room_middleware",
    "webapp.health.middleware.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "webapp.private_answers.PrivateAnswersMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "webapp.accounts.sessions.SessionAgeMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "webapp.acting.ActingMiddleware",
    "webapp.body_limits.BodyLimitMiddleware",  # before the CSRF check, which reads the body
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "webapp.accounts.sessions.SecondFactorMiddleware",
    "webapp.errors.DomainErrorMiddleware",
    "axes.middleware.AxesMiddleware",
    "webapp.reading.ReadingMiddleware",
]

ROOT_URLCONF = "webapp.urls"
WSGI_APPLICATION = "webapp.wsgi.application"

TEMPLATE_OPTIONS: dict[str, Any] = {
    "context_processors": [
        "django.template.context_processors.request",
        "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ],
    "builtins": ["webapp.templatetags.numbers"],
}
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": TEMPLATE_OPTIONS,
    }
]

DATABASES = {"default": env.db("DATABASE_URL", default="postgresql://spinula@localhost/spinula")}
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "default"},
    # What was summed from rows that have not changed since; a figure of 100,000 spines takes a megabyte or two.
    "figures": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "figures",
        "TIMEOUT": 86_400,
        "OPTIONS": {"MAX_ENTRIES": 100},
    },
}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en"
TIME_ZONE = env.str("SPINULA_TIME_ZONE", default="UTC")
USE_I18N = False
USE_TZ = True

# Static files are served by WhiteNoise: from the finders in a checkout, from STATIC_ROOT after collectstatic.
STATIC_URL = "static/"
STATIC_ROOT = env.str("SPINULA_STATIC_ROOT", default="") or None
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "webapp.package_files.PackageFileFinder",
]
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_ALLOW_ALL_ORIGINS = False

# Files of installed packages that pages load, each as static/vendor/<name>/<file>, and nothing else of them.
_NODE_MODULES = BASE_DIR / "node_modules"
PACKAGE_FILES = {
    "openseadragon": [_NODE_MODULES / "openseadragon/build/openseadragon/openseadragon.min.js"],
    "plotly": [Path(plotly.__file__).parent / "package_data/plotly.min.js"],
}
