"""Definitions with drawings, limits, how classes and statistics come about, keys, files; and a page a task."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from spines.export.dictionary import TABLES
from spines.measure.rules import RULE_PRESETS
from spines.measure.types import Quality
from spines.models.results import QUALITY_WORDS
from spines.vocabulary.classes import INDEX_IN_WORDS, LEFT_OUT
from webapp.help.tasks import BY_SLUG, TASKS
from webapp.requests import UserRequest
from webapp.review.views import KEYS


@require_safe
def show(request: UserRequest) -> HttpResponse:
    """What people do, then what numbers mean, with an anchor for each question that other pages send here."""
    untrusted = [words for quality, words in QUALITY_WORDS.items() if quality != Quality.TRUSTED]
    context = {"presets": RULE_PRESETS, "tables": TABLES, "untrusted": untrusted, "tasks": TASKS, "others": KEYS}
    context |= {"maturity": INDEX_IN_WORDS, "left_out": LEFT_OUT}
    return render(request, "help/help.html", context)


@require_safe
def task(request: UserRequest, slug: str) -> HttpResponse:
    """The steps of one task, with a picture."""
    if slug not in BY_SLUG:
        raise Http404
    context = {"task": BY_SLUG[slug], "tasks": TASKS, "text": f"help/tasks/{slug}.html", "others": KEYS}
    return render(request, "help/task.html", context)
