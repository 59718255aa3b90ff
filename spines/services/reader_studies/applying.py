"""What the raters of a study agree on becomes the reviewed answer of the experiment's present results."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from spines.access import get_reader_study, require_role
from spines.accuracy.matching import match_nearest
from spines.background.progress import UNWATCHED, Progress
from spines.errors import Conflict
from spines.models import AnalysisImage, ReaderStudy, Role, Spine, StudyItem, Task, User
from spines.models.reader_studies import NO_SPINE, SPINE
from spines.selectors.reader_studies.agreement import ShownItem, agreed_items
from spines.selectors.review import state as said
from spines.services import audit
from spines.services.analyses.spine_states import mark_of, state_of
from spines.services.review.answers import record, save_said
from spines.services.review.boxes import put_new
from spines.services.review.measured_change import change_and_measure
from spines.services.review.result import plane_of, seen_result


@dataclass(kw_only=True)
class Applied:
    """What became of a consensus: spines given a class, called none, restored, added; items without an answer yet."""

    named: int = 0
    rejected: int = 0
    restored: int = 0
    added: int = 0
    left: int = 0

    def add(self, other: Applied) -> None:
        """Take another picture's in."""
        for name, n in asdict(other).items():
            setattr(self, name, getattr(self, name) + n)


def ready_study(user: User, study_id: int) -> ReaderStudy:
    """A closed study with a consensus, for who manages its lab. Raises NotFound, NotAllowed, Conflict."""
    study = get_reader_study(user, study_id)
    require_role(user, study.lab, Role.MANAGER)
    if study.closed_at is None:
        raise Conflict("Close the study first: there is no consensus before all have answered.")
    if study.task == Task.OUTLINE:
        raise Conflict("Outlines are compared; they have no consensus that could be set.")
    return study


def apply_consensus(*, user: User, study_id: int, progress: Progress = UNWATCHED) -> Applied:
    """Set what was decided, else the majority, else the likeliest answer, picture by picture; managers only.

    Where whole pictures were marked, those count that two raters are through with: spines of the present result that
    nobody marked are rejected, those that the result lacks are added where their class is known, and a picture in
    which nothing is left open is marked as reviewed. Where spines were judged one by one, nothing but these is
    touched. Each change is an audit event of its own, done under the user's name.

    Raises
    ------
    NotFound, NotAllowed, Conflict
        With what to do.
    """
    study = ready_study(user, study_id)
    by_image: dict[int, list[ShownItem]] = defaultdict(list)
    if Task(study.task).is_of_pictures:
        by_image = defaultdict(list, {image: [] for image in _seen_by_two(study)})
    for shown in agreed_items(study):
        if not Task(study.task).is_of_pictures or shown.item.image_id in by_image:
            by_image[shown.item.image_id].append(shown)
    done = Applied()
    for image_id, items in progress.counted(list(by_image.items()), len(by_image), "Setting what was agreed", every=1):
        seen = seen_result(user, image_id, rates=False)
        change = _Change(user=user, study=study, items=items)
        done.add(change_and_measure(user=user, seen=seen, plane=plane_of(seen), change=change, rates=False))
    with transaction.atomic():
        audit.record(actor=user, lab=study.lab, action="reader_study.consensus_set", subject=study, **asdict(done))
        progress.settle(study=study.pk, **asdict(done))
    return done


def _seen_by_two(study: ReaderStudy) -> list[int]:
    """Images that two raters or more are through with: one alone makes no consensus."""
    done = Count("answers", filter=Q(answers__is_done=True))
    pictures = study.items.filter(found_in=None, again_of=None).annotate(n=done).filter(n__gte=2)
    return list(pictures.values_list("image", flat=True))


@dataclass(frozen=True, kw_only=True)
class _Change:
    """The consensus of one picture, written into its locked result."""

    user: User
    study: ReaderStudy
    items: Sequence[ShownItem]

    def __call__(self, result: AnalysisImage) -> Applied:
        done = Applied()
        spines = list(result.spines.filter(apart=False).order_by("number"))
        boxes = [box_of_item(shown.item) for shown in self.items]
        of_spine = match_nearest(boxes, [box_of_item(spine) for spine in spines])
        of_item = {item: spines[spine] for spine, item in of_spine.items()}
        for at, shown in enumerate(self.items):
            self._settle(result, shown, of_item.get(at), done)
        if Task(self.study.task).is_of_pictures:
            for spine in (spine for at, spine in enumerate(spines) if at not in of_spine and not spine.rejected):
                self._say(spine, said.REJECTED, rejected=True)
                done.rejected += 1
            if not done.left and not result.reviewed_at:
                self._mark(result)
        return done

    def _settle(self, result: AnalysisImage, shown: ShownItem, spine: Spine | None, done: Applied) -> None:
        answer = shown.consensus
        if answer is None:
            done.left += 1
        elif answer == NO_SPINE:
            if spine is not None and not spine.rejected:
                self._say(spine, said.REJECTED, rejected=True)
                done.rejected += 1
        elif spine is not None:
            self._name(spine, answer, done)
        elif answer == SPINE or not Task(self.study.task).is_of_pictures:
            done.left += 1
        else:
            put_new(self.user, result, box_of_item(shown.item), answer, study=self.study.pk)
            done.added += 1

    def _name(self, spine: Spine, answer: str, done: Applied) -> None:
        if spine.rejected:
            self._say(spine, said.RESTORED, rejected=False)
            done.restored += 1
        if answer != SPINE and spine.reviewed_class != answer:
            self._say(spine, said.RELABELLED, reviewed_class=answer)
            done.named += 1

    def _say(self, spine: Spine, action: str, **said_now: Any) -> None:
        before = state_of(spine)
        for name, value in said_now.items():
            setattr(spine, name, value)
        spine.reviewed_by, spine.reviewed_at = self.user, timezone.now()
        save_said(spine)
        record(self.user, spine, action, before=before, after=state_of(spine), study=self.study.pk)

    def _mark(self, result: AnalysisImage) -> None:
        before = mark_of(result)
        result.reviewed_by, result.reviewed_at = self.user, timezone.now()
        result.save(update_fields=["reviewed_by", "reviewed_at"])
        told: dict[str, Any] = {"before": before, "after": mark_of(result), "study": self.study.pk}
        audit.record(actor=self.user, lab=self.study.lab, action=said.MARKED, subject=result, **told)


def box_of_item(row: StudyItem | Spine) -> tuple[float, float, float, float]:
    """x, y, width, height in pixels."""
    return row.x_px, row.y_px, row.width_px, row.height_px
