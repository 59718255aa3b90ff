"""The Celery application. Loads no model and no ML framework: a child process does, once, when it needs to."""

import os
from logging.config import dictConfig
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_init
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep

import worker.shutdown  # noqa: F401 - before the children are forked
from spines.release import release
from worker.heartbeat import Heartbeat

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")

app = Celery("spinula", include=["worker.tasks"])
app.config_from_object("django.conf:settings", namespace="CELERY")
app.set_default()
app.steps["worker"].add(DjangoStructLogInitStep)
app.steps["consumer"].add(Heartbeat)


@setup_logging.connect
def use_django_logging(**_: Any) -> None:
    """Keep Celery from replacing the log format that the settings give."""
    dictConfig(settings.LOGGING)


@worker_init.connect
def know_the_release(**_: Any) -> None:
    """Ask git before anything is loaded: children inherit the answer, and a later checkout is not theirs."""
    release()
