"""The images of an experiment with their state, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, F, FilteredRelation, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from spines.models import AnalysisImage, Experiment, Image, Spine
from spines.selectors.results.doubtful_scales import doubtful_results, open_doubt
from spines.selectors.results.standing import reason_by, spine_counts


def images_with_state(experiment: Experiment) -> QuerySet[Image]:
    """Images in name order, annotated with their latest result.

    `latest_status` ("" when never analysed), `latest_message`, `current_result_id` (the finished result
    that pages show, or None), its `unlikeness`, `grade` ("" where nobody told), scale and `n_spines` of that one, the
    rejected left out; `scale_doubt`: what of the pixel size is doubtful and nobody answered for, or ""; `aside`: why
    the image stands aside, a key of `spines.selectors.results.standing.WHY`, or "".
    """
    latest = AnalysisImage.objects.filter(image=OuterRef("pk")).order_by("-analysis_id")
    spines = Spine.objects.filter(spine_counts(), analysis_image=OuterRef("current")).order_by()
    return (
        experiment.images.select_related("cell__subject__condition")
        .annotate(current=FilteredRelation("results", condition=Q(results__is_current=True)))  # at most one
        .annotate(
            latest_status=Subquery(latest.values("status")[:1]),
            latest_message=Subquery(latest.values("message")[:1]),
            current_result_id=F("current"),
            unlikeness=F("current__unlikeness"),
            brightness=F("current__brightness"),
            noise=F("current__noise"),
            grade=Coalesce("current__grade", Value("")),
            scale_doubt=open_doubt("current__", image=""),
            scale_pixel_um=F("current__scale_pixel_um"),
            scale_source=Coalesce("current__scale_source", Value("")),
            scale_sureness=F("current__scale_sureness"),
            seen_pixel_um=F("current__seen_pixel_um"),
            aside=reason_by("standing", "grade"),
            n_spines=Subquery(spines.values("analysis_image").annotate(n=Count("pk")).values("n")),
        )
        .order_by("original_name", "pk")
    )


@dataclass(frozen=True, kw_only=True)
class Missing:
    """How many images of an experiment lack what its figures need."""

    pixel_size: int
    doubtful_pixel_size: int
    animal: int
    condition: int
    analysis: int

    @property
    def any(self) -> bool:
        """Whether something is missing at all."""
        return bool(self.pixel_size or self.doubtful_pixel_size or self.animal or self.condition or self.analysis)


def missing_in(experiment: Experiment) -> Missing:
    """Count what is missing."""
    counts = experiment.images.aggregate(
        pixel_size=Count("pk", filter=Q(pixel_size_um=None), distinct=True),
        animal=Count("pk", filter=Q(cell=None), distinct=True),
        condition=Count("pk", filter=Q(cell__isnull=False, cell__subject__condition=None), distinct=True),
        images=Count("pk", distinct=True),
        analysed=Count("pk", filter=Q(results__is_current=True), distinct=True),
    )
    analysis = counts.pop("images") - counts.pop("analysed")
    doubtful = doubtful_results([experiment]).count()
    return Missing(**counts, analysis=analysis, doubtful_pixel_size=doubtful)
