"""The Models page and the page of one version."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from spines.models import ModelKind, ModelState, ModelVersion
from spines.selectors.models.versions import (
    active_versions,
    earlier_versions,
    get_model_version,
    images_analysed_with,
    model_versions_for,
    previous_version,
)
from spines.selectors.training.learning import learned_by
from webapp.model_versions.card_drawings import drawings_of
from webapp.model_versions.cards import ShownCard, shown_card
from webapp.model_versions.charts import run_of
from webapp.model_versions.evaluation import shown_evaluation
from webapp.model_versions.promoting import shown_choices
from webapp.model_versions.targets import targets_of
from webapp.requests import UserRequest
from webapp.training.curves import quality_keys


@dataclass(frozen=True, kw_only=True)
class Active:
    """A network in use with its card, and the one that a roll-back would bring back."""

    version: ModelVersion
    card: ShownCard
    previous: ModelVersion | None


@require_safe
def index(request: UserRequest) -> HttpResponse:
    """The networks in use with their cards, candidates, and those before them."""
    active = [
        Active(version=v, card=shown_card(v), previous=previous_version(ModelKind(v.kind)))
        for v in active_versions(request.user)
    ]
    missing = [kind.label.lower() for kind in ModelKind if kind.value not in {a.version.kind for a in active}]
    context = {
        "active": active,
        "candidates": _candidates(request),
        "earlier": earlier_versions(request.user).defer("evaluation", "card"),
        "missing": missing,
        "choices": shown_choices(request.user),
    }
    return render(request, "model_versions/index.html", context)


def _candidates(request: UserRequest) -> QuerySet[ModelVersion]:
    candidates = model_versions_for(request.user).filter(state=ModelState.CANDIDATE)
    return candidates.defer("card").order_by("-created_at", "-pk")


@require_safe
def version(request: UserRequest, version_id: int) -> HttpResponse:
    """One network with its comparison, its curves and its whole card."""
    version = get_model_version(request.user, version_id)
    kind = ModelKind(version.kind)
    run = run_of(version)
    context = {
        "version": version,
        "card": shown_card(version),
        "images": images_analysed_with(request.user, version),
        "evaluation": shown_evaluation(version),
        "drawings": drawings_of(version),
        "run": run,
        "learned": learned_by(run) if run else None,
        "has_quality": bool(run and quality_keys(run.epochs)),
        "previous": previous_version(kind) if version.state == ModelState.ACTIVE else None,
        "choices": shown_choices(request.user, version=version),
        "targets": targets_of(request.user),
    }
    return render(request, "model_versions/version.html", context)
