"""Definitions with drawings, limits, how classes and statistics come about, keys, files."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from spines.export.dictionary import TABLES
from spines.measure.rules import RULE_PRESETS
from spines.measure.types import Quality
from spines.models.results import QUALITY_WORDS
from spines.vocabulary.classes import INDEX_IN_WORDS, LEFT_OUT
from webapp.requests import UserRequest


@require_safe
def show(request: UserRequest) -> HttpResponse:
    """One page, with an anchor for each question that other pages send here."""
    untrusted = [words for quality, words in QUALITY_WORDS.items() if quality != Quality.TRUSTED]
    context = {"presets": RULE_PRESETS, "tables": TABLES, "untrusted": untrusted}
    context |= {"maturity": INDEX_IN_WORDS, "left_out": LEFT_OUT}
    return render(request, "help/help.html", context)
