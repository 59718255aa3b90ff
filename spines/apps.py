from django.apps import AppConfig


class SpinesConfig(AppConfig):
    name = "spines"
    label = "spines"
    verbose_name = "Spinula"

    def ready(self) -> None:
        """Say how the work is done that is the domain's own."""
        from spines.services.work.acts import register_acts

        register_acts()
