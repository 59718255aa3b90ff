"""How far analyses are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate

from django.db.models import Count, Exists, OuterRef, QuerySet

from spines.models import Analysis, AnalysisImage, AnalysisStatus
from spines.models.analyses import UNFINISHED

RATE_OVER, RECENT = 50, 200


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Counts of an analysis's images by state, and how long the rest will take."""

    queued: int
    running: int
    done: int
    failed: int
    cancelled: int
    images_per_s: float | None
    waits_because: str = ""
    """Why images wait that were taken up already: what of the surroundings failed, for people."""

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
    def ended(self) -> int:
        """Images that were analysed or failed; those that were cancelled are not."""
        return self.done + self.failed

    @property
    def percent(self) -> int:
        """Share of those, 0 to 100."""
        return 100 * self.ended // self.total if self.total else 100

    @property
    def seconds_left(self) -> float | None:
        """At the rate of the last images; None while nothing has finished."""
        return self.unfinished / self.images_per_s if self.images_per_s else None


def with_counts(analyses: Iterable[Analysis]) -> list[Analysis]:
    """Give each of these that a page shows `n_queued`, `n_running`, `n_done`, `n_failed` and `n_cancelled`."""
    rows = list(analyses)
    counts: dict[int, dict[str, int]] = {row.pk: dict.fromkeys(AnalysisStatus.values, 0) for row in rows}
    of_status = AnalysisImage.objects.filter(analysis__in=rows).order_by().values_list("analysis", "status")
    for pk, status, n in of_status.annotate(n=Count("pk")):
        counts[pk][status] = n
    for row in rows:
        vars(row).update((f"n_{status}", n) for status, n in counts[row.pk].items())
    return rows


def progress_of(analysis: Analysis) -> Progress:
    """The analysis's counts now, and its rate over the last images."""
    counts: dict[str, int] = dict.fromkeys(AnalysisStatus.values, 0)
    by_status = analysis.images.order_by().values("status").annotate(n=Count("pk"))
    counts.update({row["status"]: row["n"] for row in by_status})
    return Progress(
        **counts,
        images_per_s=_rate(analysis) if counts["queued"] + counts["running"] else None,
        waits_because=_why_waiting(analysis) if counts["queued"] else "",
    )


def _why_waiting(analysis: Analysis) -> str:
    """What the image says that was put back last."""
    put_back = analysis.images.filter(status=AnalysisStatus.QUEUED).exclude(message="").order_by("-heartbeat_at")
    return put_back.values_list("message", flat=True).first() or ""


def _rate(analysis: Analysis) -> float | None:
    """Of the last images, by the time in which one or more were at work: what lay idle in between does not count."""
    ended = analysis.images.filter(
        status__in=(AnalysisStatus.DONE, AnalysisStatus.FAILED), started_at__isnull=False, finished_at__isnull=False
    )
    spans = sorted(ended.order_by("-finished_at").values_list("started_at", "finished_at")[:RATE_OVER])
    busy, until = timedelta(), None
    for begin, end in spans:
        if begin and end:
            busy += max(timedelta(), end - max(begin, until or begin))
            until = max(end, until or end)
    return len(spans) / busy.total_seconds() if busy else None


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast the last images went: seconds of one on its worker, and how many were at work at once."""

    seconds_an_image: float
    at_once: int

    def seconds_for(self, images: int) -> float:
        """How long so many images should take; those that are fewer than the workers go at once."""
        return self.seconds_an_image * images / max(1, min(images, self.at_once))


def recent_pace() -> Pace | None:
    """Of the last 200 finished images, of whatever analysis; None before the first."""
    done = AnalysisImage.objects.filter(status=AnalysisStatus.DONE, started_at__isnull=False, finished_at__isnull=False)
    times = done.order_by("-finished_at").values_list("started_at", "finished_at")[:RECENT]
    spans = [(begin, end) for begin, end in times if begin and end]
    if not spans:
        return None
    seconds = sum((end - begin).total_seconds() for begin, end in spans) / len(spans)
    # An end at the very moment of a beginning comes first: that worker took up the next.
    moments = sorted([(begin, 1) for begin, _ in spans] + [(end, -1) for _, end in spans])
    return Pace(seconds_an_image=seconds, at_once=max(accumulate(step for _, step in moments)))


def unfinished_analyses(analyses: QuerySet[Analysis]) -> QuerySet[Analysis]:
    """Those that still run or wait."""
    unfinished = AnalysisImage.objects.filter(analysis=OuterRef("pk"), status__in=UNFINISHED)
    return analyses.filter(Exists(unfinished))
