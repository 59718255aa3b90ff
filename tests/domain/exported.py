"""An experiment with everything that an export must carry: two animals, one uncalibrated image, one of no animal."""

from __future__ import annotations

from spines.models import Image, Spine, SpineShape
from tests.factories import Study, add_dendrite, add_spines, current_row, make_study, placed_image

OUTLINE_PX = [[10.25, 10.5], [22.75, 10.5], [22.5, 24.0], [10.0, 23.75]]


def make_exported_study() -> Study:
    """`A1` has 5 spines on 20 µm and 2 on 30 µm, one of them rejected, and 1 on no dendrite; `A2` is uncalibrated."""
    study = make_study()
    first = placed_image(study, animal="A1, left", condition="wild type", cell="c1")
    Image.objects.filter(pk=first.pk).update(original_name='シナプス, "b".tif', folder="día 1")
    result = current_row(study, first)
    long, short = add_dendrite(result, length_px=200), add_dendrite(result, length_px=300)
    classes = ("mushroom", "thin", "stubby", "filopodia", "uncertain")
    SpineShape.objects.create(spine=add_spines(result, classes, dendrite=long)[0], outline_px=OUTLINE_PX)
    gone = add_spines(result, ("mushroom", "thin"), dendrite=short)[0]
    Spine.objects.filter(pk=gone.pk).update(rejected=True)
    add_spines(result, ("stubby",))
    bare = current_row(study, placed_image(study, animal="A2", condition="µ-opioid", pixel_size_um=None))
    add_spines(bare, ("thin", "thin"), dendrite=add_dendrite(bare))
    current_row(study, placed_image(study))
    return study
