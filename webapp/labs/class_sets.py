"""A lab's class sets on its settings page, and the choice of one for an experiment."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from spines.errors import InvalidInput
from spines.services.labs.class_sets import choose_class_set, make_class_set
from webapp.requests import UserRequest, is_number

COLUMNS = ("key", "name", "letter", "keyboard", "onto", "meaning")


def own_classes(text: str) -> list[dict[str, str]]:
    """Rows of classes from lines of `COLUMNS`, parted by |; what stands behind may be left out.

    >>> own_classes("ball | Ball | B | | mushroom")
    [{'key': 'ball', 'name': 'Ball', 'letter': 'B', 'onto': 'mushroom'}]
    """
    rows = []
    for line in filter(None, map(str.strip, text.splitlines())):
        cells = [cell.strip() for cell in line.split("|")]
        if not 2 <= len(cells) <= len(COLUMNS):
            raise InvalidInput(f"The line “{line[:60]}” is no class. Write: {' | '.join(COLUMNS)}.")
        rows.append({name: cell for name, cell in zip(COLUMNS, cells, strict=False) if cell})
    return rows


@require_POST
def make(request: UserRequest, lab_id: int) -> HttpResponse:
    """Make a set."""
    own = own_classes(request.POST.get("classes", ""))
    made = make_class_set(user=request.user, lab_id=lab_id, name=request.POST.get("name", ""), own=own)
    messages.success(request, f"The class set {made.name} is there. Choose it for the experiments that are to use it.")
    return redirect("labs:settings", lab_id)


@require_POST
def choose(request: UserRequest, experiment_id: int) -> HttpResponse:
    """Choose a set for an experiment."""
    asked = request.POST.get("class_set", "")
    if asked and not is_number(asked):
        raise InvalidInput("Choose a class set from the list.")
    number = int(asked) if asked else None
    experiment = choose_class_set(user=request.user, experiment_id=experiment_id, class_set_id=number)
    chosen = experiment.class_set.name if experiment.class_set else "the networks' classes"
    messages.success(request, f"Spines of {experiment.name} are sorted into {chosen}.")
    return redirect("labs:settings", experiment.lab.pk)
