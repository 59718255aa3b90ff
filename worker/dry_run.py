"""The dry run of a network on images of those for whom it is to be promoted (`spines.services.models.dry_run`)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spines.errors import Conflict, DomainError
from spines.measure.blur import blur_of
from spines.models import AnalysisImage, Image, ModelKind, ModelVersion, Standing
from spines.services.analyses.measuring import Basis, Line, measure
from spines.services.models.dry_run import Seen, analysed, chosen_again, class_of, labs_in, spread, tally
from spines.services.work.kinds import Outcome, Task
from spines.storage.pixels import plane_to_analyse
from spines.vocabulary.picture_grades import COUNTED_GRADES
from spines.vocabulary.picture_scale import ScaleSource
from worker.analysis import find_in, pipeline_with
from worker.inference.heads import heads_tell, weighed
from worker.inference.pipeline import Pipeline

STAGE = "Looking at images with both networks"


def dry_run(task: Task) -> Outcome:
    """Both networks on a sample of the images; an image that cannot be read is counted and left out."""
    version, instead_of, chosen_for = chosen_again(task.user, task.arguments)
    of = analysed(task.user, chosen_for)
    results = list(
        AnalysisImage.objects.filter(pk__in=spread(of)).select_related("image__experiment__project__lab").order_by("pk")
    )
    other = chosen_for.in_use(ModelKind.CLASSIFIER if version.kind == ModelKind.DETECTOR else ModelKind.DETECTOR)
    if other is None:
        raise Conflict("The other network is missing there, so nothing can be analysed. Ask a site admin.")
    pipelines = [_pipeline(each, other.version) for each in (instead_of, version)]
    pairs, unread = [], 0
    for done, result in enumerate(results):
        task.progress.tell(done, len(results), STAGE)
        try:
            pairs.append(_both(result, pipelines))
        except DomainError:
            unread += 1
    if not pairs:
        raise Conflict(
            "None of these images could be read, so nothing is known. Ask your administrator to check the storage."
        )
    return Outcome(
        result=tally(pairs) | {"of": len(of), "looked_at": len(results), "unread": unread, "labs": labs_in(results)}
    )


def _pipeline(version: ModelVersion, other: ModelVersion) -> Pipeline:
    return pipeline_with(version, other) if version.kind == ModelKind.DETECTOR else pipeline_with(other, version)


def _both(result: AnalysisImage, pipelines: list[Pipeline]) -> tuple[Seen, Seen]:
    image = result.image
    plane = plane_to_analyse(image)
    lines: list[Line] | None = None
    if result.dendrites_edited_at is not None:  # these stay, whatever network comes
        lines = list(result.dendrites.order_by("number").values_list("points_px", "radius_px"))
    before, after = (_seen(pipeline, image, plane, lines) for pipeline in pipelines)
    return before, after


def _seen(pipeline: Pipeline, image: Image, plane: NDArray[Any], lines: list[Line] | None) -> Seen:
    found = find_in(pipeline, image, plane)
    seen_um = found.scale.pixel_um if found.scale.source is ScaleSource.SEEN else None
    boxes_px = [spine.box_px for spine in found.spines]
    basis = Basis(boxes_px=boxes_px, lines=lines, pixel_size_um=image.pixel_size_um, seen_pixel_um=seen_um)
    measured = measure(plane, basis)
    spines = found.spines
    if heads_tell(
        source=found.scale.source,
        doubt=found.scale.doubt,
        pixel_size_um=image.pixel_size_um,
        polarity=image.polarity,
    ):
        of_each = [measured.spines[at] for at in range(len(spines))]
        limit = pipeline.classifier_card.uncertain_below
        spines = weighed(spines, of_each, blur_um=blur_of(of_each), uncertain_below=limit)
    points = [np.array(xy) for xy, _ in lines or ()] + [line.points_px for line in measured.traced or ()]
    length_px = sum(float(np.hypot(*np.diff(each, axis=0).T).sum()) for each in points)
    counted = [at for at in range(len(boxes_px)) if not points or measured.spines[at].seat is not None]
    return Seen(
        boxes_px=[boxes_px[at] for at in counted],
        classes=[class_of(spines[at].spine_class, uncertain=spines[at].uncertain) for at in counted],
        length_um=None if image.pixel_size_um is None else length_px * image.pixel_size_um,
        aside=found.grade not in COUNTED_GRADES and image.standing != Standing.ADMITTED,
    )
