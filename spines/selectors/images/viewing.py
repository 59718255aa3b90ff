"""What the image page needs beside the image: its neighbours and the state of its analysis."""

from __future__ import annotations

from django.db.models import Q

from spines.models import AnalysisImage, Image
from spines.models.analyses import SEEN_AS


def image_before(image: Image) -> Image | None:
    """The image before this one in its experiment's order: by name, then by age."""
    earlier = Q(original_name__lt=image.original_name) | Q(original_name=image.original_name, pk__lt=image.pk)
    return image.experiment.images.filter(earlier).order_by("-original_name", "-pk").first()


def image_after(image: Image) -> Image | None:
    """The image after this one in its experiment's order."""
    later = Q(original_name__gt=image.original_name) | Q(original_name=image.original_name, pk__gt=image.pk)
    return image.experiment.images.filter(later).order_by("original_name", "pk").first()


def place_in_experiment(image: Image) -> tuple[int, int]:
    """(position from 1, how many images the experiment has)."""
    before = Q(original_name__lt=image.original_name) | Q(original_name=image.original_name, pk__lt=image.pk)
    images = image.experiment.images
    return images.filter(before).count() + 1, images.count()


def is_seen_otherwise(image: Image, result: AnalysisImage) -> bool:
    """Whether channel, projection, plane, pixel size or polarity have changed since the result was made."""
    return any(getattr(image, seen) != getattr(result, seen) for seen in SEEN_AS)


def latest_result(image: Image) -> AnalysisImage | None:
    """The newest attempt at this image, finished or not."""
    return image.results.order_by("-analysis_id").first()
