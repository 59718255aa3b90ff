"""A run of the pipeline over an experiment's images. The database is the truth about a job."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from spines.models.claimed import Claimed, claimed_constraints
from spines.models.images import Image
from spines.models.labs import Lab, User
from spines.models.model_versions import ModelVersion
from spines.models.studies import Experiment
from spines.vocabulary.picture_grades import GRADE_WORDS, Grade
from spines.vocabulary.picture_scale import DOUBT_WORDS, SOURCE_WORDS, ScaleDoubt, ScaleSource, doubt_sentence


class Analysis(models.Model):
    """Which networks, which parameters, which software, who and when. Its state follows from its images."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="analyses")
    detector = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    classifier = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    parameters = models.JSONField(default=dict)
    software_version = models.CharField(max_length=40)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-pk")
        verbose_name_plural = "analyses"

    def __str__(self) -> str:
        return f"Analysis {self.pk}"

    @property
    def lab(self) -> Lab:
        """The lab that owns this analysis."""
        return self.experiment.project.lab


class AnalysisStatus(models.TextChoices):
    """Where one image of an analysis stands."""

    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


UNFINISHED = (AnalysisStatus.QUEUED, AnalysisStatus.RUNNING)

SEEN_AS = ("channel", "projection", "plane", "pixel_size_um", "polarity")
"""What of an image decides its result, and is kept with it: users may change it later."""


class AnalysisImage(Claimed):
    """One image of an analysis: its state, its timings, the sentence when it failed.

    `is_current` marks the result that the pages show for the image: its latest finished one. `measured_now` is no
    column: the spines that an edit measured anew through this object, None where it changed nothing to measure.
    """

    measured_now: frozenset[int] | None = None

    analysis = models.ForeignKey(Analysis, on_delete=models.CASCADE, related_name="images")
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="results")
    status = models.CharField(max_length=9, choices=AnalysisStatus.choices, default=AnalysisStatus.QUEUED)
    claim = models.UUIDField(null=True, blank=True, help_text="Token of the worker that has it")
    is_current = models.BooleanField(default=False)
    channel = models.PositiveIntegerField(null=True, blank=True, help_text="As it was analysed")
    projection = models.CharField(max_length=8, blank=True, help_text="As it was analysed")
    plane = models.PositiveIntegerField(null=True, blank=True, help_text="As it was analysed")
    pixel_size_um = models.FloatField(null=True, blank=True, help_text="As it was analysed")
    polarity = models.CharField(max_length=13, blank=True, help_text="As it was analysed")
    scale_pixel_um = models.FloatField(null=True, blank=True, help_text="As which its pixels were taken, in µm")
    scale_source = models.CharField(
        max_length=8, choices=[(source.value, words) for source, words in SOURCE_WORDS.items()], blank=True
    )
    scale_sureness = models.FloatField(null=True, blank=True, help_text="0 to 1: how well the picture tells its scale")
    seen_pixel_um = models.FloatField(null=True, blank=True, help_text="What the picture looks like, in µm a pixel")
    scale_doubt = models.CharField(
        max_length=10, choices=[(doubt.value, words) for doubt, words in DOUBT_WORDS.items()], blank=True
    )
    read_s = models.FloatField(null=True, blank=True)
    detect_s = models.FloatField(null=True, blank=True)
    classify_s = models.FloatField(null=True, blank=True)
    software_version = models.CharField(max_length=40, blank=True, help_text="Of Spinula, that wrote the result")
    tracing_version = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Of the tracing; empty before versions were kept, or where nothing was traced"
    )
    measures_version = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="Of the formulas; empty before versions were kept, or where nothing was measured",
    )
    measure_s = models.FloatField(null=True, blank=True)
    write_s = models.FloatField(null=True, blank=True)
    unlikeness = models.FloatField(
        null=True, blank=True, help_text="Distance from what the detector was trained on; `grade` reads it"
    )
    brightness = models.FloatField(null=True, blank=True, help_text="Mean grey value as it was analysed")
    noise = models.FloatField(null=True, blank=True, help_text="SD of the noise as a part of the picture's contrast")
    grade = models.CharField(
        max_length=10,
        choices=[(grade.value, words) for grade, words in GRADE_WORDS.items()],
        blank=True,
        help_text="How far the picture is from the training pictures",
    )
    score_threshold = models.FloatField(
        null=True, blank=True, help_text="Detection score from which on a box is a spine of this result"
    )
    complete_from = models.FloatField(
        null=True, blank=True, help_text="Down to this score every box is kept, as a spine or as a candidate"
    )
    reviewed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True, help_text="When somebody called all boxes right")
    dendrites_edited_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    dendrites_edited_at = models.DateTimeField(
        null=True, blank=True, help_text="When somebody set the dendrites by hand; later analyses keep them"
    )

    class Meta:
        ordering = ("pk",)
        indexes = (
            models.Index(
                fields=("status", "heartbeat_at"),
                name="analysis_image_unfinished",
                condition=Q(status__in=UNFINISHED),
            ),
        )
        constraints = (
            *claimed_constraints("analysis_image", AnalysisStatus),
            models.UniqueConstraint(fields=("analysis", "image"), name="analysis_image_once"),
            models.UniqueConstraint(fields=("image",), condition=Q(is_current=True), name="analysis_image_one_current"),
            models.CheckConstraint(
                condition=Q(is_current=False) | Q(status=AnalysisStatus.DONE),
                name="analysis_image_current_is_done",
            ),
            models.CheckConstraint(
                condition=Q(grade__in=["", *[grade.value for grade in Grade]]), name="analysis_image_grade_known"
            ),
            models.CheckConstraint(
                condition=Q(scale_source__in=["", *(source.value for source in ScaleSource)]),
                name="analysis_image_scale_source_known",
            ),
            models.CheckConstraint(
                condition=Q(scale_doubt__in=[doubt.value for doubt in ScaleDoubt]),
                name="analysis_image_scale_doubt_known",
            ),
        )

    def __str__(self) -> str:
        return f"{self.image} in {self.analysis}"

    @property
    def scale_question(self) -> str:
        """What is doubtful of the image's pixel size, in a sentence; empty where it is answered or changed since."""
        image = self.image
        if image.pixel_size_um is None or image.pixel_size_um != self.pixel_size_um or image.is_pixel_size_confirmed:
            return ""
        doubt = ScaleDoubt(self.scale_doubt)
        return doubt_sentence(doubt, pixel_size_um=image.pixel_size_um, seen_pixel_um=self.seen_pixel_um)
