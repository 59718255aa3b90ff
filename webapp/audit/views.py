"""Reading the audit trail, and taking it away as CSV."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from spines.access import get_lab
from spines.export.csv_lines import csv_lines
from spines.selectors.audit import in_words, kinds_of, narrowed, said_in, trail_for, trail_rows
from webapp.audit.forms import AuditFilterForm
from webapp.downloads import csv_response, safe_stem
from webapp.requests import UserRequest

ROWS = 100


@require_safe
@cache_control(private=True, no_store=True)
def trail(request: UserRequest, lab_id: int | None = None) -> HttpResponse:
    """Newest first, with what was and what is."""
    events = trail_for(request.user, lab_id)
    form = AuditFilterForm(request.GET, kinds=kinds_of(events))
    page = Paginator(narrowed(events, form.filters()), ROWS).get_page(request.GET.get("page"))
    context = {
        "lab": get_lab(request.user, lab_id) if lab_id is not None else None,
        "form": form,
        "page": page,
        "events": [(event, in_words(event.action), said_in(event)) for event in page.object_list],
        "asked": request.GET.urlencode(),
    }
    return render(request, "audit/trail.html", context)


@require_safe
def trail_csv(request: UserRequest, lab_id: int | None = None) -> HttpResponseBase:
    """All that passes the filters, oldest first."""
    events = trail_for(request.user, lab_id)
    form = AuditFilterForm(request.GET, kinds=kinds_of(events))
    name = safe_stem(get_lab(request.user, lab_id).name) if lab_id is not None else "spinula"
    return csv_response(csv_lines(trail_rows(narrowed(events, form.filters()))), name=f"{name}_audit.csv")
