"""Images that somebody is asked to review: asked, done, and a lab's as its managers see them."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from spines.access import get_lab, require_role
from spines.models import Role
from spines.selectors.images.tasks import images_waiting_in
from spines.selectors.reader_studies.answers import waiting_in
from spines.services.images.tasks import assign_images, finish_task, take_back_tasks
from webapp.images.choice import chosen_images
from webapp.images.forms import checked
from webapp.requests import UserRequest


class AssignForm(forms.Form):
    """To whom, until when, and what is asked."""

    person = forms.IntegerField(error_messages={"required": "Choose to whom the images are given."})
    due_on = forms.DateField(required=False)
    task_note = forms.CharField(required=False)


@require_POST
def assign(request: UserRequest, experiment_id: int) -> HttpResponse:
    """Give the ticked images to a person."""
    sent = checked(AssignForm(request.POST))
    image_ids = chosen_images(request, experiment_id)
    n = assign_images(
        user=request.user,
        experiment_id=experiment_id,
        image_ids=image_ids,
        person_id=sent["person"],
        due_on=sent["due_on"],
        note=sent["task_note"],
    )
    known = len(image_ids) - n
    there = f" {known:,} waited for them already and have the new day and note." if known else ""
    messages.success(request, f"{n:,} image{'s' * (n != 1)} given: they stand on that person’s home page.{there}")
    return redirect("experiments:images", experiment_id)


@require_POST
def done(request: UserRequest, image_id: int) -> HttpResponse:
    """The reader is through with an image."""
    n = finish_task(user=request.user, image_id=image_id)
    messages.success(request, "Done." if n else "Nothing of this image waited for you.")
    return redirect("images:image", image_id)


@require_safe
@cache_control(private=True, no_store=True)
def of_lab(request: UserRequest, lab_id: int) -> HttpResponse:
    """What waits for whom; managers only."""
    lab = get_lab(request.user, lab_id)
    require_role(request.user, lab, Role.MANAGER)
    context = {"lab": lab, "images": images_waiting_in(lab), "studies": waiting_in(lab)}
    return render(request, "labs/tasks.html", context)


@require_POST
def take_back(request: UserRequest, experiment_id: int, person_id: int) -> HttpResponse:
    """Ask somebody no more."""
    n = take_back_tasks(user=request.user, experiment_id=experiment_id, person_id=person_id)
    messages.success(request, f"{n:,} image{'s' * (n != 1)} wait{'s' * (n == 1)} for them no more.")
    return redirect("experiments:images", experiment_id)
