"""A rater's page: one item after the other, and nothing that tells what others or the network said."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from spines.access import get_reader_study
from spines.errors import InvalidInput, NotFound
from spines.imaging import encode_png
from spines.models import ReaderStudy, StudyAnswer, StudyItem, StudyRater, Task
from spines.models.reader_studies import CANNOT_SAY, NO_SPINE
from spines.selectors.reader_studies.answers import answer_words, next_item, progress_of_rater
from spines.services.reader_studies.answering import answer_item, rater_of, save_marks
from webapp.downloads import png_response
from webapp.images.forms import checked
from webapp.reader_studies.turned import pixels_of, shown_of
from webapp.requests import UserRequest, is_number

_KEYS = {NO_SPINE: "x", CANNOT_SAY: "c"}


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
def rate(request: UserRequest, study_id: int) -> HttpResponse:
    """The next item, or the one that the address asks for again; POST takes an answer that is chosen."""
    study = get_reader_study(request.user, study_id)
    rater = rater_of(request.user, study)
    if request.method == "POST":
        item_id = _number(request.POST.get("item", ""))
        given = {"answer": request.POST.get("answer", ""), "note": request.POST.get("note", "")}
        answer_item(user=request.user, study_id=study_id, item_id=item_id, **given)
        return redirect("reader_studies:rate", study_id)
    asked = request.GET.get("item")
    items = study.items.filter(found_in=None).select_related("image", "study")
    item = items.filter(pk=_number(asked)).first() if asked else next_item(rater)
    done = rater.answers.filter(is_done=True, item__found_in=None)
    progress = progress_of_rater(rater)
    context = {
        "study": study,
        "lab": study.lab,
        "item": None if study.closed_at else item,
        "said": item.answers.filter(rater=rater).first() if item else None,
        "answered": progress.answered,
        "total": progress.total,
        "before": done.order_by("-at").values_list("item", flat=True).first(),
        "classes": [study.experiment.classes.style(key) for key in study.experiment.classes.keys],
    }
    if not Task(study.task).is_drawn:
        return render(request, "reader_studies/rate.html", context | {"answers": _answers(study)})
    if context["item"] is not None:
        assert item is not None
        context |= _layer(study, rater, item)
    return render(request, "reader_studies/mark.html", context)


def _answers(study: ReaderStudy) -> list[tuple[str, str, str]]:
    classes = study.experiment.classes
    keys = {key: classes.style(key).keyboard for key in classes.keys} | _KEYS
    return [(key, words, keys[key]) for key, words in answer_words(study).items()]


def _layer(study: ReaderStudy, rater: StudyRater, item: StudyItem) -> dict[str, Any]:
    """The rater's marks as they are shown; before they have any the network's, where these are to be corrected."""
    said = StudyAnswer.objects.filter(item=item, rater=rater).first()
    shown = shown_of(item)
    begins = item.network_marks if study.task == Task.CORRECT else []
    width_px, height_px = shown.size_px
    return {
        "marks": [shown.mark(mark) for mark in (said.marks if said else begins)],
        "version": said.version if said else 0,
        "width_px": width_px,
        "height_px": height_px,
        "letters": [{"key": c.key, "letter": c.letter} for c in study.experiment.classes.classes],
        "csrf_cookie": settings.CSRF_COOKIE_NAME,
    }


class MarksForm(forms.Form):
    """A layer as the page sends it."""

    marks = forms.CharField()
    version = forms.IntegerField(min_value=0)
    done = forms.TypedChoiceField(choices=[("true", "yes"), ("false", "no")], coerce=lambda value: value == "true")
    note = forms.CharField(required=False)


@require_POST
def marks(request: UserRequest, study_id: int, item_id: int) -> JsonResponse:
    """Keep the rater's layer over an item, drawn as the item is shown to them."""
    study = get_reader_study(request.user, study_id)
    rater_of(request.user, study)
    sent = checked(MarksForm(request.POST))
    item = _item(study, item_id)
    shown = shown_of(item)
    try:
        drawn = [shown.mark_back(mark) for mark in json.loads(sent["marks"])]
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise InvalidInput("What was drawn cannot be read. Reload the page and draw it anew.") from error
    kept = save_marks(
        user=request.user,
        study_id=study_id,
        item_id=item_id,
        marks=drawn,
        version=sent["version"],
        is_done=sent["done"],
        note=sent["note"],
    )
    return JsonResponse({"version": kept.version})


def _number(text: str) -> int:
    if not is_number(text):
        raise InvalidInput("Choose an item of the study.")
    return int(text)


def _item(study: ReaderStudy, item_id: int) -> StudyItem:
    item = study.items.select_related("image__experiment__project", "study").filter(pk=item_id).first()
    if item is None:
        raise NotFound("There is no such item in this study.")
    return item


@require_safe
def crop(request: UserRequest, study_id: int, item_id: int) -> HttpResponse:
    """An item as it is shown, turned and mirrored. It names nothing."""
    item = _item(get_reader_study(request.user, study_id), item_id)
    image = item.image
    key = ("item", item.pk, image.channel, image.projection, image.plane, image.polarity)
    return png_response(request, key=key, render=lambda: encode_png(pixels_of(item)))
