"""The Images page."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views import View

from spines.access import get_experiment_to_rate
from webapp.blinding.views import sealed_page
from webapp.experiments.listing import around_the_grid, page_of_tiles, shows_with_counts
from webapp.experiments.uploads import receive
from webapp.requests import UserRequest


class Images(View):
    """GET shows the images, or for htmx only what changes after an upload; POST takes one file."""

    def get(self, request: UserRequest, experiment_id: int) -> HttpResponse:
        """The page, or its body; codes alone where it is sealed for its reader."""
        experiment = get_experiment_to_rate(request.user, experiment_id)
        if getattr(experiment, "sealed_now"):  # noqa: B009 - an annotation
            return sealed_page(request, experiment)
        show = request.GET.get("show", "")
        context = around_the_grid(request.user, experiment) | {
            "page": page_of_tiles(request, experiment),
            "shows": shows_with_counts(experiment, show),
            "show": show,
            "max_upload_mb": settings.SPINULA_MAX_UPLOAD_MB,
            "csrf_cookie": settings.CSRF_COOKIE_NAME,
        }
        template = "experiments/refresh.html" if request.headers.get("HX-Request") else "experiments/images.html"
        return render(request, template, context)

    def post(self, request: UserRequest, experiment_id: int) -> HttpResponse:
        """An upload."""
        return receive(request, experiment_id)
