"""An experiment of four animals under a class set of six, its spines looking like their kinds, some of them named."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from spines.models import Likeness, Spine
from spines.services.labs.class_sets import choose_class_set, make_class_set
from spines.statistics.likeness import reduced
from tests.factories import Study, add_spines, current_row, make_study, placed_image

OWN = [
    {"key": "branched", "name": "Branched", "letter": "B", "keyboard": "r", "onto": ""},
    {"key": "cup", "name": "Cup", "letter": "C", "keyboard": "", "onto": "mushroom"},
]
SIX = ("mushroom", "thin", "stubby", "filopodia", "branched", "cup")
AN_ANIMAL = 36
NAMED_AN_ANIMAL = 18


def kind_of(number: int) -> str:
    """What the spine of this number in its image is."""
    return SIX[number % 6]


def six_kinds(spines: Iterable[Spine]) -> list[str]:
    """What these are, by id."""
    return [kind_of(spine.number) for spine in sorted(spines, key=lambda each: each.pk)]


def make_taught(study: Study | None = None) -> Study:
    """The first half of each image's spines is named; the network, which knows four classes, calls all of them thin."""
    study = study or make_study()
    chosen = make_class_set(user=study.owner, lab_id=study.lab.pk, name="Six", own=OWN)
    choose_class_set(user=study.owner, experiment_id=study.experiment.pk, class_set_id=chosen.pk)
    random = np.random.default_rng(6)
    looks = {kind: random.gamma(0.5, 1.0, 512) for kind in SIX}
    for animal in "abcd":
        result = current_row(study, placed_image(study, animal=animal))
        spines = add_spines(result, ["thin"] * AN_ANIMAL)
        for spine in spines[:NAMED_AN_ANIMAL]:
            spine.reviewed_class = kind_of(spine.number)
        Spine.objects.bulk_update(spines, ["reviewed_class"])
        features = [looks[kind_of(spine.number)] + 1.2 * random.normal(size=512) for spine in spines]
        numbers = reduced(np.array(features, np.float32))
        Likeness.objects.bulk_create(
            Likeness(spine=spine, classifier=result.analysis.classifier, numbers=each)
            for spine, each in zip(spines, numbers, strict=True)
        )
    study.experiment.refresh_from_db()
    return study
