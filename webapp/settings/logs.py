"""Structured logs on standard error: JSON, or readable text on a terminal and in debug."""

import re
import sys

import structlog
from structlog.typing import EventDict, Processor

from .environment import DEBUG, env

__all__ = ["LOGGING", "DJANGO_STRUCTLOG_CELERY_ENABLED", "DJANGO_STRUCTLOG_STATUS_4XX_LOG_LEVEL"]

DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_STATUS_4XX_LOG_LEVEL = 20  # INFO: a wrong address is not the operator's problem

_FORMAT = env.str(
    "SPINULA_LOG_FORMAT",
    default="text" if DEBUG or sys.stderr.isatty() else "json",
    choices=("text", "json"),
)
_LEVEL = env.str("SPINULA_LOG_LEVEL", default="INFO")

_SECRET_LINKS = re.compile(r"/(invitations|reset)/[^\s'\"?#]+")


def without_secrets(_logger: object, _method: str, said: EventDict) -> EventDict:
    """What is logged, with the secrets of one-time links left out of every address.

    >>> without_secrets(None, "", {"request": "GET /invitations/abc/", "path": "/reset/MQ/x-y/", "code": 200})
    {'request': 'GET /invitations/…', 'path': '/reset/…', 'code': 200}
    """
    return {
        name: _SECRET_LINKS.sub(r"/\1/…", value) if isinstance(value, str) else value for name, value in said.items()
    }


_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    without_secrets,
]
_RENDER: list[Processor] = (
    [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)]
    if _FORMAT == "text"
    else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
)

structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        *_SHARED,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structured": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": _SHARED,
            "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_RENDER],
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
    "root": {"handlers": ["console"], "level": _LEVEL},
    "loggers": {
        "django.server": {"handlers": ["console"], "level": _LEVEL, "propagate": False},
        "django": {"handlers": ["console"], "level": _LEVEL, "propagate": False},
        "django.request": {"level": "CRITICAL"},  # webapp.errors logs the exception, with its reference
        "django.security.DisallowedHost": {"level": "CRITICAL"},  # the same, without the stack: scanners knock all day
        "axes": {"level": "WARNING"},
        "matplotlib": {"level": "WARNING"},
        "nd2": {"level": "ERROR"},
        "tifffile": {"level": "CRITICAL"},  # a damaged upload is its user's problem, told on the page
    },
}
