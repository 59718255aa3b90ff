"""Runs of trainings in a table."""

from __future__ import annotations

import re
from typing import Any

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from spines.models import ModelKind, TrainingRun
from spines.services.training.jobs import FRAMEWORKS
from spines.vocabulary.network_figures import FIGURES
from webapp.model_versions.printed import figure, signed
from webapp.training import shown
from webapp.training.curves import NAMES

register = template.Library()
register.filter("data_in_words", shown.data_in_words)
register.filter("deciding_figure", shown.deciding_figure)


@register.filter
def sentences(log_tail: str) -> str:
    """What a run did, without what the frameworks said."""
    return log_tail.partition(FRAMEWORKS)[0].rstrip()


@register.filter
def beneath(log_tail: str) -> str:
    """What the frameworks said last."""
    return log_tail.partition(FRAMEWORKS)[2].strip("\n")


@register.filter
def candidate_figure(run: TrainingRun) -> str:
    """The deciding figure of an annotated run's candidate."""
    by_kind = {ModelKind.CLASSIFIER: "candidate_macro_f1", ModelKind.DETECTOR: "candidate_f1"}
    return figure(getattr(run, by_kind[ModelKind(run.kind)]))


@register.filter
def candidate_difference(run: TrainingRun) -> str:
    """How much better an annotated run's candidate is than the network that was active, with the interval."""
    difference: dict[str, Any] | None = getattr(run, "candidate_difference", None)
    if not difference:
        return "–"
    low, high = (signed(difference.get(name)) for name in ("low", "high"))
    return f"{signed(difference.get('value'))} ({low} to {high})"


@register.filter
def figure_name(key: str) -> str:
    """A column of the epochs as a heading."""
    part = "validation" if key.startswith("val_") else "training"
    name = NAMES.get(key) or FIGURES.get(key) or key.removeprefix("val_").replace("_", " ")
    return f"{name}, {part}"


@register.filter
def epoch_columns(epochs: list[dict[str, Any]]) -> list[str]:
    """Which figures the epochs state, loss first."""
    seen = {key for row in epochs for key, value in row.items() if value is not None}
    return [key for key in NAMES if key in seen]


@register.filter
def of_epoch(row: dict[str, Any], key: str) -> str:
    """A figure of an epoch with four decimals."""
    value = row.get(key)
    return "–" if value is None else f"{value:.4f}"


@register.filter
def in_values(pk: int, values: Any) -> bool:
    """Whether a form's list of texts names this row."""
    return str(pk) in (values or ())


@register.filter
def with_code(sentence: str) -> SafeString:
    """A sentence with what stands between backticks as code.

    >>> with_code("Run `make <x>`.")
    'Run <code>make &lt;x&gt;</code>.'
    """
    return mark_safe(re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(sentence)))  # noqa: S308 - escaped before
