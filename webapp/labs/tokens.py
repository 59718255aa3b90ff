"""Making and revoking the reader's own API tokens, on the settings page."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from spines.access import get_lab
from spines.errors import Conflict, InvalidInput
from spines.services.accounts.tokens import create_token, revoke_token
from webapp.labs.forms import TokenForm
from webapp.labs.views import settings_page
from webapp.requests import UserRequest


@require_POST
@never_cache
@sensitive_variables("token")
def make(request: UserRequest, lab_id: int) -> HttpResponse:
    """Make a token and show it on the page, this once: a redirect would have to keep it somewhere.

    Sent again by a reload, it is refused, as the name is taken.
    """
    lab = get_lab(request.user, lab_id)
    form = TokenForm(request.POST)
    if not form.is_valid():
        return settings_page(request, lab, status=422, token_form=form)
    try:
        _, token = create_token(user=request.user, name=form.cleaned_data["name"], expires_at=form.expires_at())
    except (Conflict, InvalidInput) as error:
        form.add_error("name", error.sentence)
        return settings_page(request, lab, status=422, token_form=form)
    return settings_page(request, lab, new_token=token)


@require_POST
def revoke(request: UserRequest, lab_id: int, token_id: int) -> HttpResponse:
    """Make a token worthless."""
    lab = get_lab(request.user, lab_id)
    name = revoke_token(user=request.user, token_id=token_id)
    messages.success(request, f"The token {name} is revoked. Programs that use it are refused from now on.")
    return redirect("labs:settings", lab.pk)
