"""Which images the grid shows, and what the page says around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Max, Q, QuerySet

from spines.access import analyses_for, has_role, works_for
from spines.models import Analysis, AnalysisImage, AnalysisStatus, Experiment, Image, Role, User
from spines.models.analyses import UNFINISHED
from spines.selectors.analyses.progress import recent_pace, unfinished_analyses, with_counts
from spines.selectors.images.listing import images_with_state, missing_in
from spines.selectors.images.rating import blinding_in_words
from spines.selectors.labs.in_short import in_short
from spines.selectors.results.doubtful_scales import doubtful_sizes
from spines.selectors.results.standing import aside_in
from spines.vocabulary.picture_grades import Grade
from webapp.analyses.progress import ShownProgress, shown_progress
from webapp.requests import UserRequest
from webapp.work.shown import of_interest, shown_work

TILES = 120
ANIMALS = 30
QUESTIONS = 10


@dataclass(frozen=True, kw_only=True)
class Show:
    """A choice of what the grid shows."""

    key: str
    label: str
    where: Q


SHOWS = (
    Show(key="", label="All", where=Q()),
    Show(key="new", label="Not analysed", where=Q(current_result_id=None)),
    Show(key="running", label="In analysis", where=Q(latest_status__in=UNFINISHED)),
    Show(key="failed", label="Failed", where=Q(latest_status=AnalysisStatus.FAILED)),
    Show(key="aside", label="Stand aside", where=~Q(aside="")),
    Show(key="other_lab", label="Like another lab's", where=Q(grade=Grade.OTHER_LAB)),
    Show(key="no_pixel_size", label="No pixel size", where=Q(pixel_size_um=None)),
    Show(key="doubtful_pixel_size", label="Doubtful pixel size", where=~Q(scale_doubt="")),
    Show(key="no_animal", label="No animal", where=Q(cell=None)),
    Show(
        key="no_condition",
        label="No condition",
        where=Q(cell__isnull=False, cell__subject__condition=None),
    ),
    Show(key="stacks", label="Stacks and channels", where=Q(planes__gt=1) | Q(channels__gt=1)),
    Show(key="pages", label="Pages not told", where=Q(tells_pages=False, page_channels=None)),
    Show(key="times", label="Time series", where=Q(times__gt=1)),
)


def shows_with_counts(experiment: Experiment, chosen: str) -> list[tuple[Show, int]]:
    """The choices that have images, with how many; the chosen one always."""
    wanted = {f"n_{show.key}": Count("pk", filter=show.where) for show in SHOWS if show.key}
    counts = images_with_state(experiment).order_by().aggregate(n_=Count("pk"), **wanted)
    return [(show, n) for show in SHOWS if (n := counts[f"n_{show.key}"]) or show.key in ("", chosen)]


def shown_images(experiment: Experiment, key: str) -> QuerySet[Image]:
    """The images of the experiment that `key` chooses; an unknown key chooses all."""
    show = next((s for s in SHOWS if s.key == key), SHOWS[0])
    return images_with_state(experiment).filter(show.where)


def page_of_tiles(request: UserRequest, experiment: Experiment) -> Page[Image]:
    """The part of the grid that the address asks for. Only of its images the state is asked, not of those before."""
    ids = shown_images(experiment, request.GET.get("show", "")).values_list("pk", flat=True)
    page: Any = Paginator(ids, TILES).get_page(request.GET.get("page"))
    page.object_list = list(images_with_state(experiment).filter(pk__in=list(page.object_list)))
    return page  # type: ignore[no-any-return]


def around_the_grid(user: User, experiment: Experiment) -> dict[str, Any]:
    """What is missing, what runs, what an analysis would take."""
    missing, pace = missing_in(experiment), recent_pace()
    totals = experiment.images.aggregate(
        channels=Max("channels"),
        planes=Max("planes"),
        n_images=Count("pk"),
        n_page_orders=Count("pk", filter=Q(takes_page_order=True)),
    )
    animals = experiment.subjects.filter(cells__images__isnull=False).distinct()
    analyses = analyses_for(user).filter(experiment=experiment).order_by("-created_at", "-pk")
    history = with_counts(analyses[:10])
    return totals | {
        "experiment": experiment,
        "project": experiment.project,
        "lab": experiment.lab,
        "may_edit": has_role(user, experiment.lab, Role.ANNOTATOR),
        "may_rule": has_role(user, experiment.lab, Role.MANAGER),
        "blinding": blinding_in_words(experiment),
        "in_short": in_short(experiment),
        "missing": missing,
        "doubtful_sizes": doubtful_sizes(experiment)[:QUESTIONS] if missing.doubtful_pixel_size else [],
        "aside": aside_in(AnalysisImage.objects.filter(image__experiment=experiment)),
        "animals_without_condition": animals.filter(condition=None)[:ANIMALS],
        "conditions": experiment.conditions.all(),
        "running": [shown_progress(a, user=user) for a in unfinished_analyses(analyses)],
        "last": _last_finished(history, user),
        "work": [shown_work(work, user=user) for work in of_interest(works_for(user).filter(experiment=experiment))],
        "history": history,
        "seconds_for_all": pace and pace.seconds_for(totals["n_images"]),
        "seconds_for_new": pace and pace.seconds_for(missing.analysis),
        "pace": pace,
    }


def _last_finished(history: Sequence[Analysis], user: User) -> ShownProgress | None:
    """The latest analysis when it has ended with something to retry."""
    if not history or history[0].finished_at is None:
        return None
    shown = shown_progress(history[0], user=user)
    return shown if shown.progress.failed or shown.progress.cancelled else None
