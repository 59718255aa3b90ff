"""What a study is of: spines or whole pictures of an experiment, drawn by chance, some to come again."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from enum import StrEnum

from django.db.models import QuerySet, Sum

from spines.errors import InvalidInput
from spines.models import AnalysisImage, Experiment, Image, ReaderStudy, Spine, SpineSource, StudyItem
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.rows import results_of, spines_of
from spines.vocabulary.classes import UNCERTAIN

MOST_ITEMS = 2000
TURNS = 8
_COPIED = (
    *("image_id", "x_px", "y_px", "width_px", "height_px", "network_class", "animal"),
    *("network_marks", "dendrite_um"),
)


class SpinesFrom(StrEnum):
    """Which spines are drawn."""

    BY_CLASS = "by_class"
    UNSURE = "unsure"
    ALL = "all"


def draw_spines(
    experiment: Experiment, which: SpinesFrom, per_class: int, chance: random.Random
) -> tuple[list[StudyItem], str]:
    """Items of spines that count, without their study, and the sample in words."""
    by_class: dict[str, list[int]] = defaultdict(list)
    for pk, name in spines_of(experiment, ResultFilters()).order_by("pk").values_list("pk", "final_class"):
        by_class[name].append(pk)
    match which:
        case SpinesFrom.BY_CLASS:
            chosen = [pk for _, pks in sorted(by_class.items()) for pk in chance.sample(pks, min(per_class, len(pks)))]
            words = f"up to {per_class:,} spines of each class, by chance"
        case SpinesFrom.UNSURE:
            chosen = list(by_class[UNCERTAIN.key])
            chosen = chance.sample(chosen, min(per_class, len(chosen)))
            words = f"up to {per_class:,} spines that the network was unsure of, by chance"
        case _:
            chosen, words = [pk for pks in by_class.values() for pk in pks], "all spines"
    if len(chosen) > MOST_ITEMS:
        raise InvalidInput(f"This would draw {len(chosen):,} spines; a study has {MOST_ITEMS:,} at most. Draw fewer.")
    chance.shuffle(chosen)
    found = Spine.objects.select_related("analysis_image__image__cell__subject").in_bulk(chosen)
    return [_of_spine(found[pk]) for pk in chosen], words


def draw_pictures(experiment: Experiment, per_animal: int, chance: random.Random) -> tuple[list[StudyItem], str]:
    """Items of whole pictures that count, without their study, and the sample in words."""
    by_animal: dict[str, list[AnalysisImage]] = defaultdict(list)
    results = results_of(experiment, ResultFilters()).select_related("image__cell__subject").order_by("pk")
    for result in results:
        by_animal[_animal(result.image)].append(result)
    chosen = [one for _, own in sorted(by_animal.items()) for one in chance.sample(own, min(per_animal, len(own)))]
    if len(chosen) > MOST_ITEMS:
        raise InvalidInput(f"This would draw {len(chosen):,} pictures; a study has {MOST_ITEMS:,} at most. Draw fewer.")
    chance.shuffle(chosen)
    return [_of_picture(result) for result in chosen], f"up to {per_animal:,} pictures of each animal, by chance"


def store_items(study: ReaderStudy, items: Sequence[StudyItem], again_percent: int) -> None:
    """Save the items of a study; so many of them a second time, turned and mirrored."""
    for item in items:
        item.study = study
    stored = StudyItem.objects.bulk_create(items)
    chance = random.Random(study.seed + 1)  # noqa: S311 - a sample, no secret
    copies = []
    for item in chance.sample(stored, round(len(stored) * again_percent / 100)):
        same = {name: getattr(item, name) for name in _COPIED}
        copies.append(StudyItem(study=study, again_of=item, turn=chance.randrange(1, TURNS), **same))
    StudyItem.objects.bulk_create(copies)


def _animal(image: Image) -> str:
    return image.cell.subject.name if image.cell else ""


def _of_spine(spine: Spine) -> StudyItem:
    image = spine.analysis_image.image
    place = {name: getattr(spine, name) for name in ("x_px", "y_px", "width_px", "height_px")}
    return StudyItem(image=image, network_class=spine.spine_class, animal=_animal(image), **place)


def _of_picture(result: AnalysisImage) -> StudyItem:
    image = result.image
    return StudyItem(
        image=image,
        x_px=0,
        y_px=0,
        width_px=image.width_px,
        height_px=image.height_px,
        animal=_animal(image),
        network_marks=[
            {
                "box_px": [spine.x_px, spine.y_px, spine.width_px, spine.height_px],
                "class": "" if spine.uncertain else spine.spine_class,
            }
            for spine in _of_network(result).order_by("number")
        ],
        dendrite_um=result.dendrites.aggregate(um=Sum("length_um"))["um"],
    )


def _of_network(result: AnalysisImage) -> QuerySet[Spine]:
    """What the network of this result found and would count, whatever people say of it."""
    return result.spines.filter(source=SpineSource.DETECTED, apart=False, kept_from=None)
