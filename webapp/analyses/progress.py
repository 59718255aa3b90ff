"""An analysis with what its progress line says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from spines.access import Visitor, has_role
from spines.models import Analysis, Image, Role
from spines.selectors.analyses.progress import Progress, progress_of
from spines.selectors.images.listing import images_with_state
from spines.vocabulary.numbers import in_words

A_LONG_WAIT = timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True)
class ShownProgress:
    """One progress line. `as_of` is sent back by the next poll, to be told what changed since."""

    analysis: Analysis
    progress: Progress
    as_of: datetime
    may_edit: bool

    @property
    def nobody_came(self) -> bool:
        """Whether no worker has taken an image for suspiciously long."""
        untouched = not self.progress.running and not self.progress.finished
        return untouched and self.as_of - self.analysis.created_at > A_LONG_WAIT

    @property
    def words(self) -> str:
        """How it ended, for a notification and who does not see the page."""
        progress, name = self.progress, self.analysis.experiment.name
        parts = [f"{progress.done} of {in_words(progress.total, 'image')} analysed"]
        parts += [f"{progress.failed} failed"] if progress.failed else []
        parts += [f"{progress.cancelled} cancelled"] if progress.cancelled else []
        return f"{name}: {', '.join(parts)}"

    @property
    def seconds(self) -> float | None:
        """How long the analysis took; None before its end."""
        end = self.analysis.finished_at
        return (end - self.analysis.created_at).total_seconds() if end else None


def shown_progress(analysis: Analysis, *, user: Visitor) -> ShownProgress:
    """Read the analysis's progress now, for this user."""
    as_of = timezone.now()
    return ShownProgress(
        analysis=analysis,
        progress=progress_of(analysis),
        as_of=as_of,
        may_edit=has_role(user, analysis.lab, Role.ANNOTATOR),
    )


def changed_images(analysis: Analysis, *, since: str) -> QuerySet[Image]:
    """The images of an analysis that were taken up or finished since `since` (seconds of the epoch)."""
    try:
        then = datetime.fromtimestamp(float(since), UTC)
    except (ValueError, OverflowError, OSError):
        return Image.objects.none()
    rows = analysis.images.filter(Q(started_at__gte=then) | Q(finished_at__gte=then))
    return images_with_state(analysis.experiment).filter(pk__in=rows.values("image"))
