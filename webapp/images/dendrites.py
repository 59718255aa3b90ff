"""Corrections of an image's dendrites, as the page's script sends them. Every answer is JSON, as in `review`."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import JsonResponse
from django.views.decorators.http import require_POST

from spines.errors import InvalidInput
from spines.services.review import dendrites
from webapp.images.answers import answer
from webapp.images.forms import EditForm, ResultForm, checked, stated_in
from webapp.requests import UserRequest


class PointsField(forms.CharField):
    """ "x,y x,y …" in pixels of the image, as SVG writes lines. The service judges where they lie."""

    def to_python(self, value: Any) -> Any:
        """Pairs of numbers, or a sentence."""
        try:
            points = [tuple(float(side) for side in point.split(",")) for point in str(value or "").split()]
        except ValueError:
            points = [()]
        if any(len(point) != 2 for point in points):
            raise forms.ValidationError("These are no points.")
        return points


class LineForm(EditForm):
    """A line."""

    points = PointsField()


class NewLineForm(ResultForm, LineForm):
    """A line, and the result that it belongs to."""


class PlaceForm(EditForm):
    """A place in pixels of the image."""

    x_px = forms.FloatField()
    y_px = forms.FloatField()


class OtherForm(EditForm):
    """The dendrite that another is joined to."""

    other = forms.IntegerField()


class EndsForm(forms.Form):
    """Two places."""

    points = PointsField()


@require_POST
def add_dendrite(request: UserRequest, image_id: int) -> JsonResponse:
    """Draw a dendrite."""
    sent = checked(NewLineForm(request.POST))
    result = dendrites.add_dendrite(
        user=request.user,
        image_id=image_id,
        points_px=sent["points"],
        result_id=sent["result"],
        stated=stated_in(sent),
    )
    return answer(request.user, result, since=sent["version"], moves=True)


@require_POST
def change_dendrite(request: UserRequest, dendrite_id: int) -> JsonResponse:
    """Let a dendrite run along other points."""
    sent = checked(LineForm(request.POST))
    result = dendrites.change_dendrite(
        user=request.user, dendrite_id=dendrite_id, points_px=sent["points"], stated=stated_in(sent)
    )
    return answer(request.user, result, since=sent["version"], moves=True)


@require_POST
def cut_dendrite(request: UserRequest, dendrite_id: int) -> JsonResponse:
    """Cut a dendrite in two."""
    sent = checked(PlaceForm(request.POST))
    result = dendrites.cut_dendrite(
        user=request.user, dendrite_id=dendrite_id, at_px=(sent["x_px"], sent["y_px"]), stated=stated_in(sent)
    )
    return answer(request.user, result, since=sent["version"], moves=True)


@require_POST
def join_dendrites(request: UserRequest, dendrite_id: int) -> JsonResponse:
    """Make one dendrite of two."""
    sent = checked(OtherForm(request.POST))
    result = dendrites.join_dendrites(
        user=request.user, dendrite_id=dendrite_id, other_id=sent["other"], stated=stated_in(sent)
    )
    return answer(request.user, result, since=sent["version"], moves=True)


@require_POST
def trace_between(request: UserRequest, image_id: int) -> JsonResponse:
    """The way along the ridge between two places; nothing is written."""
    sent = checked(EndsForm(request.POST))
    ends = sent["points"]
    if len(ends) != 2:
        raise InvalidInput("Say two places to trace between.")
    points = dendrites.trace_between(user=request.user, image_id=image_id, start_px=ends[0], end_px=ends[1])
    return JsonResponse({"points_px": points.tolist()})


@require_POST
def remove_dendrite(request: UserRequest, dendrite_id: int) -> JsonResponse:
    """Delete a dendrite."""
    sent = checked(EditForm(request.POST))
    result = dendrites.remove_dendrite(user=request.user, dendrite_id=dendrite_id, stated=stated_in(sent))
    return answer(request.user, result, since=sent["version"], moves=True)
