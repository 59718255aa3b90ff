from django.apps import AppConfig

from worker.celery import app as celery_app

__all__ = ["WebappConfig", "celery_app"]


class WebappConfig(AppConfig):
    """The pages. Importing this loads the Celery application, through which the domain sends tasks."""

    name = "webapp"
    label = "webapp"
