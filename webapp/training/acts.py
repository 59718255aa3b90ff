"""Cancelling and resuming a run."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from spines.services.training.starting import cancel_run, retry_run
from webapp.requests import UserRequest


@require_POST
def cancel(request: UserRequest, run_id: int) -> HttpResponse:
    """Stop it; its checkpoint stays."""
    cancel_run(user=request.user, run_id=run_id)
    messages.success(request, f"Training {run_id} is cancelled. It can be resumed where it stopped.")
    return redirect("training:run", run_id)


@require_POST
def resume(request: UserRequest, run_id: int) -> HttpResponse:
    """Put it in line again; it goes on from its last checkpoint."""
    retry_run(user=request.user, run_id=run_id)
    messages.success(request, f"Training {run_id} waits for a worker and goes on from its last checkpoint.")
    return redirect("training:run", run_id)
