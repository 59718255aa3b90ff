"""An uploaded phantom with a measured result: a dendrite with spines on both sides, of known sizes."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from spines.models import AnalysisImage, Image
from spines.services.analyses import jobs
from spines.services.analyses.measuring import Basis, Measured, measure, plane_as_analysed
from spines.services.images.changes import set_pixel_size
from spines.services.images.uploads import add_image
from spines.synthesis.phantom import Phantom, PhantomParameters, make_phantom
from tests.factories import TIMINGS, Study, found, queue_analysis

LENGTH_UM = 20.0
PIXEL_SIZE_UM = 0.1


@cache
def phantom() -> Phantom:
    """A straight dendrite from left to right, 20 µm at 0.1 µm a pixel, with mushrooms every 2 µm: one for all tests."""
    made = make_phantom(PhantomParameters(dendrite_length_um=LENGTH_UM, pixel_size_um=PIXEL_SIZE_UM), seed=3)
    made.pixels.setflags(write=False)
    return made


def upload_phantom(study: Study, folder: Path, name: str = "phantom.tif", *, calibrated: bool = True) -> Image:
    """The phantom's picture, not analysed yet."""
    path = folder / name
    tifffile.imwrite(path, phantom().pixels)
    image = add_image(user=study.owner, experiment_id=study.experiment.pk, path=path, name=name)
    if calibrated:
        set_pixel_size(
            user=study.owner,
            experiment_id=study.experiment.pk,
            image_ids=[image.pk],
            pixel_size_um=PIXEL_SIZE_UM,
        )
        image.refresh_from_db()
    return image


def analyse_phantom(study: Study, image: Image) -> AnalysisImage:
    """A result as a worker writes it: the phantom's boxes as found, its dendrites traced, all of it measured."""
    job = jobs.claim(queue_analysis(study, [image]).images.get().pk)
    assert job is not None
    boxes = [found("mushroom", box_px=box_px) for box_px in phantom().boxes_px]
    for seen in ("channel", "projection", "plane", "polarity"):
        setattr(job.row, seen, getattr(image, seen))
    plane = plane_as_analysed(job.row)
    measured = measured_once(plane, jobs.first_basis(job, [each.box_px for each in boxes]))
    assert jobs.record_result(job, spines=boxes, timings=TIMINGS, plane=plane, measured_first=measured)
    return image.results.get(is_current=True)


_MEASURED: dict[tuple[str, str], Measured] = {}


def measured_once(plane: NDArray[Any], basis: Basis) -> Measured:
    """What follows from pixels and boxes; of the same ones it was measured by whichever test came first."""
    key = sha256(np.ascontiguousarray(plane).tobytes()).hexdigest(), repr(basis)
    if key not in _MEASURED:
        _MEASURED[key] = measure(plane, basis)
    return _MEASURED[key]
