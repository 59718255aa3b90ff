"""The settings of a lab."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from spines.access import experiments_for, get_lab, has_role
from spines.errors import InvalidInput
from spines.measure.rules import RULE_PRESETS
from spines.models import Role
from spines.services.labs.making import set_lets_train, set_rule_preset
from spines.vocabulary.classes import LEFT_OUT, NETWORK_CLASSES
from spines.vocabulary.numbers import listed
from spines.vocabulary.own_classes import MOST_CLASSES
from webapp.model_versions.promoting import networks_of, shown_choices
from webapp.requests import UserRequest


@require_safe
@cache_control(private=True, no_cache=True)
def settings(request: UserRequest, lab_id: int) -> HttpResponse:
    """The rules, the consent to training, and class sets."""
    lab = get_lab(request.user, lab_id)
    context = {
        "lab": lab,
        "may_rule": has_role(request.user, lab, Role.MANAGER),
        "presets": RULE_PRESETS,
        "preset": RULE_PRESETS.get(lab.rule_preset),
        "class_sets": lab.class_sets.prefetch_related("experiments"),
        "lab_experiments": experiments_for(request.user).filter(project__lab=lab).order_by("project__name", "name"),
        "network_names": listed(each.name.lower() for each in NETWORK_CLASSES),
        "most_own": MOST_CLASSES - len(NETWORK_CLASSES),
        "left_out": LEFT_OUT,
        "networks": networks_of(lab),
        "choices": shown_choices(request.user, lab=lab),
    }
    return render(request, "labs/settings.html", context)


@require_POST
def lets_train(request: UserRequest, lab_id: int) -> HttpResponse:
    """Give the consent, or take it back."""
    answer = request.POST.get("lets_train")
    if answer not in ("yes", "no"):
        raise InvalidInput("Choose whether networks may be trained on the lab's reviewed spines.")
    lab = set_lets_train(user=request.user, lab_id=lab_id, lets_train=answer == "yes")
    may = "may be trained" if lab.lets_train else "are not trained from now on"
    messages.success(request, f"Networks of this site {may} on the reviewed spines of {lab.name}.")
    return redirect("labs:settings", lab.pk)


@require_POST
def rule_preset(request: UserRequest, lab_id: int) -> HttpResponse:
    """Choose the rules whose class is shown beside the network's."""
    lab = set_rule_preset(user=request.user, lab_id=lab_id, preset=request.POST.get("rule_preset", ""))
    messages.success(request, f"{lab.name} now compares with: {RULE_PRESETS[lab.rule_preset].name}.")
    return redirect("labs:settings", lab.pk)
