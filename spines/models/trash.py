"""What is in the trash: there for a while, out of every page, count and training."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Trashable(models.Model):
    """A row that is put into the trash before it is deleted."""

    trashed_at = models.DateTimeField(null=True, blank=True, db_index=True)
    trashed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        abstract = True
