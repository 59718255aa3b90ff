"""Who did what to which row."""

from __future__ import annotations

from django.db import models

from spines.models.labs import Lab, User


class AuditEvent(models.Model):
    """Written in the transaction of what it tells of; never changed."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    lab = models.ForeignKey(Lab, null=True, on_delete=models.CASCADE, related_name="audit_events")
    action = models.CharField(max_length=60, help_text="For example: image.uploaded")
    subject_type = models.CharField(max_length=40)
    subject_id = models.BigIntegerField(null=True)
    details = models.JSONField(default=dict)
    key = models.UUIDField(null=True, help_text="Of the request that asked for it; sent again, it changes nothing")

    class Meta:
        ordering = ("-at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("actor", "key"), condition=models.Q(key__isnull=False), name="audit_event_once_a_key"
            ),
        )
        indexes = (models.Index(fields=("subject_type", "subject_id"), name="audit_event_subject"),)

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type} {self.subject_id}"
