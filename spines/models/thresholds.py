"""From which detection score on a box is a spine: what scores below, and the changes of an experiment's threshold."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from spines.models.analyses import AnalysisImage, AnalysisStatus
from spines.models.labs import Lab, User
from spines.models.studies import Experiment


class Candidates(models.Model):
    """What the detector found in an image and the threshold keeps out: no spines, in no count, picture or export.

    `found` holds, in reading order, {"box_px": [x, y, width, height], "score": …}, and for one that has been a spine
    of this result before what the classifier said of it, too. `scores` repeats the scores, for PostgreSQL to count.
    """

    analysis_image = models.OneToOneField(
        AnalysisImage, on_delete=models.CASCADE, primary_key=True, related_name="candidates"
    )
    found = models.JSONField(default=list)
    scores = ArrayField(models.FloatField(), default=list)

    class Meta:
        verbose_name_plural = "candidates"

    def __str__(self) -> str:
        return f"Candidates of {self.analysis_image}"


class ThresholdChange(models.Model):
    """A threshold given to an experiment, and how far its results follow. The latest one holds.

    A threshold of None is each detector's own operating point. `failures` has a sentence for each result that keeps
    its former spines: {id of the result: sentence}.
    """

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="threshold_changes")
    before = models.FloatField(null=True, blank=True)
    threshold = models.FloatField(null=True, blank=True)
    images = models.PositiveIntegerField(default=0, help_text="Whose results had to follow when it was set")
    status = models.CharField(max_length=9, choices=AnalysisStatus.choices, default=AnalysisStatus.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    interruptions = models.PositiveSmallIntegerField(default=0, help_text="How often a whole worker went with it")
    claim = models.UUIDField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    failures = models.JSONField(default=dict)
    message = models.TextField(blank=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = (
            models.CheckConstraint(condition=Q(status__in=AnalysisStatus.values), name="threshold_change_status_known"),
            models.CheckConstraint(
                condition=~Q(status=AnalysisStatus.FAILED) | ~Q(message=""),
                name="threshold_change_failure_has_a_sentence",
            ),
            models.CheckConstraint(
                condition=~Q(status=AnalysisStatus.RUNNING) | Q(claim__isnull=False, heartbeat_at__isnull=False),
                name="threshold_change_running_is_claimed",
            ),
        )

    def __str__(self) -> str:
        return f"Threshold {'of the network' if self.threshold is None else self.threshold} of {self.experiment}"

    @property
    def lab(self) -> Lab:
        """The lab that owns the experiment."""
        return self.experiment.project.lab
