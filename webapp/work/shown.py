"""A piece of work with what its page says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from spines.models import AnalysisStatus, User, Work, WorkKind
from spines.models.analyses import UNFINISHED
from spines.services.work.asking import may_cancel
from spines.services.work.jobs import KEPT_FOR

A_LONG_WAIT = timedelta(seconds=30)
LATELY = timedelta(hours=1)
RESULT_PAGES: dict[str, tuple[str, str]] = {
    WorkKind.IMPORT: ("training:set", "imported_set"),
    WorkKind.TRAINING: ("training:run", "run"),
    WorkKind.CONSENSUS: ("reader_studies:study", "study"),
    WorkKind.TEST_SET: ("training:set", "imported_set"),
    WorkKind.EXAMPLES: ("examples:examples", "experiment"),
    WorkKind.APPLY_EXAMPLES: ("examples:examples", "experiment"),
    WorkKind.UNDO_EXAMPLES: ("examples:examples", "experiment"),
}
OF_EXAMPLES = (WorkKind.EXAMPLES, WorkKind.APPLY_EXAMPLES, WorkKind.UNDO_EXAMPLES)
OF_STUDIES = (WorkKind.CONSENSUS, WorkKind.TEST_SET)
OF_RESULTS = (WorkKind.REPORT, WorkKind.TABLES, WorkKind.ROIS)


@dataclass(frozen=True, kw_only=True)
class ShownWork:
    """One piece of work, how far it is, where it came from and where its result is."""

    work: Work
    may_cancel: bool

    @property
    def percent(self) -> int:
        """Share of its steps that are done, 0 to 100."""
        if self.work.status == AnalysisStatus.DONE:
            return 100
        return 100 * min(self.work.done, self.work.total) // self.work.total if self.work.total else 0

    @property
    def took_s(self) -> float | None:
        """From its start to its end; None before that."""
        if self.work.started_at is None or self.work.finished_at is None:
            return None
        return (self.work.finished_at - self.work.started_at).total_seconds()

    @property
    def nobody_came(self) -> bool:
        """Whether no worker has taken it for suspiciously long."""
        return self.work.status == AnalysisStatus.QUEUED and timezone.now() - self.work.asked_at > A_LONG_WAIT

    @property
    def file_is_there(self) -> bool:
        """Whether a file came of it."""
        return self.work.status == AnalysisStatus.DONE and bool(self.work.file)

    @property
    def kept_until(self) -> datetime | None:
        """When it is forgotten, with its file."""
        return self.work.finished_at + KEPT_FOR if self.work.finished_at else None

    @property
    def came_from(self) -> str:
        """The address of the page that asks for such work."""
        if self.work.kind == WorkKind.DRY_RUN:
            return promotion_page(self.work)
        if self.work.experiment_id is None:
            return reverse("training:sets" if self.work.kind == WorkKind.IMPORT else "training:new")
        if self.work.kind == WorkKind.LIKENESS:
            return gallery_page(self.work)
        if self.work.kind in OF_STUDIES:
            return reverse("reader_studies:study", args=[self.work.arguments["study"]])
        if self.work.kind in OF_EXAMPLES:
            return reverse("examples:examples", args=[self.work.experiment_id])
        page = "results:experiment" if self.work.kind in OF_RESULTS else "experiments:images"
        return reverse(page, args=[self.work.experiment_id])

    @property
    def leads_to(self) -> str:
        """The address of the page of what came of it; empty where there is none but this work's own."""
        if self.work.status == AnalysisStatus.DONE and self.work.kind == WorkKind.DRY_RUN:
            return promotion_page(self.work)
        if self.work.status == AnalysisStatus.DONE and self.work.kind == WorkKind.LIKENESS:
            return gallery_page(self.work)
        if self.work.status != AnalysisStatus.DONE or self.work.kind not in RESULT_PAGES:
            return ""
        page, key = RESULT_PAGES[self.work.kind]
        return reverse(page, args=[self.work.result[key]]) if key in self.work.result else ""


def promotion_page(dry_run: Work) -> str:
    """The page that shows what a dry run found, beside the promotion that it is of."""
    said = dry_run.arguments
    whom = next((f"{kind}-{said[f'{kind}_id']}" for kind in ("lab", "experiment") if said[f"{kind}_id"]), "everyone")
    return f"{reverse('model_versions:promote', args=[said['version']])}?for={whom}"


def gallery_page(likeness: Work) -> str:
    """The gallery of the experiment whose spines can be compared now."""
    return f"{reverse('results:spines', args=[likeness.arguments['experiment']])}?as=gallery"


def of_interest(work: QuerySet[Work]) -> QuerySet[Work]:
    """Changes of images that wait or run, and those that failed within the last hour: what an Images page tells."""
    failed = Q(status=AnalysisStatus.FAILED, finished_at__gt=timezone.now() - LATELY)
    return work.filter(Q(status__in=UNFINISHED) | failed, kind=WorkKind.VIEWS)


def lasting(work: QuerySet[Work]) -> QuerySet[Work]:
    """What somebody may come back for, the latest first: not counts, which their page alone reads."""
    return work.exclude(kind=WorkKind.COUNTS)


def shown_work(work: Work, *, user: User) -> ShownWork:
    """Read the work for this user."""
    return ShownWork(work=work, may_cancel=work.is_unfinished and may_cancel(user, work))
