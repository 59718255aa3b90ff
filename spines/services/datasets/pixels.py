"""The pixels of a lab's image as they were reviewed."""

from __future__ import annotations

from spines.errors import Conflict, DomainError
from spines.imaging import Polarity, Projection
from spines.services.datasets.sources import View
from spines.storage.pixels import analysed_plane
from spines.training_sets.pictures import as_png


def reviewed_png(view: View) -> bytes:
    """The plane that was reviewed as a PNG. Raises Conflict where it cannot be read any more."""
    image, seen = view.result.image, view.seen
    try:
        plane = analysed_plane(
            image,
            channel=seen["channel"],
            projection=Projection(seen["projection"]),
            plane=seen["plane"],
            polarity=Polarity(seen["polarity"]),
        )
    except DomainError as error:
        raise Conflict(error.sentence) from error
    return as_png(plane)
