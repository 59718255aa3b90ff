"""What people said of a result goes along to the next one. Nothing that a person said is lost.

Spines of both results are paired by place (`spines.accuracy.matching`). A spine in the place of an earlier one takes
over what was said of that one, and box, outline and base where a person set them. Earlier spines that a person
reviewed or added and that have none there become rows of the new result, with their box and what the earlier networks
said of them. Dendrites that a person set go along as a whole. Where spines sit and what they measure is not carried: it
follows from the pixels, boxes and dendrites.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from spines.accuracy.matching import match_nearest
from spines.models import AnalysisImage, AuditEvent, Spine, SpineSource
from spines.selectors.review.state import CARRIED_OVER, DENDRITES_CARRIED_OVER, KEPT, MARK_CARRIED_OVER
from spines.services import audit
from spines.services.analyses.measuring import NOT_MEASURED
from spines.services.analyses.spine_states import SHAPE_FIELDS, copy_dendrites, mark_of, put_shape, shape_of, state_of


def carry_over(earlier: AnalysisImage, later: AnalysisImage) -> None:
    """Give the spines of `later`, which are written already, what people said of those of `earlier`.

    Runs inside the transaction that makes `later` the current result. When all boxes of the earlier result were
    called right, that is said of each of them, and the mark goes along unless the later result has a spine where
    the earlier had none: that one somebody must look at.
    """
    _carry_dendrites(earlier, later)
    before, now = [_said_of_all(earlier, spine) for spine in earlier.spines.all()], list(later.spines.all())
    if not (earlier.reviewed_at or any(_is_said(spine) or spine.proposed_class for spine in before)):
        return
    in_place = match_nearest(_boxes_px(now), _boxes_px(before))
    _carry_proposals(before, now, in_place)
    carried: list[tuple[Spine, Spine]] = []
    kept: list[tuple[Spine, Spine]] = []
    for at, spine in enumerate(before):
        if not _is_said(spine):
            continue
        if at in in_place:
            carried.append((spine, _told(now[in_place[at]], spine)))
        else:
            kept.append((spine, _kept(spine, later, number=len(now) + len(kept) + 1)))
    Spine.objects.bulk_update(
        [told for _, told in carried],
        ["reviewed_class", "rejected", "reviewed_by", "reviewed_at", *SHAPE_FIELDS],
        batch_size=500,
    )
    Spine.objects.bulk_create(row for _, row in kept)
    _record(later, CARRIED_OVER, carried)
    _record(later, KEPT, kept)
    if earlier.reviewed_at and len(in_place) == len(now):
        later.reviewed_by, later.reviewed_at = earlier.reviewed_by, earlier.reviewed_at
        lab = later.image.lab
        audit.record(actor=None, lab=lab, action=MARK_CARRIED_OVER, subject=later, before=None, after=mark_of(later))


def _carry_dendrites(earlier: AnalysisImage, later: AnalysisImage) -> None:
    """Lines are in pixels of the original image, so they hold in any view of it; lengths follow the pixel size."""
    if earlier.dendrites_edited_at is None:
        return
    copy_dendrites(earlier, later)
    audit.record(
        actor=None,
        lab=later.image.lab,
        action=DENDRITES_CARRIED_OVER,
        subject=later,
        from_result_id=earlier.pk,
        dendrites=later.dendrites.count(),
    )


def _carry_proposals(before: Sequence[Spine], now: Sequence[Spine], in_place: Mapping[int, int]) -> None:
    """Classes from examples that count go on counting for the spine in the same place."""
    named = []
    for at, later in in_place.items():
        if before[at].proposed_class:
            now[later].proposed_class, now[later].proposed_by_id = before[at].proposed_class, before[at].proposed_by_id
            named.append(now[later])
    Spine.objects.bulk_update(named, ["proposed_class", "proposed_by"], batch_size=500)


def _said_of_all(result: AnalysisImage, spine: Spine) -> Spine:
    """The spine, with the word of who called all boxes right where nobody spoke of it alone. It is not saved."""
    if result.reviewed_at and not _is_said(spine):
        spine.reviewed_by_id, spine.reviewed_at = result.reviewed_by_id, result.reviewed_at
    return spine


def _is_said(spine: Spine) -> bool:
    return bool(spine.reviewed_class or spine.rejected or spine.reviewed_at)


def _boxes_px(spines: Sequence[Spine]) -> list[tuple[float, float, float, float]]:
    return [(s.x_px, s.y_px, s.width_px, s.height_px) for s in spines]


def _told(spine: Spine, earlier: Spine) -> Spine:
    spine.reviewed_class, spine.rejected = earlier.reviewed_class, earlier.rejected
    spine.reviewed_by_id, spine.reviewed_at = earlier.reviewed_by_id, earlier.reviewed_at
    shape = shape_of(earlier)
    put_shape(spine, shape if earlier.box_by_hand else {name: shape[name] for name in ("outline_px", "base_px")})
    return spine


def _kept(spine: Spine, later: AnalysisImage, *, number: int) -> Spine:
    """The spine as a row of the later result, not yet seated and measured there."""
    copied = {
        field.attname: getattr(spine, field.attname)
        for field in Spine._meta.concrete_fields
        if not (field.primary_key or field.generated or field.name in NOT_MEASURED)
    }
    found_in = None if spine.source == SpineSource.ADDED else spine.kept_from_id or spine.analysis_image_id
    return Spine(**copied | {"analysis_image_id": later.pk, "number": number, "kept_from_id": found_in})


def _record(later: AnalysisImage, action: str, pairs: Sequence[tuple[Spine, Spine]]) -> None:
    lab = later.image.lab
    AuditEvent.objects.bulk_create(
        AuditEvent(
            lab=lab,
            action=action,
            subject_type="spine",
            subject_id=spine.pk,
            details={
                "number": spine.number,
                "from_spine_id": earlier.pk,
                "before": None,
                "after": state_of(spine),
            },
        )
        for earlier, spine in pairs
    )
