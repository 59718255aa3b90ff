"""What a choice of data would give, for the page that chooses: counted at once, or by a worker while the page asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from spines.access import get_work
from spines.errors import DomainError
from spines.models import AnalysisStatus, Work, WorkKind
from spines.services.datasets.freezing import DatasetPreview, preview, preview_told, seconds_to_plan
from spines.services.work.asking import ask, takes_long
from spines.storage.kept import canonical_json
from webapp.requests import UserRequest, is_number
from webapp.training.forms import RunForm
from webapp.work.shown import ShownWork, shown_work

FIELDS_WRONG = "The counts come back when the fields above are right."
CANCELLED = "The counting was cancelled. Press “Count again” to see what this choice gives."


@dataclass(frozen=True, kw_only=True)
class Counting:
    """The counts, or the work that makes them, or the sentence why there are none."""

    counted: DatasetPreview | None = None
    work: ShownWork | None = None
    sentence: str = ""


def counted_for(request: UserRequest, form: RunForm) -> Counting:
    """Count what the form chooses. `counting` in the address names work that counts it already."""
    if not form.is_valid():
        return Counting(sentence=FIELDS_WRONG)
    try:
        if not takes_long(seconds_to_plan(form.selection)):
            return Counting(counted=preview(user=request.user, kind=form.kind, selection=form.selection))
        return _by_work(request, form)
    except DomainError as error:
        return Counting(sentence=error.sentence)


def _by_work(request: UserRequest, form: RunForm) -> Counting:
    arguments: dict[str, Any] = {"kind": form.kind.value, "selection": asdict(form.selection)}
    number = request.GET.get("counting", "")
    work = get_work(request.user, int(number)) if is_number(number) else None
    if work is None or not _is_of(work, arguments):
        work = ask(user=request.user, kind=WorkKind.COUNTS, arguments=arguments)
    if work.status == AnalysisStatus.DONE:
        return Counting(counted=preview_told(work.result))
    if work.is_unfinished:
        return Counting(work=shown_work(work, user=request.user))
    return Counting(sentence=work.message or CANCELLED)


def _is_of(work: Work, arguments: Mapping[str, object]) -> bool:
    return work.kind == WorkKind.COUNTS and canonical_json(work.arguments) == canonical_json(arguments)
