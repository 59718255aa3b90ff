"""What came of a study: progress while it is open, agreement once it is closed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from spines.access import get_reader_study, has_role
from spines.errors import Conflict
from spines.export.csv_lines import csv_lines
from spines.models import ReaderStudy, Role, Task, WorkKind
from spines.selectors.reader_studies.agreement import agreement_of, in_figures, methods_words
from spines.selectors.reader_studies.answers import answer_rows, answer_words, progress_of
from spines.selectors.reader_studies.marking import marks_agreement_of
from spines.services.reader_studies.applying import ready_study
from spines.services.reader_studies.making import decide
from spines.services.reader_studies.test_sets import may_keep
from spines.services.work.asking import ask
from webapp.downloads import csv_response, safe_stem
from webapp.reader_studies.outlines import divided_outlines
from webapp.requests import UserRequest

MOST_SHOWN = 60


@require_safe
@cache_control(private=True, no_store=True)
def study(request: UserRequest, study_id: int) -> HttpResponse:
    """Nobody, managers included, is told what was answered before the study is closed."""
    row = get_reader_study(request.user, study_id)
    context = {
        "study": row,
        "lab": row.lab,
        "progress": progress_of(row),
        "n_items": row.items.filter(found_in=None).count(),
        "of_what": "picture" if Task(row.task).is_of_pictures else "spine",
        "may_rule": has_role(request.user, row.lab, Role.MANAGER),
        "may_keep": may_keep(row, request.user),
        "is_rater": row.raters.filter(user=request.user).exists(),
        "words": answer_words(row),
    }
    if row.closed_at:
        context |= _of_marks(row) | _of_classes(row)
    return render(request, "reader_studies/study.html", context)


def _of_marks(row: ReaderStudy) -> dict[str, Any]:
    """Where raters drew."""
    if not Task(row.task).is_drawn:
        return {}
    outlines = divided_outlines(row)[:MOST_SHOWN] if row.task == Task.OUTLINE else []
    return {"marking": marks_agreement_of(row), "outlines": outlines}


def _of_classes(row: ReaderStudy) -> dict[str, Any]:
    """Where raters named classes; empty for outlines."""
    if row.task == Task.OUTLINE:
        return {}
    found = agreement_of(row)
    words = answer_words(row)
    return {
        "agreement": found,
        "alpha": in_figures(found.alpha),
        "fleiss": in_figures(found.fleiss),
        "pairs": [(one, two, in_figures(kappa)) for one, two, kappa in found.pairs],
        "with_network": [(name, in_figures(kappa)) for name, kappa in found.with_network],
        "by_class": [(words.get(name, name), in_figures(alpha)) for name, alpha in found.by_class],
        "methods": "" if Task(row.task).is_drawn else methods_words(row, found),
        "dividing": [
            (each, [*zip(found.raters, [words.get(said or "", "–") for said in each.answers], strict=True)])
            for each in found.dividing[:MOST_SHOWN]
        ],
    }


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


@require_POST
def set_consensus(request: UserRequest, study_id: int) -> HttpResponse:
    """The consensus becomes the reviewed answer: work of its own, as pictures are measured anew."""
    row = ready_study(request.user, study_id)
    work = ask(user=request.user, kind=WorkKind.CONSENSUS, arguments={"study": row.pk}, experiment=row.experiment)
    return redirect("work:work", work.pk)


@require_POST
def test_set(request: UserRequest, study_id: int) -> HttpResponse:
    """The consensus becomes an annotated set: a file, and with `keeps` a set of this site."""
    row = ready_study(request.user, study_id)
    arguments = {"study": row.pk, "keeps": bool(request.POST.get("keeps")) and may_keep(row, request.user)}
    work = ask(user=request.user, kind=WorkKind.TEST_SET, arguments=arguments, experiment=row.experiment)
    return redirect("work:work", work.pk)
