"""An experiment as a Frictionless Data Package (version 1): tidy tables, their dictionary, what made them, in one zip.

https://specs.frictionlessdata.io/data-package/
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.db.models import QuerySet
from django.utils import timezone

from spines.background.progress import UNWATCHED, Progress
from spines.export.animal_table import animal_rows, cell_rows, image_rows
from spines.export.columns import Table
from spines.export.comparison_dictionary import CONTRASTS, EFFECTS, TESTS, VALUES
from spines.export.comparison_tables import contrast_rows, effect_rows, test_rows, value_rows
from spines.export.csv_lines import csv_lines
from spines.export.dendrite_table import dendrite_rows
from spines.export.dictionary import tables_of
from spines.export.package_readme import readme
from spines.export.refit_script import REFIT
from spines.export.snapshots import one_state
from spines.export.spine_table import spine_rows
from spines.models import AnalysisImage, Experiment, Spine
from spines.release import release
from spines.selectors.results.comparison import comparison_of
from spines.selectors.results.effects import effects_of_design
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.made_by import made_by, mixed_versions
from spines.selectors.results.rows import results_aside, results_of
from spines.selectors.results.standing import aside_in
from spines.vocabulary import formula_guard
from spines.vocabulary.classes import ClassSet


def write_package(
    file: IO[bytes], *, experiment: Experiment, filters: ResultFilters, progress: Progress = UNWATCHED
) -> None:
    """Write the zip of an experiment's results that count. Rows pass through one by one.

    Images that stand aside are in `images.csv` alone, and marked there.

    Parameters
    ----------
    file
        Open for writing bytes.
    filters
        They choose which images are in. Filters that choose among an image's spines do not apply: the densities and
        means of the other tables are of all spines.
    progress
        Is told the rows of the spines, which are most of it.
    """
    results, aside = results_of(experiment, filters), results_aside(experiment, filters)
    with one_state(), ZipFile(file, "w", ZIP_DEFLATED) as archive:
        n_spines = _spines_in(results).count()
        resources = [
            _write_table(archive, table, progress.counted(rows, n_spines, f"Writing {table.name}.csv"))
            for table, rows in chain(_tables(results, aside, experiment.classes), _compared(experiment, filters))
        ]
        descriptor = _descriptor(experiment, filters, results) | {
            "images_standing_aside": aside_in(aside).by_reason,
            "resources": resources,
        }
        archive.writestr("datapackage.json", json.dumps(descriptor, ensure_ascii=False, indent=2))
        archive.writestr("README.txt", readme(descriptor))
        archive.writestr("refit.R", REFIT)


def _tables(
    results: QuerySet[AnalysisImage], aside: QuerySet[AnalysisImage], classes: ClassSet
) -> Iterator[tuple[Table, Iterable[tuple[Any, ...]]]]:
    tables = tables_of(classes)
    yield tables.spines, spine_rows(_spines_in(results))
    yield tables.dendrites, dendrite_rows(results, classes)
    yield tables.images, image_rows(results | aside, classes)
    yield tables.cells, cell_rows(results, classes)
    yield tables.animals, animal_rows(results, classes)


def _compared(experiment: Experiment, filters: ResultFilters) -> Iterator[tuple[Table, Iterable[tuple[Any, ...]]]]:
    """What was tested of all spines of these images."""
    of_images = ResultFilters(
        conditions=filters.conditions,
        animals=filters.animals,
        detectors=filters.detectors,
        classifiers=filters.classifiers,
    )
    comparison = comparison_of(experiment, of_images)
    yield TESTS, test_rows(comparison)
    effects = effects_of_design(experiment, of_images)
    yield EFFECTS, effect_rows(effects)
    yield CONTRASTS, contrast_rows(effects)
    yield VALUES, value_rows(comparison)


def _spines_in(results: QuerySet[AnalysisImage]) -> QuerySet[Spine]:
    # Ids, not a subquery: among so many joins PostgreSQL would choose the results last, of all spines of all labs.
    return Spine.objects.filter(analysis_image__in=list(results.values_list("pk", flat=True)), rejected=False)


def _write_table(archive: ZipFile, table: Table, rows: Iterable[tuple[Any, ...]]) -> dict[str, Any]:
    """Write one CSV file and describe it as a resource."""
    path = f"{table.name}.csv"
    sha256, size_bytes = hashlib.sha256(), 0
    entry = ZipInfo(path, date_time=timezone.now().timetuple()[:6])
    entry.compress_type = ZIP_DEFLATED
    with archive.open(entry, "w", force_zip64=True) as written:
        for line in csv_lines(chain([table.header], rows)):
            data = line.encode()
            sha256.update(data)
            size_bytes += written.write(data)
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "title": table.title,
        "description": table.description,
        "path": path,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": size_bytes,
        "hash": f"sha256:{sha256.hexdigest()}",
        "schema": table.schema(),
    }


def _descriptor(experiment: Experiment, filters: ResultFilters, results: QuerySet[AnalysisImage]) -> dict[str, Any]:
    """All but the resources. There are no licenses: which one applies is the lab's to say."""
    images = results.count()
    described = f"Dendritic spines of {images} analysed images of the experiment “{experiment.name}”."
    lab = experiment.project.lab.name
    return {
        "profile": "tabular-data-package",
        "name": f"spinula-experiment-{experiment.pk}",
        "title": f"{experiment.project.name}: {experiment.name}",
        "description": f"{described} {experiment.hypothesis}".strip(),
        "created": timezone.now().isoformat(timespec="seconds"),
        "contributors": [{"title": lab, "role": "author"}],
        "sources": [{"title": f"Images of {lab}, named in images.csv by file name and SHA-256"}],
        "keywords": ["dendritic spines", "dendrites", "morphology"],
        "text_guard": formula_guard.RULE,
        "software": {"name": "Spinula", "version": release()},
        "networks": _networks(results),
        "mixed_versions": mixed_versions(made_by(experiment, filters)),
        "narrowed_to": {"conditions": list(filters.conditions), "animals": list(filters.animals)},
    }


def _networks(results: QuerySet[AnalysisImage]) -> list[dict[str, Any]]:
    """Which networks found and classified what is in the package, and under which version of Spinula."""
    made: dict[tuple[Any, ...], None] = {}
    for kind in ("detector", "classifier"):
        fields = tuple(f"analysis__{kind}__{name}" for name in ("kind", "name", "version", "sha256"))
        for row in results.order_by().values_list(*fields, "software_version").distinct():
            made[row] = None
    names = ("kind", "name", "version", "sha256", "software_version")
    return [dict(zip(names, row, strict=True)) for row in sorted(made)]
