from django.apps import AppConfig


class SpinesConfig(AppConfig):
    name = "spines"
    label = "spines"
    verbose_name = "Spinula"
