"""The web pages. Loads the Celery application, so that every process that knows Django can send tasks."""

from worker.celery import app as celery_app

__all__ = ["celery_app"]
