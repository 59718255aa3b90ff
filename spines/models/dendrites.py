"""The dendrites of an analysed image, and how densely each is set with spines."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from spines.models.analyses import AnalysisImage
from spines.vocabulary.classes import LEFT_OUT
from spines.vocabulary.densities import per_10_um, without


class DendriteSource(models.TextChoices):
    """Who found it."""

    TRACED = "traced", "Traced"
    DRAWN = "drawn", "Drawn by hand"


class Dendrite(models.Model):
    """A dendrite's centreline in an image: the length that densities are counted over.

    `points_px` is [[x, y], …] in pixels of the original image, `radius_px` the half width of the shaft at each point.
    """

    analysis_image = models.ForeignKey(AnalysisImage, on_delete=models.CASCADE, related_name="dendrites")
    number = models.PositiveIntegerField(help_text="From 1, the longest first; then those that people drew")
    points_px = models.JSONField()
    radius_px = models.JSONField()
    length_px = models.FloatField(help_text="Arc length of the polyline")
    length_um = models.FloatField(null=True, blank=True, help_text="Empty without a pixel size")
    source = models.CharField(max_length=6, choices=DendriteSource.choices, default=DendriteSource.TRACED)
    edited = models.BooleanField(default=False, help_text="A person drew, extended or cut it")

    class Meta:
        ordering = ("analysis_image", "number")
        constraints = (
            models.UniqueConstraint(
                fields=("analysis_image", "number"),
                name="dendrite_number_unique",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=Q(length_px__gt=0) & (Q(length_um=None) | Q(length_um__gt=0)), name="dendrite_has_length"
            ),
        )

    def __str__(self) -> str:
        return f"Dendrite {self.number} of {self.analysis_image}"


class Density(models.Model):
    """Spines on a dendrite, in all and by class (classes without a spine left out), and how many a µm: a view of the
    database, always up to date.

    Rejected spines count nowhere. Densities are empty without a pixel size.
    """

    dendrite = models.OneToOneField(Dendrite, on_delete=models.DO_NOTHING, primary_key=True, related_name="density")
    spines = models.IntegerField()
    by_class = models.JSONField()
    spines_per_um = models.FloatField(null=True)

    class Meta:
        managed = False
        db_table = "spines_density"

    def __str__(self) -> str:
        return f"Density of {self.dendrite}"

    @property
    def without_left_out_per_um(self) -> float | None:
        """Spines but those of the class `LEFT_OUT`, per µm."""
        classes = self.dendrite.analysis_image.image.experiment.classes
        return without(classes.standing_for(LEFT_OUT)).of(self.by_class, self.dendrite.length_um)

    @property
    def spines_per_10_um(self) -> float | None:
        """The same for ten micrometres, as many papers quote it."""
        return per_10_um(self.spines_per_um)
