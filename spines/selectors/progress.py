"""How far analyses are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Avg, Count, F, Q, QuerySet
from django.utils import timezone

from spines.models import Analysis, AnalysisImage, AnalysisStatus
from spines.models.analyses import UNFINISHED

RATE_OVER = timedelta(minutes=2)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Counts of an analysis's images by state, and how long the rest will take."""

    queued: int
    running: int
    done: int
    failed: int
    cancelled: int
    images_per_s: float | None

    @property
    def total(self) -> int:
        """All images of the analysis."""
        return self.queued + self.running + self.done + self.failed + self.cancelled

    @property
    def finished(self) -> int:
        """Images on which nothing more happens."""
        return self.done + self.failed + self.cancelled

    @property
    def unfinished(self) -> int:
        """Images waiting or running."""
        return self.queued + self.running

    @property
    def percent(self) -> int:
        """Share of finished images, 0 to 100."""
        return 100 * self.finished // self.total if self.total else 100

    @property
    def seconds_left(self) -> float | None:
        """At the present rate; None while nothing has finished."""
        return self.unfinished / self.images_per_s if self.images_per_s else None


def _counts() -> dict[str, Count]:
    return {f"n_{s}": Count("images", filter=Q(images__status=s)) for s in AnalysisStatus.values}


def with_counts(analyses: QuerySet[Analysis]) -> QuerySet[Analysis]:
    """Annotate `n_queued`, `n_running`, `n_done`, `n_failed`, `n_cancelled`."""
    return analyses.annotate(**_counts())


def progress_of(analysis: Analysis) -> Progress:
    """The analysis's counts now, and its rate over the last two minutes."""
    counts: dict[str, int] = dict.fromkeys(AnalysisStatus.values, 0)
    by_status = analysis.images.order_by().values("status").annotate(n=Count("pk"))
    counts.update({row["status"]: row["n"] for row in by_status})
    return Progress(**counts, images_per_s=_rate(analysis) if counts["queued"] + counts["running"] else None)


def _rate(analysis: Analysis) -> float | None:
    since: datetime = max(timezone.now() - RATE_OVER, analysis.created_at)
    recent = analysis.images.filter(
        status__in=(AnalysisStatus.DONE, AnalysisStatus.FAILED), finished_at__gte=since
    ).count()
    seconds = (timezone.now() - since).total_seconds()
    return recent / seconds if recent and seconds > 0 else None


def expected_seconds(images: int) -> float | None:
    """How long an analysis of so many images should take, from the last 200 images; None before the first."""
    recent = (
        AnalysisImage.objects.filter(status=AnalysisStatus.DONE, started_at__isnull=False)
        .order_by("-finished_at")
        .values_list("pk", flat=True)[:200]
    )
    mean = AnalysisImage.objects.filter(pk__in=list(recent)).aggregate(s=Avg(F("finished_at") - F("started_at")))["s"]
    return images * mean.total_seconds() if mean else None


def unfinished_analyses(analyses: QuerySet[Analysis]) -> QuerySet[Analysis]:
    """Those that still run or wait."""
    return analyses.filter(images__status__in=UNFINISHED).distinct()
