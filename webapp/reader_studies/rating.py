"""A rater's page: one spine after the other, and nothing that tells what others or the network said."""

from __future__ import annotations

import numpy as np
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from spines.access import get_reader_study
from spines.errors import InvalidInput, NotFound
from spines.imaging import encode_png
from spines.models import StudyItem
from spines.models.reader_studies import CANNOT_SAY, NO_SPINE
from spines.selectors.reader_studies.answers import answer_words, items_in_order, next_item
from spines.services.reader_studies.answering import answer_item, rater_of
from webapp.downloads import png_response
from webapp.images.pictures import crop_side_px, window_around
from webapp.requests import UserRequest

_KEYS = {NO_SPINE: "x", CANNOT_SAY: "c"}


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
def rate(request: UserRequest, study_id: int) -> HttpResponse:
    """The next spine, or the one that the address asks for again; POST takes the answer."""
    study = get_reader_study(request.user, study_id)
    rater = rater_of(request.user, study)
    if request.method == "POST":
        item_id = _number(request.POST.get("item", ""))
        given = {"answer": request.POST.get("answer", ""), "note": request.POST.get("note", "")}
        answer_item(user=request.user, study_id=study_id, item_id=item_id, **given)
        return redirect("reader_studies:rate", study_id)
    asked = request.GET.get("item")
    item = study.items.filter(pk=_number(asked)).first() if asked else next_item(rater)
    order = list(items_in_order(rater).filter(answers__rater=rater).values_list("pk", flat=True))
    classes = study.experiment.classes
    keys = {key: classes.style(key).keyboard for key in classes.keys} | _KEYS
    context = {
        "study": study,
        "lab": study.lab,
        "item": None if study.closed_at else item,
        "answers": [(key, words, keys[key]) for key, words in answer_words(study).items()],
        "said": item.answers.filter(rater=rater).first() if item else None,
        "answered": len(order),
        "total": study.items.count(),
        "before": rater.answers.order_by("-at").values_list("item", flat=True).first(),
    }
    return render(request, "reader_studies/rate.html", context)


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise InvalidInput("Choose a spine of the study.")
    return int(text)


@require_safe
def crop(request: UserRequest, study_id: int, item_id: int) -> HttpResponse:
    """The window around an item, turned and mirrored as it is shown. It names nothing."""
    study = get_reader_study(request.user, study_id)
    item = study.items.select_related("image__experiment__project").filter(pk=item_id).first()
    if item is None:
        raise NotFound("There is no such item in this study.")
    image = item.image
    key = ("item", item.pk, image.channel, image.projection, image.plane, image.polarity)
    return png_response(request, key=key, render=lambda: encode_png(_turned(item)))


def _turned(item: StudyItem) -> np.ndarray:
    window = window_around(item.image, item, crop_side_px(item))
    turned = np.rot90(window, item.turn % 4)
    return np.ascontiguousarray(np.fliplr(turned) if item.turn >= 4 else turned)
