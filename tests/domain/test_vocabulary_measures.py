"""A measure is a row of the vocabulary, and everything else follows from it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from spines.measure.image import measure_image
from spines.models import Spine
from spines.vocabulary import measures
from spines.vocabulary.densities import ALL, columns, densities, per_um, without
from spines.vocabulary.measures import MEASURES
from spines.vocabulary.numbers import UM
from tests.phantom_images import phantom

ADDED = """
import dataclasses, os, sys
import django
from spines.measure.polygons import polygon_area
from spines.vocabulary import measures
from spines.vocabulary.numbers import Unit

measures.MEASURES["roundness"] = measures.Measure(
    key="roundness", label="Roundness", unit=Unit(), definition="4π area over the outline's length squared.",
    of=lambda spine: polygon_area(spine.outline_px), needs_pixel_size=False, is_listed=True,
)
django.setup()

from tests.contracts.test_migrations import test_no_migration_is_missing
from django.template import Context, Template
from spines.export.dictionary import SPINES, ANIMALS
from spines.export.coco import _ATTRIBUTES
from spines.models import Spine
from webapp.api.results import MeasureMeans
from webapp.api.spines import Spine as Sent
from webapp.results.listing import ORDERS
from webapp.results.shown_tests import unit_of
from worker.inference.headless import CSV_COLUMNS

assert "roundness" in SPINES.header and "mean_roundness" in ANIMALS.header
assert "roundness" in _ATTRIBUTES
assert "roundness" in CSV_COLUMNS
assert "roundness" in Sent.model_fields and "roundness" in MeasureMeans.model_fields
assert "roundness" in ORDERS
assert unit_of("roundness").value(0.5) == "0.50"
spine = Spine(roundness=0.789)
shown = Template("{% listed_measures as all %}{% for m in all %}{{ m.label }} {{ spine|measure_of:m }};{% endfor %}")
assert "Roundness 0.79;" in shown.render(Context({"spine": spine}))
try:
    test_no_migration_is_missing()
except AssertionError as error:
    print(error)
"""


@pytest.mark.slow
def test_a_measure_is_added_as_contributing_says() -> None:
    settings = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "SECRET_KEY": "x"}
    ran = subprocess.run(
        [sys.executable, "-c", ADDED], capture_output=True, text=True, env=settings, cwd=Path.cwd(), check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert "Add field roundness to spine" in ran.stdout
    assert "makemigrations spines" in ran.stdout


def test_a_measure_of_the_outline_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    sides = measures.Measure(
        key="corners", label="Corners", unit=UM, definition="", of=lambda s: float(len(s.outline_px))
    )
    monkeypatch.setitem(MEASURES, "corners", sides)
    made = phantom()
    plane, boxes = made.pixels, list(made.boxes_px)
    spines = measure_image(plane, boxes, pixel_size_um=0.1).spines
    measured = [spine for spine in spines if spine.outline_px is not None]
    assert measured
    assert all(spine.value("corners") == len(spine.outline_px) for spine in measured if spine.outline_px is not None)
    assert measured[0].value("length_um") == measured[0].length_um
    without_scale = measure_image(plane, boxes, pixel_size_um=None).spines
    assert {spine.value("corners") for spine in without_scale} == {None}


def test_every_measure_has_its_column_and_words() -> None:
    for key, measure in MEASURES.items():
        assert measure.key == key
        assert measure.definition.endswith(".")
        assert Spine._meta.get_field(key).null


def test_a_density_is_spines_over_length() -> None:
    counts = {"mushroom": 4, "thin": 3, "filopodia": 2, "uncertain": 1}
    assert per_um(12, 10) == 1.2
    assert (per_um(3, None), per_um(3, 0)) == (None, None)
    assert ALL.of(counts, 10) == 1.0
    assert without(frozenset(("filopodia",))).of(counts, 10) == 0.8
    of = densities(("mushroom", "filopodia"))
    found = dict(columns(counts, 10, of))
    assert np.isclose(found["mushroom_per_10_um"] or 0, 4)
    assert list(found) == [
        *("spines_per_um", "spines_per_10_um", "without_filopodia_per_um", "without_filopodia_per_10_um"),
        *("mushroom_per_um", "mushroom_per_10_um", "filopodia_per_um", "filopodia_per_10_um"),
    ]
    assert set(dict(columns({}, None, of)).values()) == {None}
