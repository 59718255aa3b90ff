"""The gallery's rows, its sheets of crops, and what is said of many spines at once."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django import forms
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from spines.access import get_experiment, results_for
from spines.errors import NotFound
from spines.imaging import encode_png
from spines.imaging.sheets import sheet as drawn_sheet
from spines.models import Experiment, Image
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.gallery import shown_spines, spines_of_sheet, version_now
from spines.selectors.results.likeness import ByLikeness, ordered
from spines.selectors.results.unchanged import while_unchanged
from spines.services.analyses.likeness import ask_for_likeness
from spines.services.review.bulk import MOST_AT_ONCE, SaidOfMany, say_of_many, take_back_many
from webapp.downloads import png_response
from webapp.filters import asked_filters
from webapp.images.forms import EditForm, checked, stated_in
from webapp.images.pictures import crop_side_px, window_around
from webapp.requests import UserRequest, is_number


class BulkForm(forms.Form):
    """The id of an act."""

    bulk = forms.UUIDField()


class SayForm(EditForm, BulkForm):
    """Spines, and what they are."""

    spines = forms.CharField(max_length=20 * MOST_AT_ONCE)
    answer = forms.CharField(max_length=30)

    def clean_spines(self) -> list[int]:
        """Ids."""
        parts = self.cleaned_data["spines"].split()
        if not all(map(is_number, parts)):
            raise forms.ValidationError("These are no spines.")
        return [int(part) for part in parts]


@require_safe
@cache_control(private=True, no_cache=True)
def gallery(request: UserRequest, experiment_id: int) -> HttpResponse:
    """A line a spine, short, as thousands are sent; sheets and images are named once and numbered from 0."""
    experiment = get_experiment(request.user, experiment_id)
    version = version_now()
    lines = _lines(experiment, asked_filters(request.GET, experiment).filters, experiment.lab.rule_preset)
    return HttpResponse(f'{{"version": {version}, {lines[1:]}', content_type="application/json")


@while_unchanged
def _lines(experiment: Experiment, filters: ResultFilters, _rule_preset: str) -> str:
    """All but the version, as JSON: made into rows again, what was kept would take as long as what is read."""
    shown = shown_spines(experiment, filters)
    names = dict(Image.objects.filter(pk__in={s.image_id for s in shown}).values_list("pk", "original_name"))
    sheets = {key: at for at, key in enumerate(dict.fromkeys(s.sheet for s in shown))}
    images = {pk: at for at, pk in enumerate(names)}
    body = {
        "sheets": [list(key) for key in sheets],
        "images": [{"id": pk, "name": name} for pk, name in names.items()],
        "spines": [
            [
                *(s.id, s.number, images[s.image_id], sheets[s.sheet], s.place),
                *(s.shown_class, s.network, s.rule, s.probability, s.is_reviewed),
            ]
            for s in shown
        ],
    }
    return json.dumps(body)


class LikenessForm(forms.Form):
    """An order by likeness; the nearest are those of a spine."""

    by = forms.ChoiceField(choices=[(each.value, each.value) for each in ByLikeness])
    spine = forms.IntegerField(min_value=1, required=False)


@require_safe
@cache_control(private=True, no_cache=True)
def by_likeness(request: UserRequest, experiment_id: int) -> JsonResponse:
    """Ids of spines in an order by likeness, and how many are left out as they cannot be compared yet."""
    experiment = get_experiment(request.user, experiment_id)
    sent = checked(LikenessForm(request.GET))
    asked = asked_filters(request.GET, experiment).filters
    found = ordered(experiment, asked, ByLikeness(sent["by"]), spine_id=sent["spine"])
    return JsonResponse(asdict(found))


@require_POST
def find_likeness(request: UserRequest, experiment_id: int) -> HttpResponse:
    """Have the classifier read those spines that cannot be compared yet."""
    return redirect("work:work", ask_for_likeness(user=request.user, experiment_id=experiment_id).pk)


@require_safe
def sheet(request: UserRequest, result_id: int, part: int) -> HttpResponse:
    """256 crops of a result, light on dark, each with its own contrast."""
    results = results_for(request.user).select_related("image__experiment__project")
    result = results.filter(pk=result_id).first()
    spines = list(spines_of_sheet(result, part)) if result and part < 1000 else []
    if result is None or not spines:
        raise NotFound("There are no such crops. Reload the page.")
    image = result.image
    boxes = [(s.pk, s.x_px, s.y_px, s.width_px, s.height_px) for s in spines]
    key = ("sheet", image.sha256, image.channel, image.projection, image.plane, image.polarity, boxes)
    return png_response(
        request,
        key=key,
        render=lambda: encode_png(drawn_sheet([window_around(image, s, crop_side_px(s)) for s in spines])),
    )


@require_POST
def say(request: UserRequest, experiment_id: int) -> JsonResponse:
    """The same of many spines."""
    sent = checked(SayForm(request.POST))
    said = say_of_many(
        user=request.user,
        experiment_id=experiment_id,
        spine_ids=sent["spines"],
        answer=sent["answer"],
        bulk=sent["bulk"],
        stated=stated_in(sent),
    )
    return JsonResponse(_answer(said))


@require_POST
def take_back(request: UserRequest, experiment_id: int) -> JsonResponse:
    """Undo what was said of many spines."""
    sent = checked(BulkForm(request.POST))
    return JsonResponse(_answer(take_back_many(user=request.user, experiment_id=experiment_id, bulk=sent["bulk"])))


def _answer(said: SaidOfMany) -> dict[str, Any]:
    return asdict(said) | {"version": version_now()}
