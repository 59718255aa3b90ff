"""A version of classes from examples counts, or no more: at once, or as long work where it names many spines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TypeVar

from django.db import transaction
from django.utils import timezone

from spines.background.progress import UNWATCHED, Progress
from spines.errors import Conflict, NotFound
from spines.models import ExampleClassifier, Image, Spine, User, Work, WorkKind
from spines.services import audit
from spines.services.review.from_examples import taught_experiment
from spines.services.work.asking import ask, takes_long

APPLIED, UNDONE = "examples.applied", "examples.undone"
SECONDS_A_SPINE = 1e-4
AT_A_TIME = 2000

Each = TypeVar("Each")


def apply_or_ask(*, user: User, version_id: int) -> int | Work:
    """Let a version count, as `apply` does; where it names many spines, the work that does it."""
    version = _seen(user, version_id)
    _refuse_applied(version)
    if not takes_long(SECONDS_A_SPINE * len(version.proposals)):
        return apply(user=user, version_id=version_id)
    return _asked(user, version, WorkKind.APPLY_EXAMPLES)


def undo_or_ask(*, user: User, version_id: int) -> int | Work:
    """Let the network's classes count again, as `undo_applied` does; where it is of many spines, the work."""
    version = _seen(user, version_id)
    _refuse_not_applied(version)
    if not takes_long(SECONDS_A_SPINE * len(version.proposals)):
        return undo_applied(user=user, version_id=version_id)
    return _asked(user, version, WorkKind.UNDO_EXAMPLES)


def _asked(user: User, version: ExampleClassifier, kind: WorkKind) -> Work:
    arguments = {"experiment": version.experiment_id, "version": version.pk}
    return ask(user=user, kind=kind, arguments=arguments, experiment=version.experiment)


def _seen(user: User, version_id: int) -> ExampleClassifier:
    version = ExampleClassifier.objects.select_related("experiment__project__lab").filter(pk=version_id).first()
    if version is None:
        raise NotFound("There is no such version. Reload the page.")
    taught_experiment(user, version.experiment_id)
    return version


def _locked(user: User, version_id: int) -> ExampleClassifier:
    version = _seen(user, version_id)
    list(Image.objects.select_for_update().filter(experiment=version.experiment).order_by("pk").values_list("pk"))
    version.refresh_from_db(fields=["applied_at"])
    return version


def _refuse_applied(version: ExampleClassifier) -> None:
    if version.applied_at:
        raise Conflict(f"Version {version.number} counts already. Reload the page.")


def _refuse_not_applied(version: ExampleClassifier) -> None:
    if not version.applied_at:
        raise Conflict(f"Version {version.number} does not count, so there is nothing to undo. Reload the page.")


def _told(rows: Sequence[Each], progress: Progress, stage: str, *, begin: int, total: int) -> Iterator[Sequence[Each]]:
    """Some rows at a time, told as they pass; who gave the work up is heard in between."""
    for at in range(0, len(rows), AT_A_TIME):
        progress.tell(begin + at, total, stage)
        yield rows[at : at + AT_A_TIME]


def _clear(version: ExampleClassifier, spines: Sequence[int], progress: Progress, *, total: int) -> None:
    for some in _told(spines, progress, "Taking back the classes that counted", begin=0, total=total):
        Spine.objects.filter(pk__in=some).update(proposed_class="", proposed_by=None)
    version.experiment.example_classifiers.filter(applied_at__isnull=False).update(applied_at=None, applied_by=None)


def _proposed_now(version: ExampleClassifier) -> list[int]:
    """The spines of the experiment that have a proposed class, whichever version gave it."""
    of_it = Spine.objects.filter(analysis_image__image__experiment=version.experiment).exclude(proposed_class="")
    return list(of_it.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def apply(*, user: User, version_id: int, progress: Progress = UNWATCHED) -> int:
    """Let the classes of a version count where no person named one, instead of those of another version.

    Returns
    -------
    int
        Of how many spines.

    Raises
    ------
    Conflict
        Where it counts already, or none of its spines is there any more.
    """
    version = _locked(user, version_id)
    _refuse_applied(version)
    before = _proposed_now(version)
    total = len(before) + len(version.proposals)
    _clear(version, before, progress, total=total)
    current = Spine.objects.filter(analysis_image__is_current=True, reviewed_class="", rejected=False)
    changed = 0
    named = [(int(pk), key) for pk, (key, _) in version.proposals.items()]
    for some in _told(named, progress, "Setting the classes", begin=len(before), total=total):
        by_class: dict[str, list[int]] = defaultdict(list)
        for pk, key in some:
            by_class[key].append(pk)
        for key, ids in by_class.items():
            changed += current.filter(pk__in=ids).update(proposed_class=key, proposed_by=version)
    if not changed:
        raise Conflict("None of the spines that this version names is there without a person's word. Learn anew.")
    version.applied_at, version.applied_by = timezone.now(), user
    version.save(update_fields=["applied_at", "applied_by"])
    audit.record(actor=user, lab=version.lab, action=APPLIED, subject=version, number=version.number, spines=changed)
    progress.settle(version=version.pk, experiment=version.experiment_id, spines=changed)
    return changed


@transaction.atomic
def undo_applied(*, user: User, version_id: int, progress: Progress = UNWATCHED) -> int:
    """Let the network's classes count again, of as many spines as is returned. `Conflict` where they do already."""
    version = _locked(user, version_id)
    _refuse_not_applied(version)
    spines = _proposed_now(version)
    _clear(version, spines, progress, total=len(spines))
    of_it = len(spines)
    audit.record(actor=user, lab=version.lab, action=UNDONE, subject=version, number=version.number, spines=of_it)
    progress.settle(version=version.pk, experiment=version.experiment_id, spines=of_it)
    return of_it
