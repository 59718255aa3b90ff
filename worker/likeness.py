"""Reading with the classifier those spines of an experiment that have no likeness yet."""

from __future__ import annotations

from spines.errors import Conflict
from spines.models import AnalysisImage, ModelVersion
from spines.selectors.results.likeness import classifier_of, without_likeness
from spines.services.analyses.likeness import likeness_experiment, results_without, write_what_stands
from spines.services.analyses.measuring import plane_as_analysed
from spines.services.work.kinds import Outcome, Task
from worker.analysis import pipeline_with
from worker.inference.pipeline import Pipeline

STAGE = "Reading spines"


def find_likeness(task: Task) -> Outcome:
    """Image by image; one whose file is gone is left out and counted."""
    experiment = likeness_experiment(task.user, task.arguments["experiment"])
    networks = classifier_of(experiment)
    if networks is None:
        raise Conflict("No image of this experiment has a result any more. Analyse images first.")
    detector, classifier = (ModelVersion.objects.get(pk=pk) for pk in networks)
    pipeline = pipeline_with(detector, classifier)
    results, unread = results_without(experiment), 0
    for done, result in enumerate(results):
        task.progress.tell(done, len(results), STAGE)
        try:
            numbers = _read(pipeline, result)
        except FileNotFoundError:
            unread += 1
            continue
        write_what_stands(classifier.pk, numbers)
    return Outcome(result={"images": len(results), "unread": unread})


def _read(pipeline: Pipeline, result: AnalysisImage) -> dict[int, bytes]:
    lacking = without_likeness(result.image.experiment).filter(analysis_image=result).order_by("number")
    boxes = {s.pk: (s.x_px, s.y_px, s.width_px, s.height_px) for s in lacking}
    taken_as_um = result.scale_pixel_um or result.pixel_size_um
    read = pipeline.classify(plane_as_analysed(result), list(boxes.values()), taken_as_um, as_stated=True)
    if any(not each.likeness for each in read):
        raise Conflict(
            "The classifier of this experiment does not tell what it reads, so its spines cannot be compared. "
            "Analyse with another classifier."
        )
    return {pk: each.likeness for pk, each in zip(boxes, read, strict=True)}
