"""The images that somebody chose, held against the experiment that they are said to be of."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from spines.errors import InvalidInput
from spines.models import Experiment, Image

GREATEST_ID = 2**63 - 1


def chosen_images(experiment: Experiment, image_ids: Iterable[int]) -> QuerySet[Image]:
    """The chosen images, all of them of this experiment.

    Raises
    ------
    InvalidInput
        When none is chosen, or when one is of elsewhere or deleted: then nothing is done to the others either.
    """
    wanted = {min(pk, GREATEST_ID) for pk in image_ids}
    if not wanted:
        raise InvalidInput("No image of this experiment is chosen. Tick at least one.")
    images = experiment.images.filter(pk__in=wanted)
    strange = len(wanted) - images.count()
    if strange:
        raise InvalidInput(
            f"{strange} of the {len(wanted)} chosen images {'is' if strange == 1 else 'are'} not in this experiment: "
            "deleted meanwhile, or of another. Nothing was changed. Reload the page and tick again."
        )
    return images
