"""The spines that raters marked in pictures: once a study is closed, one item each, with what each rater said of it."""

from __future__ import annotations

import numpy as np

from spines.models import ReaderStudy, StudyAnswer, StudyItem
from spines.models.reader_studies import NO_SPINE, SPINE
from spines.statistics.marks_agreement import Box, spines_marked


def store_marked_spines(study: ReaderStudy) -> None:
    """Make the items. A rater who is through with a picture and did not mark a spine calls it none.

    A spine's box has the medians of its marks' left and top edges, widths and heights. Pictures that come again make
    none, and who is not through with a picture says nothing of its spines.
    """
    for picture in study.items.filter(again_of=None, found_in=None).prefetch_related("answers"):
        said = [answer for answer in picture.answers.all() if answer.is_done]
        layers = [[_box(mark) for mark in answer.marks] for answer in said]
        network = [_box(mark) for mark in picture.network_marks]
        for spine in spines_marked([*layers, network]):
            own = {who: at for who, at in spine.items() if who < len(said)}
            if own:
                boxes = [layers[who][at] for who, at in own.items()]
                of_network = spine.get(len(said))
                _store(
                    study, picture, boxes, None if of_network is None else picture.network_marks[of_network], said, own
                )


def _store(
    study: ReaderStudy,
    picture: StudyItem,
    boxes: list[Box],
    of_network: dict[str, str] | None,
    said: list[StudyAnswer],
    own: dict[int, int],
) -> None:
    x_px, y_px, width_px, height_px = (float(value) for value in np.median(boxes, axis=0))
    item = StudyItem.objects.create(
        study=study,
        image_id=picture.image_id,
        found_in=picture,
        x_px=x_px,
        y_px=y_px,
        width_px=width_px,
        height_px=height_px,
        network_class=NO_SPINE if of_network is None else of_network["class"] or SPINE,
        animal=picture.animal,
    )
    StudyAnswer.objects.bulk_create(
        StudyAnswer(
            item=item,
            rater_id=answer.rater_id,
            answer=answer.marks[own[who]]["class"] or SPINE if who in own else NO_SPINE,
        )
        for who, answer in enumerate(said)
    )


def _box(mark: dict[str, list[float]]) -> Box:
    x_px, y_px, width_px, height_px = mark["box_px"]
    return x_px, y_px, width_px, height_px
