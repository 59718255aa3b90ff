"""Images as rows with a name, and sheets that place them."""

from __future__ import annotations

from spines.models import Image
from spines.services.samples.facts import facts_of
from spines.services.samples.sources import apply_sample_sheet
from tests.factories import Study, placed_image


def named(study: Study, name: str, **place: str) -> Image:
    """An image as a row only, with this name."""
    image = placed_image(study, **place)  # type: ignore[arg-type]
    Image.objects.filter(pk=image.pk).update(original_name=name)
    return image


def sheet(study: Study, *lines: str) -> None:
    apply_sample_sheet(user=study.owner, experiment_id=study.experiment.pk, data="\n".join(lines).encode())


def state_of(study: Study) -> list[tuple[str, dict[str, object]]]:
    images = study.experiment.images.select_related("cell__subject__condition").order_by("original_name")
    return [(image.original_name, facts_of(image)) for image in images]
