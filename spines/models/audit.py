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

    class Meta:
        ordering = ("-at", "-pk")
        indexes = (models.Index(fields=("subject_type", "subject_id"), name="audit_event_subject"),)

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type} {self.subject_id}"
