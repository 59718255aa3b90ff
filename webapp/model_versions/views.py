"""The Models page and the page of one version."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from spines.models import ModelKind
from spines.selectors.model_versions import (
    active_versions,
    earlier_versions,
    get_model_version,
    images_analysed_with,
)
from webapp.model_versions.cards import shown_card
from webapp.requests import UserRequest


@require_safe
def index(request: UserRequest) -> HttpResponse:
    """The networks in use with their cards, and those before them."""
    active = list(active_versions(request.user))
    missing = [kind.label.lower() for kind in ModelKind if kind.value not in {v.kind for v in active}]
    context = {
        "active": [(version, shown_card(version)) for version in active],
        "earlier": earlier_versions(request.user),
        "missing": missing,
    }
    return render(request, "model_versions/index.html", context)


@require_safe
def version(request: UserRequest, version_id: int) -> HttpResponse:
    """One network with its whole card."""
    version = get_model_version(request.user, version_id)
    context = {
        "version": version,
        "card": shown_card(version),
        "images": images_analysed_with(request.user, version),
    }
    return render(request, "model_versions/version.html", context)
