"""The Review page, its steps, and the answers that its script sends."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from spines.access import get_experiment_to_rate, get_spine_to_rate, has_role
from spines.imaging import encode_png
from spines.models import Experiment, ReviewOrder, Role, Spine
from spines.models.reader_studies import CANNOT_SAY, NO_SPINE
from spines.selectors.review.network import network_here
from spines.selectors.review.orders import TELLS_OF_THE_NETWORK, Asked, open_studies_of, progress_of, usual_order
from spines.selectors.review.state import version_of
from spines.services.review import queue
from spines.storage.pixels import expect_reading
from webapp.downloads import png_response
from webapp.images.forms import checked, stated_in
from webapp.images.pictures import window_around
from webapp.requests import UserRequest
from webapp.review.forms import GivenForm, StepsForm, asked_in, asked_queue, given_in
from webapp.review.steps import step_rows, window_side_px

KEYS = ((NO_SPINE, "Not a spine", "Del"), (CANNOT_SAY, "Cannot say", ","))
"""Answers beside the classes: what they are called, and their key as it is written."""


@require_safe
@cache_control(private=True, no_cache=True)
def review(request: UserRequest, experiment_id: int) -> HttpResponse:
    """The page; its script fetches the steps."""
    experiment = get_experiment_to_rate(request.user, experiment_id)
    expect_reading()
    rated = open_studies_of(request.user, experiment).first()
    asked, hides = asked_in(request.GET, usual_order(request.user, experiment))
    if rated and asked.order in TELLS_OF_THE_NETWORK:
        asked = Asked(order=ReviewOrder.DENDRITE)
    sealed = bool(getattr(experiment, "sealed_now"))  # noqa: B009 - an annotation
    context = {
        "lab": experiment.lab,
        "project": experiment.project,
        "experiment": experiment,
        "part": "review",
        "sealed": sealed,
        "may_review": has_role(request.user, experiment.lab, Role.ANNOTATOR) and (sealed or not experiment.blinded),
        "asked": asked,
        "orders": [(o.value, o.label) for o in ReviewOrder if not (rated and o in TELLS_OF_THE_NETWORK)],
        "is_random": asked.order == ReviewOrder.RANDOM,
        "wish": request.GET.get("hide", ""),
        "hides": hides or rated is not None,
        "rated": rated,
        "others": KEYS,
        "class_set": experiment.classes.for_scripts(),
        "csrf_cookie": settings.CSRF_COOKIE_NAME,
    } | _network(experiment, hidden=rated is not None)
    return render(request, "review/queue.html", context)


def _network(experiment: Experiment, *, hidden: bool) -> dict[str, Any]:
    return {"network": None if hidden else network_here(experiment), "classes": experiment.classes}


@require_safe
@cache_control(private=True, no_cache=True)
def network(request: UserRequest, experiment_id: int) -> HttpResponse:
    """A fragment: how good the networks are here, as far as people looked."""
    experiment = get_experiment_to_rate(request.user, experiment_id)
    hidden = open_studies_of(request.user, experiment).exists()
    return render(request, "review/network.html", {"experiment": experiment} | _network(experiment, hidden=hidden))


@require_POST
def steps(request: UserRequest, experiment_id: int) -> JsonResponse:
    """The next steps of the user's, and how far the queue is."""
    sent = checked(StepsForm(request.POST))
    asked = asked_queue(sent)
    ids = queue.take_steps(user=request.user, experiment_id=experiment_id, asked=asked, held=sent["held"])
    experiment = get_experiment_to_rate(request.user, experiment_id)
    hides = sent["hide"] or open_studies_of(request.user, experiment).exists()
    progress = asdict(progress_of(request.user, experiment, asked))
    return JsonResponse({"steps": step_rows(ids, experiment, hides=hides), "progress": progress})


@require_POST
def answer(request: UserRequest, spine_id: int) -> JsonResponse:
    """What a spine is."""
    sent = checked(GivenForm(request.POST))
    spine = queue.answer(user=request.user, spine_id=spine_id, given=given_in(sent), stated=stated_in(sent))
    return JsonResponse(_said(spine))


@require_POST
def take_back(request: UserRequest, spine_id: int) -> JsonResponse:
    """Undo the last answer."""
    return JsonResponse(_said(queue.take_back(user=request.user, spine_id=spine_id)))


def _said(spine: Spine) -> dict[str, Any]:
    said = NO_SPINE if spine.rejected else spine.reviewed_class
    return {"id": spine.pk, "said": said, "version": version_of(spine.analysis_image)}


@require_safe
def window(request: UserRequest, spine_id: int) -> HttpResponse:
    """What is seen around a spine, light on dark, its contrast stretched within the window; black outside the image."""
    spine = get_spine_to_rate(request.user, spine_id)
    image, side_px = spine.analysis_image.image, window_side_px(spine)
    view = (image.channel, image.projection, image.plane, image.polarity)
    key = ("window", image.sha256, *view, spine.x_px, spine.y_px, spine.width_px, spine.height_px, side_px)
    return png_response(request, key=key, render=lambda: encode_png(window_around(image, spine, side_px)))
