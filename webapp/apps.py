from django.apps import AppConfig

from worker.celery import app as celery_app

__all__ = ["WebappConfig", "celery_app"]


class WebappConfig(AppConfig):
    """The pages. Importing this loads the Celery application, through which the domain sends tasks."""

    name = "webapp"
    label = "webapp"

    def ready(self) -> None:
        """Say how the work is done that only the pages can do, and note who signs in."""
        from webapp.accounts.houses import hide_from_administration
        from webapp.accounts.signals import note_sign_ins
        from webapp.work.acts import register_acts

        register_acts()
        note_sign_ins()
        hide_from_administration()
