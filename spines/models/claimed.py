"""A row that a worker claims, works on and gives a sign of life of: `spines.services.claims` moves it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Claimed(models.Model):
    """How often it was tried, who has it, since when, and the sentence when it failed. `status` is of the subclass."""

    attempts = models.PositiveSmallIntegerField(default=0)
    interruptions = models.PositiveSmallIntegerField(default=0, help_text="How often a whole worker went with it")
    claim = models.UUIDField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    message = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


def claimed_constraints(name: str, statuses: type[models.TextChoices]) -> tuple[models.CheckConstraint, ...]:
    """A known status, of a failure a sentence, of what runs a worker; each constraint's name begins with `name`."""
    return (
        models.CheckConstraint(condition=Q(status__in=statuses.values), name=f"{name}_status_known"),
        models.CheckConstraint(
            condition=~Q(status="failed") | ~Q(message=""),
            name=f"{name}_failure_has_a_sentence",
        ),
        models.CheckConstraint(
            condition=~Q(status="running") | Q(claim__isnull=False, heartbeat_at__isnull=False),
            name=f"{name}_running_is_claimed",
        ),
    )
