"""Changing and deleting the images of an experiment, many at once."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from spines.access import get_experiment, require_role
from spines.errors import InvalidInput
from spines.imaging import Projection
from spines.models import Role
from spines.models.images import POLARITY_WORDS
from spines.selectors.images.listing import images_with_state
from spines.services.images.changes import delete_images, set_pixel_size
from spines.services.images.polarity import set_polarity
from spines.services.samples.sources import assign_by_hand
from webapp.experiments.forms import ChangeForm, ViewForm
from webapp.forms import cleaned
from webapp.images.choice import chosen_images
from webapp.images.polarity_form import WantedPolarity
from webapp.requests import UserRequest
from webapp.work.images import set_or_ask


@require_POST
def change(request: UserRequest, experiment_id: int) -> HttpResponse:
    """Set the pixel size, the polarity, the animal with cell and condition, or several of these."""
    wanted = cleaned(ChangeForm(request.POST))
    pixel_size_um, polarity = wanted.pop("pixel_size_um"), wanted.pop("polarity")
    if pixel_size_um is None and polarity is None and not any(wanted.values()):
        raise InvalidInput("Nothing to change was given. Fill in a pixel size or an animal, or choose a polarity.")
    chosen: dict[str, Any] = {
        "user": request.user,
        "experiment_id": experiment_id,
        "image_ids": chosen_images(request, experiment_id),
    }
    with transaction.atomic():
        if pixel_size_um is not None:
            set_pixel_size(**chosen, pixel_size_um=pixel_size_um)
        if polarity is not None:
            set_polarity(**chosen, polarity=polarity.polarity)
        if any(wanted.values()):
            assign_by_hand(**chosen, **wanted)
    messages.success(request, _what_changed(len(chosen["image_ids"]), pixel_size_um, polarity, **wanted))
    return redirect("experiments:images", experiment_id)


def _what_changed(
    n: int, pixel_size_um: float | None, polarity: WantedPolarity | None, *, animal: str, cell: str, condition: str
) -> str:
    changes = [f"pixel size {pixel_size_um:g} µm"] if pixel_size_um is not None else []
    if polarity is not None:
        changes.append(POLARITY_WORDS[polarity.polarity] if polarity.polarity else "polarity as each picture tells")
    changes += [f"animal {animal}"] if animal else []
    changes += [f"cell {cell}"] if cell else []
    changes += [f"condition {condition}"] if condition else []
    return f"{n} image{'s' if n != 1 else ''} changed: {', '.join(changes)}."


@require_POST
def view(request: UserRequest, experiment_id: int) -> HttpResponse:
    """Choose channel and projection of the ticked images; an empty field keeps what each has."""
    wanted = cleaned(ViewForm(request.POST))
    if not any(wanted.values()):
        raise InvalidInput("Nothing to change was given. Choose a channel or a projection.")
    image_ids = chosen_images(request, experiment_id)
    work = set_or_ask(
        request.user,
        experiment_id=experiment_id,
        image_ids=image_ids,
        channel=wanted["channel"] - 1 if wanted["channel"] else None,
        projection=Projection(wanted["projection"]) if wanted["projection"] else None,
        plane=wanted["plane"] - 1 if wanted["plane"] else None,
    )
    if work:
        return _told(request, experiment_id, "", status=202, work=work.pk)
    sentence = f"Channel and projection set: {len(image_ids)} images. Analyse them again."
    return _told(request, experiment_id, sentence, images=image_ids)


def _told(request: UserRequest, experiment_id: int, sentence: str, *, status: int = 200, **said: Any) -> HttpResponse:
    """To the page's script as JSON, else on the Images page, which shows work that runs."""
    if not request.accepts("text/html"):
        return JsonResponse(said, status=status)
    if sentence:
        messages.success(request, sentence)
    return redirect("experiments:images", experiment_id)


@require_POST
def delete(request: UserRequest, experiment_id: int) -> HttpResponse:
    """Ask first, with the names; delete once `confirmed`."""
    experiment = get_experiment(request.user, experiment_id)
    require_role(request.user, experiment.lab, Role.ANNOTATOR)
    image_ids = chosen_images(request, experiment_id)
    if request.POST.get("confirmed"):
        n = delete_images(user=request.user, experiment_id=experiment_id, image_ids=image_ids)
        messages.success(request, f"{n} images and what was found in them are deleted.")
        return redirect("experiments:images", experiment_id)
    images = images_with_state(experiment).filter(pk__in=image_ids)
    context = {"experiment": experiment, "project": experiment.project, "lab": experiment.lab, "images": images}
    return render(request, "experiments/delete.html", context)
