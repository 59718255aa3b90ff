"""Which animal, cell and condition an image is of: from its name, a sample sheet, or the page.

Each of these is a door to `sample_facts`, where what is said is held against what is known and written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from django.db import transaction
from django.db.models import QuerySet

from spines.access import get_experiment, require_role
from spines.errors import InvalidInput
from spines.models import Experiment, Image, Role, User
from spines.samples import FilenamePattern, SampleFields, SampleSheetError, read_sample_sheet
from spines.samples.fields import LONGEST_NAME, NOTHING, as_name
from spines.samples.naming import PictureNames, full_name
from spines.selectors.images.chosen import chosen_images
from spines.services import audit
from spines.services.samples.facts import Stated, contradictions, lock_samples, state
from spines.services.samples.occasions import Statement


@dataclass(frozen=True, kw_only=True)
class AssignmentReport:
    """What an assignment did.

    How many images it told of, the names that it could not place, and a sentence for each fact of an animal that is
    otherwise than it was.
    """

    assigned: int
    unmatched_names: tuple[str, ...]
    animals_changed: tuple[str, ...] = ()


def _editable(user: User, experiment_id: int) -> Experiment:
    experiment = get_experiment(user, experiment_id)
    require_role(user, experiment.lab, Role.ANNOTATOR)
    lock_samples(experiment)
    return experiment


def _with_cells(images: QuerySet[Image]) -> QuerySet[Image]:
    return images.select_related("cell__subject__condition")


def state_of_new_image(image: Image, said: SampleFields) -> Stated:
    """Take what was said of a new image with its upload, and what its name says where the upload names no animal.

    In the transaction that stores it and holds `lock_samples`. Raises SampleConflict.
    """
    experiment = image.experiment
    experiment.refresh_from_db(fields=["filename_pattern"])
    fields, source = said, "upload"
    if not said.animal and experiment.filename_pattern:
        found = FilenamePattern(experiment.filename_pattern).extract(full_name(image))
        if found:
            fields, source = replace(said, animal=found.animal, cell=found.cell, condition=found.condition), "file name"
    if fields == NOTHING:
        return Stated(images_changed=0, animals_changed=())
    statement = Statement(image=image, fields=fields, where=full_name(image))
    return state(actor=image.uploaded_by, experiment=experiment, statements=[statement], source=source)


@transaction.atomic
def apply_pattern(*, user: User, experiment_id: int, pattern: str) -> AssignmentReport:
    """Keep a file name pattern and place every image of the experiment by it.

    Raises
    ------
    SampleConflict
        With every animal of which names say different things, or another than is known of its other images.
    """
    experiment = _editable(user, experiment_id)
    compiled = FilenamePattern(pattern)
    images = list(_with_cells(experiment.images.all()))
    found = [(image, compiled.extract(full_name(image))) for image in images]
    statements = [Statement(image=image, fields=fields, where=full_name(image)) for image, fields in found if fields]
    stated = state(actor=user, experiment=experiment, statements=statements, source="file name")
    experiment.filename_pattern = pattern
    experiment.save(update_fields=["filename_pattern", "touched_at"])
    audit.record(actor=user, lab=experiment.lab, action="samples.pattern_applied", subject=experiment, pattern=pattern)
    placed = [image.pk for image, fields in found if fields and fields.animal]
    unmatched = tuple(image.original_name for image in images if image.pk not in set(placed))
    return AssignmentReport(assigned=len(placed), unmatched_names=unmatched, animals_changed=stated.animals_changed)


@transaction.atomic
def assign_by_hand(
    *, user: User, experiment_id: int, image_ids: Iterable[int], animal: str, cell: str, condition: str
) -> int:
    """Say of which animal and cell the chosen images are, and the animal's condition. Returns how many images.

    What is empty stays as it is: a condition alone is that of the animals which the images are of already.
    """
    experiment = _editable(user, experiment_id)
    fields = SampleFields(animal=as_name(animal), cell=as_name(cell), condition=as_name(condition))
    for name in (fields.animal, fields.cell, fields.condition):
        if len(name) > LONGEST_NAME:
            raise InvalidInput(f"The name {name[:30]}… is longer than {LONGEST_NAME} characters. Shorten it.")
    if fields == NOTHING:
        raise InvalidInput("No animal is named. Give the animal that these images are of.")
    images = list(_with_cells(chosen_images(experiment, image_ids)))
    statements = [Statement(image=image, fields=fields, where=full_name(image)) for image in images]
    state(actor=user, experiment=experiment, statements=statements, source="by hand")
    return len(images)


@transaction.atomic
def set_conditions(*, user: User, experiment_id: int, condition_of_animal: Mapping[int, str]) -> int:
    """Put animals that have no condition (by the id of their `Subject`) into conditions; a new name makes one.

    An empty name leaves its animal alone. Returns how many animals were placed.
    """
    experiment = _editable(user, experiment_id)
    wanted = {pk: as_name(name) for pk, name in condition_of_animal.items() if name.strip()}
    if not wanted:
        raise InvalidInput("No condition is given. Write one beside at least one animal.")
    animals = experiment.subjects.in_bulk(list(wanted))
    if len(animals) < len(wanted):
        raise InvalidInput("One of these animals is not in this experiment any more. Reload the page and try again.")
    too_long = next((name for name in wanted.values() if len(name) > LONGEST_NAME), None)
    if too_long:
        raise InvalidInput(f"The condition {too_long[:30]}… is longer than {LONGEST_NAME} characters. Shorten it.")
    statements = [
        Statement(fields=SampleFields(animal=animals[pk].name, condition=name), where="as written beside it")
        for pk, name in wanted.items()
    ]
    state(actor=user, experiment=experiment, statements=statements, source="by hand")
    return len(animals)


@transaction.atomic
def apply_sample_sheet(*, user: User, experiment_id: int, data: bytes, animals_recur: bool = False) -> AssignmentReport:
    """Take a CSV sheet (`spines.samples`) as facts.

    Parameters
    ----------
    animals_recur
        From now on an animal of the experiment may stand in several conditions: before and after, two sides.

    Raises
    ------
    SampleSheetError
        With every fault of every row, and every contradiction; nothing is changed then.
    """
    experiment = _editable(user, experiment_id)
    if animals_recur and not experiment.animals_recur:
        experiment.animals_recur = True
        experiment.save(update_fields=["animals_recur", "touched_at"])
        audit.record(
            actor=user,
            lab=experiment.lab,
            action="experiment.animals_recur",
            subject=experiment,
            before=False,
            after=True,
        )
    rows, faults = read_sample_sheet(data)
    names = PictureNames(_with_cells(experiment.images.order_by("folder", "original_name", "pk")))
    statements: list[Statement] = []
    rest: list[Statement] = []
    unmatched: list[str] = []
    row_of_image: dict[int, int] = {}
    for row in rows:
        images = names.find(row.file_name)
        if not images:
            rest.append(Statement(fields=row, where=row.row_number))
            unmatched.append(row.file_name)
        elif len({(image.folder, image.sha256) for image in images}) > 1:
            meant = ", ".join(full_name(image) for image in images[:5])
            faults.append(
                f"Row {row.row_number}: {row.file_name} can be {len(images)} images: {meant}. "
                "Write the name with its folder and ending."
            )
        elif first := next((row_of_image[image.pk] for image in images if image.pk in row_of_image), None):
            faults.append(f"Row {row.row_number}: {row.file_name} is the image of row {first}: keep one of the two.")
        else:
            for image in images:  # the positions of one file, which its name means together
                row_of_image[image.pk] = row.row_number
                statements.append(Statement(image=image, fields=row, where=row.row_number))
    faults += contradictions(experiment, statements + rest)
    if faults:
        raise SampleSheetError(sorted(faults, key=_row_first))
    stated = state(actor=user, experiment=experiment, statements=statements, source="sheet")
    audit.record(actor=user, lab=experiment.lab, action="samples.sheet_applied", subject=experiment, rows=len(rows))
    return AssignmentReport(
        assigned=len(statements), unmatched_names=tuple(unmatched), animals_changed=stated.animals_changed
    )


def _row_first(fault: str) -> tuple[int, int]:
    """Faults of rows in their order, then those of animals."""
    row = fault.removeprefix("Row ").partition(":")[0]
    return (0, int(row)) if fault.startswith("Row ") and row.isdigit() else (1, 0)
