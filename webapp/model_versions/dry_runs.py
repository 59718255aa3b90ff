"""The dry run of a promotion: asked for, watched, and what came of it in words and a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from spines.access import works_for
from spines.models import AnalysisStatus, ModelVersion, User, Work, WorkKind
from spines.services.models.choosing import Whom
from spines.services.models.dry_run import MOST_IMAGES, arguments_of, ask_dry_run
from spines.vocabulary.classes import DEFAULT
from spines.vocabulary.numbers import PER_UM, share
from webapp.model_versions.targets import ids_in
from webapp.requests import UserRequest
from webapp.work.shown import ShownWork, shown_work


@dataclass(frozen=True, kw_only=True)
class ClassRow:
    """A class before and after: its number, and its share of all spines."""

    key: str
    before: int
    after: int
    share_before: str
    share_after: str


@dataclass(frozen=True, kw_only=True)
class ShownDryRun:
    """What a dry run found."""

    found: dict[str, Any]
    density_before: str
    density_after: str
    density_change: str
    changes_from: str
    changes_to: str
    dense_images: int
    classes: list[ClassRow]

    @property
    def lost(self) -> int:
        """Spines that the new network does not find."""
        return int(self.found["spines_before"] - self.found["kept"])

    @property
    def added(self) -> int:
        """Spines that it alone finds."""
        return int(self.found["spines_after"] - self.found["kept"])


@require_POST
def start(request: UserRequest, version_id: int) -> HttpResponse:
    """Put a dry run in line, and watch it on the page that asked."""
    said = request.POST.get("for", "")
    ask_dry_run(user=request.user, version_id=version_id, **ids_in(said))
    return redirect(f"{reverse('model_versions:promote', args=[version_id])}?{urlencode({'for': said})}")


def dry_run_of(user: User, version: ModelVersion, instead_of: ModelVersion | None, chosen_for: Whom) -> dict[str, Any]:
    """The latest dry run of this change that the user may see, as the page shows it."""
    found: dict[str, Any] = {"most_images": MOST_IMAGES}
    if instead_of is None:
        return found
    asked = works_for(user).filter(kind=WorkKind.DRY_RUN, arguments=arguments_of(version, instead_of, chosen_for))
    work = asked.exclude(status=AnalysisStatus.CANCELLED).order_by("-pk").first()
    if work is None:
        return found
    shown: ShownWork = shown_work(work, user=user)
    return found | {"work": work, "shown": shown, "tried": shown_dry_run(work)}


def shown_dry_run(work: Work) -> ShownDryRun | None:
    """What came of it; None while it is not done."""
    if work.status != AnalysisStatus.DONE:
        return None
    found = work.result
    before, after = found["by_class_before"], found["by_class_after"]
    changes = found["density_changes"]
    return ShownDryRun(
        found=found,
        density_before=PER_UM.value(found["per_um_before"]),
        density_after=PER_UM.value(found["per_um_after"]),
        density_change=_percent(found["per_um_after"] / found["per_um_before"] - 1) if changes else "",
        changes_from=_percent(min(changes)) if changes else "",
        changes_to=_percent(max(changes)) if changes else "",
        dense_images=len(changes),
        classes=[
            ClassRow(
                key=key,
                before=before.get(key, 0),
                after=after.get(key, 0),
                share_before=share(before.get(key, 0), found["spines_before"]),
                share_after=share(after.get(key, 0), found["spines_after"]),
            )
            for key in DEFAULT.counted
        ],
    )


def _percent(change: float) -> str:
    return f"{100 * change:+.0f} %".replace("-", "−")
