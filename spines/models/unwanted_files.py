"""Files in storage that no row names any more."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class UnwantedFile(models.Model):
    """A file to be deleted. Triggers write it where a row goes or names another file, in the same transaction."""

    name = models.CharField(max_length=200, unique=True)
    since = models.DateTimeField(auto_now_add=True, db_default=Now())

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.name
