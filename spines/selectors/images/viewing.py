"""What the image page needs beside the image: its neighbours and the state of its analysis."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from spines.models import AnalysisImage, Image
from spines.models.analyses import SEEN_AS


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """The numbers of the images before and after one, and which of how many it is."""

    before: int | None
    after: int | None
    position: int
    total: int


def neighbours(image: Image) -> Neighbours:
    """In the experiment's order: by name, then by age."""
    earlier = Q(original_name__lt=image.original_name) | Q(original_name=image.original_name, pk__lt=image.pk)
    later = Q(original_name__gt=image.original_name) | Q(original_name=image.original_name, pk__gt=image.pk)
    images = image.experiment.images.values_list("pk", flat=True)
    return Neighbours(
        before=images.filter(earlier).order_by("-original_name", "-pk").first(),
        after=images.filter(later).order_by("original_name", "pk").first(),
        position=images.filter(earlier).count() + 1,
        total=images.count(),
    )


def is_seen_otherwise(image: Image, result: AnalysisImage) -> bool:
    """Whether channel, projection, plane, pixel size or polarity have changed since the result was made."""
    return any(getattr(image, seen) != getattr(result, seen) for seen in SEEN_AS)


def latest_result(image: Image) -> AnalysisImage | None:
    """The newest attempt at this image, finished or not."""
    return image.results.order_by("-analysis_id").first()
