"""The data package: rows, densities and means as counted by hand, and what Frictionless says of the zip."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any
from zipfile import ZipFile

import frictionless
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from spines.export.dictionary import TABLES, dictionary_markdown
from spines.export.package import write_package
from spines.export.snapshots import one_state
from spines.export.spine_table import spine_table_csv
from spines.models import AnalysisImage, Density, Experiment, Spine
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.rows import spines_of
from tests.domain.exported import make_exported_study
from tests.factories import Study, make_measured_study, make_study

pytestmark = pytest.mark.django_db
DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def study() -> Study:
    return make_exported_study()


def packed(experiment: Experiment, path: Path, filters: ResultFilters | None = None) -> Path:
    with path.open("wb") as file:
        write_package(file, experiment=experiment, filters=filters or ResultFilters())
    return path


def tables_of(package: Path) -> dict[str, list[dict[str, str]]]:
    with ZipFile(package) as archive:
        return {
            name.removesuffix(".csv"): list(csv.DictReader(io.StringIO(archive.read(name).decode())))
            for name in archive.namelist()
            if name.endswith(".csv")
        }


def test_frictionless_finds_no_fault_with_the_package(study: Study, tmp_path: Path) -> None:
    empty = make_study()
    for made, rows in ((study, 9), (empty, 0)):
        report = frictionless.validate(str(packed(made.experiment, tmp_path / "made.zip")))
        assert report.valid, report.flatten(["type", "title", "note", "rowNumber", "fieldName"])
        assert {task.name: task.stats.get("rows", 0) for task in report.tasks}["spines"] == rows


def test_frictionless_reads_the_types_and_keys_that_are_declared(study: Study, tmp_path: Path) -> None:
    package = frictionless.Package(str(packed(study.experiment, tmp_path / "made.zip")))
    assert {r.name: r.schema.primary_key for r in package.resources} == {t.name: t.key.split() for t in TABLES}
    first = next(row for row in package.get_table_resource("spines").read_rows() if row["animal"] == "A1, left")
    assert (first["length_um"], first["corrected"], first["reviewed_at"]) == (Decimal("1.5"), False, None)
    assert first["analysed_at"].tzinfo is not None
    assert all(field.description for resource in package.resources for field in resource.schema.fields)


def test_a_broken_key_is_a_fault(study: Study, tmp_path: Path) -> None:
    made = packed(study.experiment, tmp_path / "made.zip")
    with ZipFile(made) as archive:
        archive.extractall(tmp_path / "open")
    dendrites = tmp_path / "open" / "dendrites.csv"
    dendrites.write_text("".join(dendrites.read_text().splitlines(keepends=True)[:-1]))
    report = frictionless.validate(str(tmp_path / "open" / "datapackage.json"))
    assert {"foreign-key", "hash-count"} <= {error for (error,) in report.flatten(["type"])}


def test_a_spine_has_its_place_measures_opinions_and_versions(study: Study, tmp_path: Path) -> None:
    rows = tables_of(packed(study.experiment, tmp_path / "made.zip"))["spines"]
    ours = [row for row in rows if row["image"] == 'シナプス, "b".tif']
    assert [(r["spine_class"], r["dendrite_number"]) for r in ours] == [
        *((name, "1") for name in ("mushroom", "thin", "stubby", "filopodia", "uncertain")),
        ("thin", "2"),
        ("stubby", ""),
    ]
    assert [row["position_um"] for row in ours] == ["2", "6", "10", "14", "18", "22.5", ""]
    assert [row["nearest_neighbour_um"] for row in ours] == ["4", "4", "4", "4", "4", "", ""]
    wanted = {"length_um": "1.5", "neck_length_um": "0.7", "area_um2": "0.5", "quality": "trusted", "side": "1"}
    wanted |= {"rule_class_dendritic_spine_counter": "mushroom", "rule_class_golgi": "mushroom"}
    wanted |= {"detector_version": "1", "software_version": "test", "corrected": "false", "network_class": "mushroom"}
    assert {name: ours[0][name] for name in wanted} == wanted
    assert (ours[-1]["quality"], ours[-1]["length_um"], ours[-1]["dendrite_id"]) == ("no_dendrite", "", "")


def test_nothing_is_in_micrometres_without_a_pixel_size(study: Study, tmp_path: Path) -> None:
    tables = tables_of(packed(study.experiment, tmp_path / "made.zip"))
    for name in ("spines", "dendrites", "images", "cells", "animals"):
        rows = tables[name]
        bare = next(row for row in rows if row["animal"] == "A2")
        in_um = {c: v for c, v in bare.items() if c.endswith(("_um", "_um2")) or c == "mean_intensity_ratio"}
        assert in_um
        assert set(in_um.values()) == {""}, name
    assert [row["spines"] for row in tables["dendrites"] if row["animal"] == "A2"] == ["2"]


def test_densities_are_spines_over_length(study: Study, tmp_path: Path) -> None:
    tables = tables_of(packed(study.experiment, tmp_path / "made.zip"))
    long, short = (row for row in tables["dendrites"] if row["animal"] == "A1, left")
    assert (long["spines"], long["length_um"], long["spines_per_um"], long["spines_per_10_um"]) == (
        "5",
        "20",
        "0.25",
        "2.5",
    )
    assert (long["without_filopodia_per_um"], long["mushroom_per_um"], long["uncertain_per_10_um"]) == (
        "0.2",
        "0.05",
        "0.5",
    )
    assert (short["spines"], short["mushroom"], short["thin_per_10_um"]) == ("1", "0", "0.333333")
    view = {str(d.pk): d for d in Density.objects.all()}
    for row in tables["dendrites"]:
        in_view = view[row["dendrite_id"]]
        assert row["spines"] == str(in_view.spines)
        assert row["spines_per_um"] == ("" if in_view.spines_per_um is None else f"{in_view.spines_per_um:.6g}")


def test_an_animal_sums_its_spines_and_lengths_before_it_divides(study: Study, tmp_path: Path) -> None:
    tables = tables_of(packed(study.experiment, tmp_path / "made.zip"))
    assert [row["animal"] for row in tables["animals"]] == ["A1, left", "A2"]
    animal = tables["animals"][0]
    wanted = {"cells": "1", "images": "1", "dendrites": "2", "dendrite_length_um": "50", "spines": "7"}
    wanted |= {"spines_on_dendrites": "6", "spines_per_um": "0.12", "thin_per_10_um": "0.4", "stubby": "2"}
    wanted |= {"stubby_per_um": "0.02", "without_filopodia_per_10_um": "1", "measured_spines": "6"}
    wanted |= {"mean_length_um": "1.5", "mean_head_width_um": "0.6", "condition": "wild type"}
    assert {name: animal[name] for name in wanted} == wanted
    assert tables["animals"][1]["spines_on_dendrites"] == "0"


def test_a_cell_has_the_density_of_its_own_images(study: Study, tmp_path: Path) -> None:
    tables = tables_of(packed(study.experiment, tmp_path / "made.zip"))
    assert [row["animal"] for row in tables["cells"]] == ["A1, left", "A2"]
    cell, animal = tables["cells"][0], tables["animals"][0]
    assert cell["spines_per_um"] == "0.12"
    assert {name: cell[name] for name in cell.keys() & animal.keys()} == {
        name: animal[name] for name in cell.keys() & animal.keys()
    }
    assert {row["cell_id"] for row in tables["cells"]} == {row["cell_id"] for row in tables["images"]} - {""}


def test_images_without_spines_or_animal_are_listed(study: Study, tmp_path: Path) -> None:
    images = tables_of(packed(study.experiment, tmp_path / "made.zip"))["images"]
    assert sorted((row["animal"], row["spines"], row["dendrites"]) for row in images) == [
        ("", "0", "0"),
        ("A1, left", "7", "2"),
        ("A2", "2", "1"),
    ]


def test_filters_choose_images_and_not_spines_of_an_image(study: Study, tmp_path: Path) -> None:
    filters = ResultFilters(conditions=("wild type",), classes=("thin",), least_score=0.9)
    package = packed(study.experiment, tmp_path / "made.zip", filters)
    tables = tables_of(package)
    assert {name: len(rows) for name, rows in tables.items()} == {
        "tests": 0,
        "effects": 0,
        "contrasts": 0,
        "values": 14,
        "spines": 7,
        "dendrites": 2,
        "images": 1,
        "cells": 1,
        "animals": 1,
    }
    with ZipFile(package) as archive:
        assert "conditions: wild type" in archive.read("README.txt").decode()


def test_the_package_says_what_made_it(study: Study, tmp_path: Path) -> None:
    with ZipFile(packed(study.experiment, tmp_path / "made.zip")) as archive:
        described: dict[str, Any] = json.loads(archive.read("datapackage.json"))
        readme = archive.read("README.txt").decode()
    assert "licenses" not in described
    assert [(n["kind"], n["version"], n["software_version"]) for n in described["networks"]] == [
        ("classifier", "1", "test"),
        ("detector", "1", "test"),
    ]
    assert described["mixed_versions"] == []
    assert "MIXED" not in readme
    for said in ("test detector 1", "0.35 to 0.4 µm", "rule_class_golgi", "The animal is the unit"):
        assert said.lower() in " ".join(readme.split()).lower()


def test_a_package_of_mixed_versions_says_so(study: Study, tmp_path: Path) -> None:
    AnalysisImage.objects.filter(is_current=True).update(measures_version=3)
    first = AnalysisImage.objects.filter(is_current=True)[0]
    AnalysisImage.objects.filter(pk=first.pk).update(measures_version=2, software_version="0.0.9")
    with ZipFile(packed(study.experiment, tmp_path / "made.zip")) as archive:
        described: dict[str, Any] = json.loads(archive.read("datapackage.json"))
        readme = archive.read("README.txt").decode()
    formulas, releases, advice = described["mixed_versions"]
    assert formulas.startswith("2 versions of the formulas measured the spines: version 3 (")
    assert "version 2 (1 image)" in formulas
    assert "0.0.9 (1 image)" in releases
    assert "Analyse all images again" in advice
    for sentence in (formulas, releases, advice):
        assert f"MIXED: {sentence}" in readme


def test_the_nearest_neighbour_is_of_all_spines_whatever_the_table_shows() -> None:
    study = make_measured_study({"control": (1.0,)})
    shown = spines_of(study.experiment, ResultFilters(classes=("mushroom",)))
    rows = list(csv.DictReader(spine_table_csv(shown)))
    assert len(rows) == 16
    assert {row["nearest_neighbour_um"] for row in rows} == {"1"}
    Spine.objects.exclude(final_class="mushroom").update(rejected=True)
    assert {row["nearest_neighbour_um"] for row in csv.DictReader(spine_table_csv(shown))} == {"5"}


def test_a_person_s_word_is_told_from_the_network_s(study: Study) -> None:
    first, second = spines_of(study.experiment, ResultFilters()).order_by("pk")[:2]
    Spine.objects.filter(pk=first.pk).update(reviewed_class="mushroom")
    Spine.objects.filter(pk=second.pk).update(reviewed_class="stubby")
    rows = {
        row["spine_id"]: row for row in csv.DictReader(spine_table_csv(spines_of(study.experiment, ResultFilters())))
    }
    told = [
        (rows[str(s.pk)]["reviewed"], rows[str(s.pk)]["corrected"], rows[str(s.pk)]["spine_class"])
        for s in (first, second)
    ]
    assert told == [("true", "false", "mushroom"), ("true", "true", "stubby")]


def test_the_documentation_has_the_dictionary() -> None:
    assert dictionary_markdown() in (DOCS / "exports.md").read_text()


def test_the_number_of_queries_does_not_grow_with_the_spines(tmp_path: Path) -> None:
    counted = []
    for densities in ((1.0,), (1.0, 2.0, 1.5)):
        study = make_measured_study({"control": densities})
        with CaptureQueriesContext(connection) as queries:
            packed(study.experiment, tmp_path / "made.zip")
        counted.append(len(queries))
    assert counted[0] == counted[1]


@pytest.mark.django_db(transaction=True)
def test_the_tables_are_of_one_state_of_the_database() -> None:
    study = make_measured_study({"control": (1.0,)})
    with one_state():
        before = spines_of(study.experiment, ResultFilters()).count()

        def reject_all() -> None:
            Spine.objects.update(rejected=True)
            connection.close()

        other = Thread(target=reject_all)
        other.start()
        other.join()
        assert spines_of(study.experiment, ResultFilters()).count() == before == 80
    assert spines_of(study.experiment, ResultFilters()).count() == 0
