"""What an analysis found in an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from spines.measure.types import Quality
from spines.models.analyses import AnalysisImage
from spines.models.dendrites import Dendrite
from spines.models.example_classifiers import ExampleClassifier
from spines.models.labs import User
from spines.models.model_versions import ModelVersion
from spines.statistics.likeness import BYTES
from spines.vocabulary.classes import CANNOT_SAY, NETWORK_CLASSES, NETWORK_KEYS, UNCERTAIN
from spines.vocabulary.measures import MEASURES

LONGEST_CLASS = 30
"""Letters of a class's key."""


class SpineSource(models.TextChoices):
    """Who found it."""

    DETECTED = "detected", "Detected"
    ADDED = "added", "Added by hand"


QUALITY_WORDS = {
    Quality.TRUSTED: "measured",
    Quality.FAINT: "too faint",
    Quality.MERGED: "runs together with a neighbour",
    Quality.CUT_BY_EDGE: "cut by the picture's edge",
    Quality.NO_DENDRITE: "on no dendrite",
    Quality.OVER_DENDRITE: "over or under the shaft",
    Quality.TOO_SMALL: "too few pixels",
}
"""Why a spine has no measures, in words."""


def _within_0_1(field: str, name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(**{f"{field}__gte": 0, f"{field}__lte": 1}), name=name)


class Spine(models.Model):
    """A dendritic spine: its box in pixels of the original image and its class.

    `spine_class` is what the network says, `reviewed_class` what a person says; `final_class` is the
    one that counts. An uncertain spine keeps its likeliest class but is counted apart until reviewed; one whose class a
    person could not say is counted there too, whatever the network says. `proposed_class` is what an applied version of
    a classifier from examples says: it counts instead of the network's, never instead of a person's; `uncertain` too.
    Of a spine that a person added no network said anything: it has neither score nor probabilities nor
    `spine_class`, and a `reviewed_class`; a part of another that was split may have none yet and is uncertain. It has a
    column for each measure of the vocabulary, too.
    """

    analysis_image = models.ForeignKey(AnalysisImage, on_delete=models.CASCADE, related_name="spines")
    number = models.PositiveIntegerField(help_text="From 1, in reading order; then those that people added or kept")
    x_px = models.FloatField(help_text="Left edge of the box")
    y_px = models.FloatField(help_text="Top edge of the box")
    width_px = models.FloatField()
    height_px = models.FloatField()
    box_by_hand = models.BooleanField(default=False, db_default=False, help_text="A person moved or sized the box")
    outline_by_hand = models.JSONField(
        null=True, blank=True, help_text="Where a person set it: a polygon [[x, y], …], measured on as it is"
    )
    base_px = models.JSONField(
        null=True,
        blank=True,
        help_text="Where a person said that it meets its dendrite, which is the one nearest: [x, y]",
    )
    score = models.FloatField(null=True, blank=True, help_text="The detector's confidence, 0 to 1")
    probabilities = ArrayField(
        models.FloatField(),
        size=len(NETWORK_CLASSES),
        null=True,
        blank=True,
        help_text="The classifier's, in the order of the network's classes; they add up to 1",
    )
    spine_class = models.CharField(max_length=9, choices=[(c.key, c.name) for c in NETWORK_CLASSES], blank=True)
    uncertain = models.BooleanField(default=False)
    reviewed_class = models.CharField(
        max_length=LONGEST_CLASS, blank=True, help_text="Of the class set of its experiment"
    )
    proposed_class = models.CharField(
        max_length=LONGEST_CLASS,
        blank=True,
        default="",
        db_default="",
        help_text="Of the applied classifier from examples",
    )
    proposed_by = models.ForeignKey(
        ExampleClassifier, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    reviewed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    rejected = models.BooleanField(default=False, help_text="A person says that this is no spine; it counts nowhere")
    apart = models.BooleanField(
        default=False, help_text="On no dendrite of a result that has some: listed apart, and counts nowhere"
    )
    source = models.CharField(max_length=8, choices=SpineSource.choices, default=SpineSource.DETECTED)
    kept_from = models.ForeignKey(
        AnalysisImage,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Earlier result whose networks found it, where this result's did not",
    )
    dendrite = models.ForeignKey(
        Dendrite, null=True, blank=True, on_delete=models.RESTRICT, related_name="spines", help_text="It sits on"
    )
    position_px = models.FloatField(null=True, blank=True, help_text="Along its dendrite")
    position_um = models.FloatField(null=True, blank=True, help_text="Along its dendrite")
    side = models.SmallIntegerField(null=True, blank=True, help_text="1 right of the dendrite's direction, -1 left")
    quality = models.CharField(
        max_length=13,
        choices=[(quality.value, words) for quality, words in QUALITY_WORDS.items()],
        blank=True,
        help_text="Whether its outline can be trusted; empty until it is measured",
    )
    rule_classes = models.JSONField(default=dict, blank=True, help_text="Rule preset → class, from the measures")
    final_class = models.GeneratedField(
        expression=models.Case(
            models.When(reviewed_class=CANNOT_SAY.key, then=models.Value(UNCERTAIN.key)),
            models.When(~Q(reviewed_class=""), then=F("reviewed_class")),
            models.When(~Q(proposed_class=""), then=F("proposed_class")),
            models.When(uncertain=True, then=models.Value(UNCERTAIN.key)),
            default=F("spine_class"),
        ),
        output_field=models.CharField(max_length=LONGEST_CLASS),
        db_persist=True,
    )

    class Meta:
        ordering = ("analysis_image", "number")
        indexes = (
            models.Index(
                fields=("analysis_image", "dendrite", "final_class"),
                name="spine_counted",
                condition=Q(rejected=False),
                include=("apart", "score", "source", "reviewed_class"),
            ),
        )
        constraints = (
            models.UniqueConstraint(fields=("analysis_image", "number"), name="spine_number_unique"),
            models.CheckConstraint(condition=Q(width_px__gt=0, height_px__gt=0), name="spine_box_has_area"),
            models.CheckConstraint(
                condition=Q(spine_class__in=["", *NETWORK_KEYS]),
                name="spine_class_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    ~Q(spine_class=""),
                    source=SpineSource.DETECTED,
                    score__isnull=False,
                    probabilities__len=len(NETWORK_CLASSES),
                )
                | Q(
                    ~Q(reviewed_class="") | Q(uncertain=True),
                    source=SpineSource.ADDED,
                    spine_class="",
                    score=None,
                    probabilities=None,
                ),
                name="spine_opinion_of_its_source",
            ),
            _within_0_1("score", "spine_score_within_0_1"),
            *[
                _within_0_1(f"probabilities__{at}", f"spine_p_{name}_within_0_1")
                for at, name in enumerate(NETWORK_KEYS)
            ],
            models.CheckConstraint(
                condition=Q(dendrite=None, position_px=None, position_um=None, side=None)
                | Q(dendrite__isnull=False, position_px__gte=0, side__in=(-1, 1)),
                name="spine_place_on_its_dendrite",
            ),
            models.CheckConstraint(condition=Q(apart=False) | Q(dendrite=None), name="spine_apart_from_dendrites"),
            models.CheckConstraint(
                condition=Q(quality=Quality.TRUSTED.value) | Q(**{f"{name}__isnull": True for name in MEASURES}),
                name="spine_measured_only_where_trusted",
            ),
            *[
                models.CheckConstraint(
                    condition=Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gte": 0}),
                    name=f"spine_{name}_not_below_0",
                )
                for name in MEASURES
            ],
        )

    if TYPE_CHECKING:

        def __getattr__(self, measure: str) -> float | None: ...
        def __setattr__(self, name: str, value: object) -> None: ...

    def __str__(self) -> str:
        return f"Spine {self.number} of {self.analysis_image}"

    @property
    def shown_class(self) -> str:
        """The class that may be accepted: the one that is shown; empty where nobody is sure of any."""
        proposed = "" if self.proposed_class == UNCERTAIN.key else self.proposed_class
        unsure = self.uncertain or self.proposed_class == UNCERTAIN.key
        return self.reviewed_class or proposed or ("" if unsure else self.spine_class)

    @property
    def class_probabilities(self) -> dict[str, float] | None:
        """The network's probability of each class, which add up to 1; None where a person added the spine."""
        return None if self.probabilities is None else dict(zip(NETWORK_KEYS, self.probabilities, strict=True))


for _measure in MEASURES.values():
    Spine.add_to_class(_measure.key, models.FloatField(null=True, blank=True, help_text=_measure.definition))


class SpineShape(models.Model):
    """Where a spine's surface and midline lie, in pixels of the original image. Kept apart: pages that count skip it.

    `outline_px` is a polygon [[x, y], …], `midline_px` runs from the base on the dendrite's surface to the tip.
    """

    spine = models.OneToOneField(Spine, on_delete=models.CASCADE, primary_key=True, related_name="shape")
    outline_px = models.JSONField()
    midline_px = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"Shape of {self.spine}"


class Likeness(models.Model):
    """What a classifier read of a spine (`spines.statistics.likeness`): by it spines are found alike.

    Kept apart as well. Numbers of two classifiers do not compare, so the row says whose they are. They are of the
    box as it was then.
    """

    spine = models.OneToOneField(Spine, on_delete=models.CASCADE, primary_key=True, related_name="likeness")
    classifier = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    numbers = models.BinaryField(max_length=BYTES)

    def __str__(self) -> str:
        return f"Likeness of {self.spine}"
