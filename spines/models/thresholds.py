"""From which detection score on a box is a spine: what scores below, and the changes of an experiment's threshold."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from spines.models.analyses import AnalysisImage, AnalysisStatus
from spines.models.claimed import Claimed, claimed_constraints
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


class ThresholdChange(Claimed):
    """A threshold given to an experiment, and how far its results follow. The latest one holds.

    A threshold of None is each detector's own operating point. `failures` has a sentence for each result that keeps
    its former spines: {id of the result: sentence}.
    """

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="threshold_changes")
    before = models.FloatField(null=True, blank=True)
    threshold = models.FloatField(null=True, blank=True)
    images = models.PositiveIntegerField(default=0, help_text="Whose results had to follow when it was set")
    status = models.CharField(max_length=9, choices=AnalysisStatus.choices, default=AnalysisStatus.QUEUED)
    failures = models.JSONField(default=dict)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = (*claimed_constraints("threshold_change", AnalysisStatus),)

    def __str__(self) -> str:
        return f"Threshold {'of the network' if self.threshold is None else self.threshold} of {self.experiment}"

    @property
    def lab(self) -> Lab:
        """The lab that owns the experiment."""
        return self.experiment.project.lab
