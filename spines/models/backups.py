"""When backups were made, and how it went."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Backup(models.Model):
    """One attempt at a backup. It succeeded where it is finished and has no message."""

    place = models.CharField(max_length=1000, help_text="The folder of the backup")
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    rows = models.PositiveBigIntegerField(default=0)
    files = models.PositiveIntegerField(default=0)
    file_bytes = models.PositiveBigIntegerField(default=0)
    lost_files = models.PositiveIntegerField(default=0, help_text="Files that rows name and the storage did not have")
    message = models.TextField(blank=True, help_text="Why there is none")

    class Meta:
        ordering = ("-started_at", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(message="") | Q(finished_at__isnull=False), name="backup_that_failed_is_finished"
            ),
        )

    def __str__(self) -> str:
        return f"Backup {self.place}"
