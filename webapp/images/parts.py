"""Spines split, joined and seated by hand, as the image page's script sends it. Every answer is JSON."""

from __future__ import annotations

from django import forms
from django.http import JsonResponse
from django.views.decorators.http import require_POST, require_safe

from spines.access import get_image_to_rate
from spines.selectors.results.rows import current_result
from spines.services.review import bases, parts
from spines.services.review.box_at import candidate_at
from webapp.images.answers import answer
from webapp.images.dendrites import PointsField
from webapp.images.forms import ResultForm, checked, stated_in
from webapp.requests import UserRequest


class SplitForm(ResultForm):
    """A line across a spine."""

    points = PointsField()


class JoinForm(ResultForm):
    """The spine that another is joined to."""

    other = forms.IntegerField()


class AtForm(forms.Form):
    """A place."""

    x_px = forms.FloatField()
    y_px = forms.FloatField()


class BaseForm(ResultForm):
    """Where a spine meets its dendrite; nowhere where it is to be found again."""

    x_px = forms.FloatField(required=False)
    y_px = forms.FloatField(required=False)


@require_safe
def box_at(request: UserRequest, image_id: int) -> JsonResponse:
    """The box that the detector kept under a place, below the threshold; null where there is none."""
    asked = checked(AtForm(request.GET))
    result = current_result(get_image_to_rate(request.user, image_id))
    box = None if result is None else candidate_at(result, asked["x_px"], asked["y_px"])
    return JsonResponse({"box_px": box})


@require_POST
def split_spine(request: UserRequest, spine_id: int) -> JsonResponse:
    """Make two spines of one."""
    sent = checked(SplitForm(request.POST))
    spine = parts.split_spine(
        user=request.user,
        spine_id=spine_id,
        line_px=sent["points"],
        result_id=sent["result"],
        stated=stated_in(sent),
    )
    return answer(request.user, spine.analysis_image, spine, since=sent["version"], moves=True)


@require_POST
def join_spines(request: UserRequest, spine_id: int) -> JsonResponse:
    """Make one spine of two."""
    sent = checked(JoinForm(request.POST))
    spine = parts.join_spines(
        user=request.user,
        spine_id=spine_id,
        other_id=sent["other"],
        result_id=sent["result"],
        stated=stated_in(sent),
    )
    return answer(request.user, spine.analysis_image, spine, since=sent["version"], moves=True)


@require_POST
def set_base(request: UserRequest, spine_id: int) -> JsonResponse:
    """Say where a spine meets its dendrite."""
    sent = checked(BaseForm(request.POST))
    place = (sent["x_px"], sent["y_px"])
    spine = bases.set_base(
        user=request.user,
        spine_id=spine_id,
        base_px=None if None in place else place,
        result_id=sent["result"],
        stated=stated_in(sent),
    )
    return answer(request.user, spine.analysis_image, spine, since=sent["version"], moves=True)
