"""The charts of a version as Plotly figures (JSON, drawn by static/js/plots.js), and the pictures it got wrong."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
from django.http import HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from spines.access import require_admin
from spines.errors import NotFound
from spines.models import ModelVersion, TrainingRun
from spines.selectors.models.versions import get_model_version
from spines.selectors.training.learning import learned_by
from webapp.downloads import png_response
from webapp.model_versions.card_drawings import curve_figure, reliability_of
from webapp.plots import for_the_page, plain_text
from webapp.requests import UserRequest
from webapp.training.curves import loss_figure, quality_figure
from webapp.training.learning import learning_figure

_PNG_BEGINS = b"\x89PNG\r\n\x1a\n"


def calibration_figure(evaluation: Mapping[str, Any]) -> go.Figure:
    """Share that is right against stated confidence; on the diagonal a network is as sure as it should be."""
    chart = go.Figure()
    chart.add_trace(
        go.Scatter(
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            name="As sure as right",
            line={"width": 1, "dash": "dot"},
            meta={"ink": "muted"},
            hoverinfo="skip",
        )
    )
    active = plain_text((evaluation.get("compared_with") or {}).get("name") or "Active then")
    for key, name, ink in (("active", active, "muted"), ("candidate", "This version", "accent")):
        bins = [b for b in (evaluation.get(key) or {}).get("calibration") or [] if b.get("spines")]
        if bins:
            chart.add_trace(
                go.Scatter(
                    x=[b["confidence"] for b in bins],
                    y=[b["accuracy"] for b in bins],
                    customdata=[[b["spines"]] for b in bins],
                    mode="lines+markers",
                    name=name,
                    line={"width": 2, "dash": "dash" if key == "active" else "solid"},
                    marker={"size": 7, "symbol": "circle-open" if key == "active" else "circle"},
                    meta={"ink": ink},
                    hovertemplate="sure %{x:.2f}, right %{y:.2f}: %{customdata[0]} spines<extra>" + name + "</extra>",
                )
            )
    chart.update_layout(
        showlegend=True,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1, "x": 0},
        xaxis={"title": {"text": "confidence of the network"}, "range": [0, 1.02]},
        yaxis={"title": {"text": "share that is right"}, "range": [0, 1.02]},
    )
    return chart


def run_of(version: ModelVersion) -> TrainingRun | None:
    """The training that made this version, where it was made here."""
    return TrainingRun.objects.filter(candidate=version).select_related("dataset", "created_by", "candidate").first()


@require_safe
@cache_control(private=True, no_cache=True)
def chart(request: UserRequest, version_id: int, name: str) -> HttpResponse:
    """calibration, card-calibration, card-curve, loss, quality or learning, for Plotly.react."""
    version = get_model_version(request.user, version_id)
    run = run_of(version)
    epochs = run.epochs if run else []
    match name:
        case "calibration":
            drawn = calibration_figure(version.evaluation)
        case "card-calibration":
            drawn = calibration_figure({"candidate": {"calibration": reliability_of(version.card)}})
        case "card-curve":
            drawn = curve_figure(version.card)
        case "loss":
            drawn = loss_figure(epochs)
        case "quality":
            drawn = quality_figure(epochs)
        case "learning":
            drawn = learning_figure(learned_by(run) if run else None)
        case _:
            raise NotFound(f"There is no chart named {name} of a model version.")
    return HttpResponse(json.dumps(for_the_page(drawn)), content_type="application/json")


@require_safe
def wrong(request: UserRequest, version_id: int, place: int) -> HttpResponse:
    """The picture of one spine that the network got wrong. Site admins only: it may be another lab's."""
    require_admin(request.user)
    version = get_model_version(request.user, version_id)
    pictures = version.evaluation.get("wrong", [])
    if place >= len(pictures):
        raise NotFound("There is no such example.")
    encoded = str(pictures[place].get("png", ""))
    return png_response(request, key=(version.sha256, place), render=lambda: _decoded(encoded))


def _decoded(encoded: str) -> bytes:
    try:
        picture = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise NotFound("The picture of this example was not kept whole.") from error
    if not picture.startswith(_PNG_BEGINS):
        raise NotFound("The picture of this example was not kept whole.")
    return picture
