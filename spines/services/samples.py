"""Which animal, cell and condition an image is of: from its name, a sample sheet, or the page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max

from spines.access import get_experiment, require_role
from spines.errors import InvalidInput
from spines.models import Cell, Condition, Experiment, Image, PixelSizeSource, Role, Subject, User
from spines.samples import FilenamePattern, SampleFields, SampleRow, parse_sample_sheet
from spines.services import audit


@dataclass(frozen=True, kw_only=True)
class AssignmentReport:
    """What an assignment did: how many images it told of, and the names that it could not place."""

    assigned: int
    unmatched_names: tuple[str, ...]


def _condition(experiment: Experiment, name: str) -> Condition:
    last = experiment.conditions.aggregate(last=Max("position"))["last"]
    condition, _ = Condition.objects.get_or_create(
        experiment=experiment, name=name, defaults={"position": 0 if last is None else last + 1}
    )
    return condition


def _cell(experiment: Experiment, fields: SampleFields) -> Cell | None:
    """The cell row for these fields, made where it is missing. None where no animal is named."""
    if not fields.animal:
        if fields.condition:
            raise InvalidInput(
                f"Condition {fields.condition} has no animal. Conditions belong to animals: name the animal too."
            )
        return None
    subject, _ = Subject.objects.get_or_create(experiment=experiment, name=fields.animal)
    if fields.condition and (subject.condition is None or subject.condition.name != fields.condition):
        subject.condition = _condition(experiment, fields.condition)
        subject.save(update_fields=["condition"])
    cell, _ = Cell.objects.get_or_create(subject=subject, name=fields.cell or "")
    return cell


def _refuse_two_conditions(named: Iterable[SampleFields]) -> None:
    """An animal has one condition in an experiment."""
    conditions: dict[str, set[str]] = defaultdict(set)
    for fields in named:
        if fields.animal and fields.condition:
            conditions[fields.animal].add(fields.condition)
    for animal, found in conditions.items():
        if len(found) > 1:
            raise InvalidInput(
                f"Animal {animal} stands in {len(found)} conditions: {', '.join(sorted(found))}. "
                "Give each animal one condition, or animals of different conditions different names."
            )


def _name_for_pattern(image: Image) -> str:
    return f"{image.folder}/{image.original_name}" if image.folder else image.original_name


def assign_from_name(image: Image) -> None:
    """Place a new image by its experiment's file name pattern; a name that does not match stays unplaced."""
    if not image.experiment.filename_pattern:
        return
    fields = FilenamePattern(image.experiment.filename_pattern).extract(_name_for_pattern(image))
    if fields and (cell := _cell(image.experiment, fields)):
        image.cell = cell
        image.save(update_fields=["cell"])


@transaction.atomic
def apply_pattern(*, user: User, experiment_id: int, pattern: str) -> AssignmentReport:
    """Keep a file name pattern and place every image of the experiment by it."""
    experiment = get_experiment(user, experiment_id)
    require_role(user, experiment.lab, Role.ANNOTATOR)
    compiled = FilenamePattern(pattern)
    images = list(experiment.images.all())
    fields = {image: compiled.extract(_name_for_pattern(image)) for image in images}
    _refuse_two_conditions(f for f in fields.values() if f)
    unmatched = []
    for image, found in fields.items():
        cell = _cell(experiment, found) if found else None
        if cell is None:
            unmatched.append(image.original_name)
        else:
            image.cell = cell
    Image.objects.bulk_update(images, ["cell"])
    experiment.filename_pattern = pattern
    experiment.save(update_fields=["filename_pattern", "touched_at"])
    audit.record(actor=user, lab=experiment.lab, action="samples.pattern_applied", subject=experiment, pattern=pattern)
    return AssignmentReport(assigned=len(images) - len(unmatched), unmatched_names=tuple(unmatched))


@transaction.atomic
def assign_by_hand(
    *, user: User, experiment_id: int, image_ids: Iterable[int], animal: str, cell: str, condition: str
) -> int:
    """Place the chosen images on one animal and cell. Returns how many."""
    experiment = get_experiment(user, experiment_id)
    require_role(user, experiment.lab, Role.ANNOTATOR)
    row = _cell(experiment, SampleFields(animal=animal.strip(), cell=cell.strip(), condition=condition.strip()))
    if row is None:
        raise InvalidInput("No animal is named. Give the animal that these images are of.")
    placed = experiment.images.filter(pk__in=list(image_ids)).update(cell=row)
    audit.record(actor=user, lab=experiment.lab, action="samples.assigned", subject=row, images=placed)
    return placed


@transaction.atomic
def apply_sample_sheet(*, user: User, experiment_id: int, data: bytes) -> AssignmentReport:
    """Place images by a CSV sheet (`spines.samples`), with sex, age and pixel size where it gives them."""
    experiment = get_experiment(user, experiment_id)
    require_role(user, experiment.lab, Role.ANNOTATOR)
    rows = parse_sample_sheet(data)
    _refuse_two_conditions(SampleFields(animal=r.animal, cell=r.cell, condition=r.condition) for r in rows)
    by_name: dict[str, list[Image]] = defaultdict(list)
    for image in experiment.images.all():
        by_name[image.original_name].append(image)
        if image.folder:
            by_name[_name_for_pattern(image)].append(image)
    assigned, unmatched = 0, []
    for row in rows:
        images = by_name.get(row.file_name, [])
        if not images:
            unmatched.append(row.file_name)
        for image in images:
            _apply_row(experiment, image, row)
            assigned += 1
    audit.record(actor=user, lab=experiment.lab, action="samples.sheet_applied", subject=experiment, rows=len(rows))
    return AssignmentReport(assigned=assigned, unmatched_names=tuple(unmatched))


def _apply_row(experiment: Experiment, image: Image, row: SampleRow) -> None:
    cell = _cell(experiment, SampleFields(animal=row.animal, cell=row.cell, condition=row.condition))
    if cell:
        image.cell = cell
        if row.sex or row.age_days is not None:
            Subject.objects.filter(pk=cell.subject_id).update(
                **({"sex": row.sex} if row.sex else {}),
                **({"age_days": row.age_days} if row.age_days is not None else {}),
            )
    if row.pixel_size_um:
        image.pixel_size_um, image.pixel_size_source = row.pixel_size_um, PixelSizeSource.USER
    image.save(update_fields=["cell", "pixel_size_um", "pixel_size_source"])
