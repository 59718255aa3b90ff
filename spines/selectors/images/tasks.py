"""What waits for whom: images that people are to review."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, Min, Q
from django.utils import timezone

from spines.access import Visitor, experiments_to_rate
from spines.models import Experiment, Image, ImageTask, Lab, User
from spines.selectors.images.rating import in_rating_order

OPEN = Q(done_at__isnull=True)


@dataclass(frozen=True, kw_only=True)
class WaitingImages:
    """Images of one experiment that wait for one person; `first` is where they begin."""

    person: User
    experiment: Experiment
    waiting: int
    done: int
    due_on: date | None
    """The first of those that wait."""
    first: int | None = None
    notes: str = ""

    @property
    def is_late(self) -> bool:
        """Whether something waits whose day has passed."""
        return self.due_on is not None and self.due_on < timezone.localdate()


def images_waiting_for(user: Visitor, labs: Iterable[Lab]) -> list[WaitingImages]:
    """By experiment, what is due first at the head."""
    if not isinstance(user, User):
        return []
    experiments = experiments_to_rate(user).filter(project__lab__in=list(labs))
    found = _grouped(ImageTask.objects.filter(OPEN, assignee=user, image__experiment__in=experiments.values("pk")))
    by_id = experiments.in_bulk([experiment for _, experiment, *_ in found])
    return [
        WaitingImages(
            person=user,
            experiment=by_id[experiment],
            waiting=waiting,
            done=done,
            due_on=due_on,
            first=_first(by_id[experiment], user),
            notes=_notes(by_id[experiment], user),
        )
        for _, experiment, waiting, done, due_on in found
    ]


def images_waiting_in(lab: Lab) -> list[WaitingImages]:
    """Of everybody in the lab, by person and experiment; what was done stays."""
    kept = {"image__experiment__trashed_at": None, "image__experiment__project__trashed_at": None}
    of_lab = ImageTask.objects.filter(image__experiment__project__lab=lab, **kept)
    found = _grouped(of_lab)
    people = User.objects.in_bulk([person for person, *_ in found])
    experiments = Experiment.objects.select_related("project__lab").in_bulk([experiment for _, experiment, *_ in found])
    return [
        WaitingImages(
            person=people[person], experiment=experiments[experiment], waiting=waiting, done=done, due_on=due_on
        )
        for person, experiment, waiting, done, due_on in found
    ]


def _grouped(tasks: Any) -> list[tuple[int, int, int, int, date | None]]:
    rows = (
        tasks.order_by()
        .values_list("assignee", "image__experiment")
        .annotate(n_open=Count("pk", filter=OPEN), n_done=Count("pk", filter=~OPEN), due=Min("due_on", filter=OPEN))
    )
    return list(rows.order_by(F("due").asc(nulls_last=True), "assignee__username", "image__experiment"))


def _first(experiment: Experiment, user: User) -> int | None:
    """In the user's own order where the experiment is sealed for them, else by name."""
    images = Image.objects.filter(OPEN_OF_IMAGE, experiment=experiment, tasks__assignee=user)
    sealed = bool(getattr(experiment, "sealed_now"))  # noqa: B009 - an annotation
    ordered = in_rating_order(images, user) if sealed else images.order_by("original_name", "pk")
    first = ordered.first()
    return first.pk if first else None


OPEN_OF_IMAGE = Q(tasks__done_at__isnull=True)


def _notes(experiment: Experiment, user: User) -> str:
    notes = ImageTask.objects.filter(OPEN, assignee=user, image__experiment=experiment).exclude(note="")
    return "; ".join(sorted(set(notes.values_list("note", flat=True))))


def open_task(image: Image, user: Visitor) -> ImageTask | None:
    """What is asked of the user about an image."""
    if not isinstance(user, User):
        return None
    return ImageTask.objects.select_related("assigned_by").filter(OPEN, image=image, assignee=user).first()
