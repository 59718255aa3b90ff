"""Work that takes longer than a request may: asked for by a person, done by a worker, its result kept for a while."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import Q

from spines.models.analyses import UNFINISHED, AnalysisStatus
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


def given_path(_work: Work, _name: str) -> str:
    """Where a file lies that the work is done on, never under a name that a user gave."""
    return f"work/given/{uuid4().hex}"


def result_path(_work: Work, _name: str) -> str:
    """Where the file lies that came of it."""
    return f"work/made/{uuid4().hex}"


class Work(models.Model):
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
    attempts = models.PositiveSmallIntegerField(default=0)
    interruptions = models.PositiveSmallIntegerField(default=0, help_text="How often a whole worker went with it")
    claim = models.UUIDField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    stage = models.CharField(max_length=120, blank=True, help_text="What it is doing, for people")
    message = models.TextField(blank=True)
    given = models.FileField(upload_to=given_path, max_length=200, blank=True)
    file = models.FileField(upload_to=result_path, max_length=200, blank=True)
    file_bytes = models.PositiveBigIntegerField(default=0)
    file_name = models.CharField(max_length=255, blank=True, help_text="Under which a browser saves the file")
    result = models.JSONField(default=dict)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-asked_at", "-pk")
        verbose_name_plural = "work"
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=WorkKind.values), name="work_kind_known"),
            models.CheckConstraint(condition=Q(status__in=AnalysisStatus.values), name="work_status_known"),
            models.CheckConstraint(
                condition=~Q(status=AnalysisStatus.FAILED) | ~Q(message=""), name="work_failure_has_a_sentence"
            ),
            models.CheckConstraint(
                condition=~Q(status=AnalysisStatus.RUNNING) | Q(claim__isnull=False, heartbeat_at__isnull=False),
                name="work_running_is_claimed",
            ),
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
