"""The networks: which version made which number."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class ModelKind(models.TextChoices):
    """What a network does."""

    DETECTOR = "detector", "Detector"
    CLASSIFIER = "classifier", "Classifier"


class ModelState(models.TextChoices):
    """candidate → active → retired. One active version of a kind at a time."""

    CANDIDATE = "candidate", "Candidate"
    ACTIVE = "active", "Active"
    RETIRED = "retired", "Retired"


class ModelVersion(models.Model):
    """A trained network with its card. Never deleted while an analysis refers to it."""

    kind = models.CharField(max_length=10, choices=ModelKind.choices)
    name = models.CharField(max_length=80)
    version = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=ModelState.choices, default=ModelState.CANDIDATE)
    sha256 = models.CharField(max_length=64, help_text="Of the ONNX file")
    path = models.CharField(
        max_length=200, help_text="Folder of its files: in the program where it is shipped, else in storage"
    )
    is_shipped = models.BooleanField(default=False, help_text="Came with the program")
    files = models.JSONField(default=dict, help_text="sha256 by file name")
    card = models.JSONField(default=dict)
    evaluation = models.JSONField(default=dict, help_text="Figures on the frozen test part, beside the active one's")
    activated_at = models.DateTimeField(null=True, blank=True)
    promotion_reason = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("kind", "-created_at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("kind", "sha256"), name="model_version_once"),
            models.UniqueConstraint(
                fields=("kind",), condition=Q(state=ModelState.ACTIVE), name="model_version_one_active_a_kind"
            ),
            models.CheckConstraint(condition=Q(kind__in=ModelKind.values), name="model_version_kind_known"),
            models.CheckConstraint(condition=Q(state__in=ModelState.values), name="model_version_state_known"),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.version}"
