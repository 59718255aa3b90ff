"""Giving people images to review by a day, and being through with one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from spines.access import get_experiment, get_image_to_rate, require_role
from spines.errors import InvalidInput
from spines.models import ImageTask, Membership, Role, User
from spines.models.image_tasks import LONGEST_NOTE
from spines.selectors.images.chosen import chosen_images
from spines.services import audit


@transaction.atomic
def assign_images(
    *,
    user: User,
    experiment_id: int,
    image_ids: Iterable[int],
    person_id: int,
    due_on: date | None = None,
    note: str = "",
) -> int:
    """Ask a person to review images; how many wait for them anew. Managers only.

    What waits for them already gets the new day and note.

    Raises
    ------
    InvalidInput
        With what to change.
    """
    experiment = get_experiment(user, experiment_id)
    require_role(user, experiment.lab, Role.MANAGER)
    able = Membership.objects.filter(lab=experiment.lab, role__in=(Role.ANNOTATOR, Role.MANAGER))
    person = User.objects.filter(pk__in=able.values("user"), pk=person_id, is_active=True).first()
    if person is None:
        raise InvalidInput("Choose an annotator or a manager of the lab to give the images to.")
    note = " ".join(note.split())
    if len(note) > LONGEST_NOTE or not note.isprintable():
        raise InvalidInput(f"A note has {LONGEST_NOTE} characters at most.")
    images = list(chosen_images(experiment, image_ids))
    open_tasks = ImageTask.objects.filter(image__in=images, assignee=person, done_at=None)
    there = set(open_tasks.values_list("image", flat=True))
    open_tasks.update(due_on=due_on, note=note, assigned_by=user)
    ImageTask.objects.bulk_create(
        ImageTask(image=image, assignee=person, due_on=due_on, note=note, assigned_by=user)
        for image in images
        if image.pk not in there
    )
    audit.record(
        actor=user,
        lab=experiment.lab,
        action="images.assigned",
        subject=experiment,
        images=len(images),
        to=person.get_username(),
        due_on=str(due_on or ""),
        note=note,
    )
    return len(images) - len(there)


@transaction.atomic
def finish_task(*, user: User, image_id: int) -> int:
    """The user is through with an image that waits for them; how many tasks that ends, none where none waits."""
    image = get_image_to_rate(user, image_id)
    tasks = ImageTask.objects.filter(image=image, assignee=user, done_at=None)
    n = tasks.update(done_at=timezone.now())
    if n:
        audit.record(actor=user, lab=image.lab, action="image.task_done", subject=image)
    return n


@transaction.atomic
def take_back_tasks(*, user: User, experiment_id: int, person_id: int) -> int:
    """Ask a person no more for what waits for them in an experiment. Managers only."""
    experiment = get_experiment(user, experiment_id)
    require_role(user, experiment.lab, Role.MANAGER)
    tasks = ImageTask.objects.filter(image__experiment=experiment, assignee=person_id, done_at=None)
    names = sorted(set(tasks.values_list("assignee__username", flat=True)))
    n, _ = tasks.delete()
    if n:
        told: dict[str, Any] = {"images": n, "to": names[0]}
        audit.record(actor=user, lab=experiment.lab, action="images.assigned_no_more", subject=experiment, **told)
    return n
