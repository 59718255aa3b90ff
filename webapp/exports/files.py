"""The files that an experiment or an image gives, as answers; pages and API hand out the same ones."""

from __future__ import annotations

from typing import IO

from django.http import HttpResponseBase, StreamingHttpResponse

from spines.background.progress import UNWATCHED, Progress
from spines.export.coco import coco_json
from spines.export.imagej_rois import write_rois
from spines.export.package import write_package
from spines.export.spine_table import spine_table_csv
from spines.models import Dendrite, Experiment, Image
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.rows import (
    current_result,
    dendrites_of,
    results_aside,
    spines_of,
    standing_spines,
)
from spines.selectors.results.standing import WHY, reason_of
from webapp.downloads import as_attachment, csv_response, safe_stem, zip_response


def tables_name(experiment: Experiment) -> str:
    """Under which the tables of an experiment are saved."""
    return f"{safe_stem(experiment.name)}_tables.zip"


def tables_file(experiment: Experiment, filters: ResultFilters) -> HttpResponseBase:
    """Tidy tables with their dictionary. Filters choose images; of those all spines are in."""
    return zip_response(
        lambda file: write_package(file, experiment=experiment, filters=filters), name=tables_name(experiment)
    )


def spines_file(experiment: Experiment, filters: ResultFilters) -> HttpResponseBase:
    """The spines that pass the filters as CSV, one row each."""
    lines = spine_table_csv(spines_of(experiment, filters))
    return csv_response(lines, name=f"{safe_stem(experiment.name)}_spines.csv")


def rois_name(experiment: Experiment) -> str:
    """Under which the ROIs of an experiment are saved."""
    return f"{safe_stem(experiment.name)}_ROIs.zip"


def write_experiment_rois(
    file: IO[bytes], *, experiment: Experiment, filters: ResultFilters, progress: Progress = UNWATCHED
) -> None:
    """The spines that pass the filters as ImageJ ROIs, with the dendrites of their images; a folder an image."""
    write_rois(
        file,
        spines=spines_of(experiment, filters),
        dendrites=dendrites_of(experiment, filters),
        note=_not_in_it(experiment, filters),
        folder_of=lambda image_id, name: f"{image_id}_{safe_stem(name)}",
        progress=progress,
    )


def experiment_rois_file(experiment: Experiment, filters: ResultFilters) -> HttpResponseBase:
    """What `write_experiment_rois` writes."""
    return zip_response(
        lambda file: write_experiment_rois(file, experiment=experiment, filters=filters), name=rois_name(experiment)
    )


def _not_in_it(experiment: Experiment, filters: ResultFilters) -> str:
    aside = results_aside(experiment, filters).annotate(why=reason_of()).order_by("image__original_name", "image_id")
    names = [
        f"{pk} {name}: {WHY[why]}\n" for pk, name, why in aside.values_list("image", "image__original_name", "why")
    ]
    return f"These images stand aside and are not in this file until a person admits them:\n{''.join(names)}" * bool(
        names
    )


def image_rois_file(image: Image) -> HttpResponseBase:
    """An image's spines and dendrites as ImageJ ROIs; an empty zip where it has no result."""
    result = current_result(image)
    return zip_response(
        lambda file: write_rois(
            file,
            spines=standing_spines(result),
            dendrites=result.dendrites.all() if result else Dendrite.objects.none(),
        ),
        name=f"{safe_stem(image.shown_name)}_ROIs.zip",
    )


def coco_file(experiment: Experiment, filters: ResultFilters) -> HttpResponseBase:
    """The spines that pass the filters as COCO JSON."""
    response = StreamingHttpResponse(coco_json(experiment, filters), content_type="application/json")
    response["Cache-Control"] = "private, no-store"
    as_attachment(response, f"{safe_stem(experiment.name)}_coco.json")
    return response
