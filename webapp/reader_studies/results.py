"""What came of a study: progress while it is open, agreement once it is closed."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from spines.access import get_reader_study, has_role
from spines.errors import Conflict
from spines.export.csv_lines import csv_lines
from spines.models import Role
from spines.selectors.reader_studies.agreement import agreement_of, in_figures, methods_words
from spines.selectors.reader_studies.answers import answer_rows, answer_words, progress_of
from spines.services.reader_studies.making import decide
from webapp.downloads import csv_response, safe_stem
from webapp.requests import UserRequest

MOST_SHOWN = 60


@require_safe
@cache_control(private=True, no_store=True)
def study(request: UserRequest, study_id: int) -> HttpResponse:
    """Nobody, managers included, is told what was answered before the study is closed."""
    row = get_reader_study(request.user, study_id)
    words = answer_words(row)
    context = {
        "study": row,
        "lab": row.lab,
        "progress": progress_of(row),
        "n_items": row.items.count(),
        "may_rule": has_role(request.user, row.lab, Role.MANAGER),
        "is_rater": row.raters.filter(user=request.user).exists(),
        "words": words,
    }
    if row.closed_at:
        found = agreement_of(row)
        context |= {
            "agreement": found,
            "alpha": in_figures(found.alpha),
            "fleiss": in_figures(found.fleiss),
            "pairs": [(one, two, in_figures(kappa)) for one, two, kappa in found.pairs],
            "with_network": [(name, in_figures(kappa)) for name, kappa in found.with_network],
            "by_class": [(words.get(name, name), in_figures(alpha)) for name, alpha in found.by_class],
            "methods": methods_words(row, found),
            "dividing": [
                (each, [*zip(found.raters, [words.get(said or "", "–") for said in each.answers], strict=True)])
                for each in found.dividing[:MOST_SHOWN]
            ],
        }
    return render(request, "reader_studies/study.html", context)


@require_safe
def answers_csv(request: UserRequest, study_id: int) -> HttpResponseBase:
    """Every single answer, once the study is closed."""
    row = get_reader_study(request.user, study_id)
    if row.closed_at is None:
        raise Conflict("Answers are open once the study is closed: until then each rater is blind to the others.")
    return csv_response(csv_lines(answer_rows(row)), name=f"{safe_stem(row.name)}_answers.csv")


@require_POST
def decide_item(request: UserRequest, study_id: int, item_id: int) -> HttpResponse:
    """Adjudicate an item."""
    item = decide(user=request.user, study_id=study_id, item_id=item_id, answer=request.POST.get("answer", ""))
    messages.success(request, "Decided.")
    return redirect(f"/readers/{study_id}/#item-{item.pk}")
