"""Work that takes longer than a request may: asked for by a person, done by a worker, its result kept for a while."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import Q

from spines.models.analyses import UNFINISHED, AnalysisStatus
from spines.models.claimed import Claimed, claimed_constraints
from spines.models.labs import Lab, User
from spines.models.studies import Experiment


class WorkKind(models.TextChoices):
    """What is done. `spines.services.work.kinds` knows how."""

    REPORT = "report", "Report, PDF"
    TABLES = "tables", "Tables, ZIP"
    ROIS = "rois", "ImageJ ROIs, ZIP"
    VIEWS = "views", "Channel and projection of images"
    IMPORT = "import", "Import of a set"
    COUNTS = "counts", "Counts of a dataset"
    TRAINING = "training", "Data of a training"
    DRY_RUN = "dry_run", "Dry run of a network"
    CONSENSUS = "consensus", "Consensus of a reader study, set as reviewed"
    TEST_SET = "test_set", "Test set of a reader study, ZIP"
    LIKENESS = "likeness", "Likeness of spines"
    EXAMPLES = "examples", "Classes from examples"
    APPLY_EXAMPLES = "apply_examples", "Classes from examples, applied"
    UNDO_EXAMPLES = "undo_examples", "Classes from examples, undone"


def given_path(_work: Work, _name: str) -> str:
    """Where a file lies that the work is done on, never under a name that a user gave."""
    return f"work/given/{uuid4().hex}"


def result_path(_work: Work, _name: str) -> str:
    """Where the file lies that came of it."""
    return f"work/made/{uuid4().hex}"


class Work(Claimed):
    """One piece of work. The database is the truth about it; the message that a worker gets is its id.

    `arguments` holds ids and choices, `digest` names kind and arguments, `done` of `total` says how far it is in steps
    of its own, `result` what came of it beside the `file`: {"row": id, …}.
    """

    kind = models.CharField(max_length=20, choices=WorkKind.choices)
    arguments = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    lab = models.ForeignKey(Lab, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    experiment = models.ForeignKey(Experiment, null=True, blank=True, on_delete=models.CASCADE, related_name="work")
    asked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    status = models.CharField(max_length=9, choices=AnalysisStatus.choices, default=AnalysisStatus.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    stage = models.CharField(max_length=120, blank=True, help_text="What it is doing, for people")
    given = models.FileField(upload_to=given_path, max_length=200, blank=True)
    file = models.FileField(upload_to=result_path, max_length=200, blank=True)
    file_bytes = models.PositiveBigIntegerField(default=0)
    file_name = models.CharField(max_length=255, blank=True, help_text="Under which a browser saves the file")
    result = models.JSONField(default=dict)

    class Meta:
        ordering = ("-asked_at", "-pk")
        verbose_name_plural = "work"
        constraints = (
            *claimed_constraints("work", AnalysisStatus),
            models.CheckConstraint(condition=Q(kind__in=WorkKind.values), name="work_kind_known"),
            models.UniqueConstraint(
                fields=("asked_by", "digest"), condition=Q(status__in=UNFINISHED), name="work_asked_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def is_unfinished(self) -> bool:
        """Whether something may still happen to it."""
        return self.status in UNFINISHED
