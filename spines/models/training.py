"""What networks are trained on, and the runs that train them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from spines.models.claimed import Claimed, claimed_constraints
from spines.models.labs import User
from spines.models.model_versions import ModelKind, ModelVersion


class ImportedSet(models.Model):
    """An annotated set of images brought in as a whole. Its files lie in storage under `path`, by content.

    `report` says what was dropped and why; `counts` holds images and spines by class.
    """

    name = models.CharField(max_length=120)
    licence = models.CharField(max_length=120)
    source = models.CharField(max_length=300, help_text="Where it comes from, as a card cites it")
    sha256 = models.CharField(max_length=64, unique=True, help_text="Of its truth and pictures")
    path = models.CharField(max_length=200)
    box_factor = models.FloatField(default=1.0, help_text="Annotated boxes are shrunk about their centre by this")
    reference_side_px = models.PositiveIntegerField(
        null=True, blank=True, help_text="Pictures of another side show the spines in proportion"
    )
    pixel_size_um = models.FloatField(
        null=True, blank=True, help_text="µm a pixel of pictures that state none themselves"
    )
    spine_side_px = models.FloatField(
        null=True, blank=True, help_text="Usual side of a spine in the pictures, where no pixel size is known"
    )
    has_classes = models.BooleanField(default=False)
    is_fully_marked = models.BooleanField(default=True, help_text="Every spine of a picture is marked")
    counts = models.JSONField(default=dict)
    report = models.JSONField(default=dict)
    imported_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    imported_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name", "pk")
        constraints = (
            models.CheckConstraint(condition=Q(box_factor__gt=0, box_factor__lte=1), name="imported_set_box_factor"),
            models.CheckConstraint(
                condition=Q(pixel_size_um=None) | Q(pixel_size_um__gt=0), name="imported_set_pixel_size"
            ),
            models.CheckConstraint(
                condition=Q(spine_side_px=None) | Q(spine_side_px__gt=0), name="imported_set_spine_side"
            ),
        )

    def __str__(self) -> str:
        return self.name


class DatasetVersion(models.Model):
    """A frozen list of annotated images with their split, named by the sha256 of its manifest in storage.

    `counts` is {part: {"images": n, "spines": n, class: n}} over the parts train, val and test; `selection`
    is what it was made from.
    """

    kind = models.CharField(max_length=10, choices=ModelKind.choices)
    sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=200, help_text="Of the manifest in storage")
    selection = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = (models.UniqueConstraint(fields=("kind", "sha256"), name="dataset_version_once"),)

    def __str__(self) -> str:
        return f"Dataset {self.sha256[:12]}"


class TrainingStatus(models.TextChoices):
    """Where a training run stands."""

    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


UNFINISHED_RUN = (TrainingStatus.QUEUED, TrainingStatus.RUNNING)


class TrainingRun(Claimed):
    """One training of a network. The database is the truth about it; the process writes into a folder beside.

    `epochs` holds a row of figures an epoch, `done` the share of the budget that is used up, `log_tail` the last
    lines the process said, `overrides` what differs from the recipe.
    """

    kind = models.CharField(max_length=10, choices=ModelKind.choices)
    recipe = models.CharField(max_length=40)
    overrides = models.JSONField(default=dict)
    seed = models.PositiveIntegerField(default=0)
    dataset = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, related_name="runs")
    started_from = models.ForeignKey(ModelVersion, null=True, on_delete=models.PROTECT, related_name="+")
    candidate = models.OneToOneField(
        ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="training_run"
    )
    status = models.CharField(max_length=9, choices=TrainingStatus.choices, default=TrainingStatus.QUEUED)
    node = models.CharField(max_length=120, blank=True, help_text="The machine that trains it")
    stage = models.CharField(max_length=120, blank=True, help_text="What it is doing, for people")
    done = models.FloatField(default=0)
    epochs = models.JSONField(default=list)
    log_tail = models.TextField(blank=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = (*claimed_constraints("training_run", TrainingStatus),)

    def __str__(self) -> str:
        return f"Training {self.pk}"
