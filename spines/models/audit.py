"""Who did what to which row, from where, what it was and what it is."""

from __future__ import annotations

from django.db import models

from spines.models.labs import Lab, User


class AuditEvent(models.Model):
    """Written in the transaction of what it tells of. PostgreSQL refuses to change or delete it (migration 0018).

    It outlives whom and what it names, so nothing holds `actor_id` and `lab_id` to rows that exist; the names stand
    beside them. Names and address are filled in by the database, from `spines.services.audit.acting`.
    """

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.ForeignKey(User, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    actor_name = models.CharField(max_length=150, blank=True, help_text="Of the account, as it was then")
    lab = models.ForeignKey(
        Lab, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="audit_events"
    )
    lab_name = models.CharField(max_length=120, blank=True)
    address = models.CharField(max_length=45, blank=True, help_text="The network address that it came from")
    door = models.CharField(max_length=20, blank=True, help_text="pages, API or administration; empty: Spinula itself")
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
        indexes = (
            models.Index(fields=("subject_type", "subject_id"), name="audit_event_subject"),
            models.Index(fields=("lab", "-id"), name="audit_event_of_lab"),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type} {self.subject_id}"
