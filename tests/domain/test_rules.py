"""Published rules: a class from measures, on both sides of every threshold."""

from __future__ import annotations

import pytest

from spines.measure.blur import blur_of, blur_um, withheld, withheld_by_rules, withheld_classes
from spines.measure.image import measure_image
from spines.measure.rules import RULE_PRESETS, rule_class
from spines.measure.types import Quality, SpineMeasures
from spines.synthesis.phantom import MUSHROOM, PhantomParameters, make_phantom


def spine(
    length_um: float | None, head_um: float | None, neck_um: float | None = None, neck_length_um: float | None = None
) -> SpineMeasures:
    return SpineMeasures(
        quality=Quality.TRUSTED,
        length_um=length_um,
        head_width_um=head_um,
        neck_width_um=neck_um,
        neck_length_um=neck_length_um,
    )


@pytest.mark.parametrize(
    ("measures", "expected"),
    [
        (spine(1.5, 0.35, 0.2), "mushroom"),
        (spine(1.5, 0.34, 0.2), "thin"),
        (spine(1.5, 0.56, 0.50), "mushroom"),
        (spine(1.2, 0.55, 0.50), "stubby"),  # exactly 1.1 times is no neck yet
        (spine(1.24, 0.5), "stubby"),
        (spine(1.25, 0.5), "thin"),
        (spine(3.0, 0.3), "thin"),
        (spine(3.01, 0.3), "filopodia"),
        (spine(3.5, 0.6, 0.2), "mushroom"),
        (spine(3.5, 0.3, 0.2), "filopodia"),
        (spine(1.2, 0.8, None, 0.5), "mushroom"),  # a neck too faint to measure is a neck
    ],
)
def test_neuronstudio_scheme(measures: SpineMeasures, expected: str) -> None:
    assert rule_class("dendritic_spine_counter", measures) == expected


@pytest.mark.parametrize(
    ("measures", "expected"),
    [
        (spine(2.01, 0.9), "filopodia"),
        (spine(2.0, 0.61), "mushroom"),
        (spine(1.9, 0.47), "filopodia"),
        (spine(1.9, 0.48), "thin"),
        (spine(1.5, 0.3), "thin"),
        (spine(1.0, 0.61), "mushroom"),
        (spine(0.55, 0.6), "stubby"),
        (spine(0.6, 0.6), "thin"),
        (spine(0.5, 0.61), "mushroom"),  # the first rule that fits counts
    ],
)
def test_golgi_scheme(measures: SpineMeasures, expected: str) -> None:
    assert rule_class("golgi", measures) == expected


@pytest.mark.parametrize("preset", list(RULE_PRESETS))
def test_no_class_without_the_measures_and_every_preset_names_its_source(preset: str) -> None:
    assert rule_class(preset, spine(None, 0.5)) is None
    assert rule_class(preset, spine(1.0, None)) is None
    assert rule_class(preset, SpineMeasures(quality=Quality.FAINT)) is None
    assert "PLoS ONE" in RULE_PRESETS[preset].citation
    assert RULE_PRESETS[preset].rules


def test_a_preset_withholds_what_cannot_be_told_at_a_pictures_blur() -> None:
    # By these rules a thin spine's head is under 0.35 µm: no light microscope reads one so.
    assert withheld("dendritic_spine_counter", 0.4) == {"thin": "mushroom"}
    assert withheld_classes("dendritic_spine_counter", 0.4) == {"thin", "mushroom"}
    assert withheld("dendritic_spine_counter", 0.05) == {}
    assert withheld("golgi", 0.25) == {}
    assert "thin" in withheld("golgi", 0.45)
    for preset in RULE_PRESETS:
        assert withheld(preset, None) == {}


def test_the_blur_of_a_picture_is_that_of_its_narrowest_necks() -> None:
    assert blur_um([0.36, 0.37, 0.38, 0.5]) is None
    assert blur_um([0.37] * 6 + [0.6] * 10) == pytest.approx(0.35, abs=0.01)
    parameters = PhantomParameters(lateral_fwhm_um=0.35, sizes_um=(MUSHROOM,), spacing_um=2.0)
    phantom = make_phantom(parameters, seed=3)
    found = measure_image(phantom.pixels, phantom.boxes_px, pixel_size_um=0.1).spines
    assert blur_of(found) == pytest.approx(0.35, abs=0.04)
    said = withheld_by_rules("dendritic_spine_counter", found)
    assert "0.3" in said
    assert "mushroom and thin are not given" in said
    assert withheld_by_rules("", found) == ""
