"""Putting a version in use: for whom, in place of what, and ending that again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from spines.access import works_for
from spines.errors import NotAllowed
from spines.models import AnalysisStatus, Experiment, Lab, ModelKind, ModelVersion, User, WorkKind
from spines.selectors.models.in_use import choices_for, networks_in_use
from spines.selectors.models.versions import get_model_version
from spines.services.models.choosing import Whom, choose_network, end_choice, may_end, whom
from spines.services.models.versions import needs_reason, promote
from webapp.model_versions.dry_runs import dry_run_of
from webapp.model_versions.targets import EVERYONE, ids_in, targets_of
from webapp.requests import UserRequest, is_number


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def promote_version(request: UserRequest, version_id: int) -> HttpResponse:
    """GET asks for whom, and shows what is in use there; POST puts it in use."""
    version = get_model_version(request.user, version_id)
    targets = targets_of(request.user)
    if not targets:
        raise NotAllowed(
            "Only administrators choose the network that everyone uses, and only managers one for their lab. Ask yours."
        )
    if request.method == "POST":
        return _put_in_use(request, version)
    said = request.GET.get("for", "")
    context = {"version": version, "targets": targets, "said": said}
    if said:
        context |= _of(request.user, version, whom(request.user, **ids_in(said)))
    return render(request, "model_versions/promote.html", context)


def _of(user: User, version: ModelVersion, chosen_for: Whom) -> dict[str, Any]:
    """What the page tells of the version for them."""
    used = chosen_for.in_use(ModelKind(version.kind))
    keeps = used is not None and used.version == version
    return dry_run_of(user, version, used.version if used else None, chosen_for) | {
        "whom": chosen_for,
        "used": used,
        "is_theirs": used is not None and keeps and used.reach == chosen_for.reach,
        "keeps": keeps,
        "reason_needed": needs_reason(version, instead_of=used.version if used else None),
    }


def _put_in_use(request: UserRequest, version: ModelVersion) -> HttpResponse:
    ids = ids_in(request.POST.get("for", EVERYONE))
    reason = request.POST.get("reason", "")
    if ids["lab_id"] is None and ids["experiment_id"] is None:
        promote(user=request.user, version_id=version.pk, reason=reason, dry_run=_seen(request))
        said = f"{version} is the active {version.get_kind_display().lower()} now. New analyses use it"
        others = choices_for(request.user).filter(kind=version.kind).exclude(version=version).exists()
        said += ", but where a lab or an experiment has chosen another" * others
    else:
        choose_network(user=request.user, version_id=version.pk, reason=reason, dry_run=_seen(request), **ids)
        said = f"{version} is in use for {whom(request.user, **ids)} now. New analyses there use it"
    messages.success(request, f"{said}; results that are there stay as they are.")
    return redirect("model_versions:version", version.pk)


def _seen(request: UserRequest) -> int | None:
    """The dry run that the page showed, where it showed one."""
    said = request.POST.get("dry_run", "")
    works = works_for(request.user).filter(kind=WorkKind.DRY_RUN, status=AnalysisStatus.DONE)
    return works.filter(pk=int(said)).values_list("pk", flat=True).first() if is_number(said) else None


@require_POST
def end(request: UserRequest, choice_id: int) -> HttpResponse:
    """Let a lab or an experiment use the wider choice again."""
    ended = end_choice(user=request.user, choice_id=choice_id)
    chosen_for = Whom(lab=ended.lab, experiment=ended.experiment)
    used = chosen_for.in_use(ModelKind(ended.kind))
    now = f"New analyses there use {used.version}, in use for {used.reach.label}." if used else ""
    messages.success(request, f"{ended.version} is not chosen for {chosen_for} any more. {now}")
    back = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = reverse("model_versions:index")
    return redirect(back)


def shown_choices(user: User, version: ModelVersion | None = None, lab: Lab | None = None) -> list[dict[str, Any]]:
    """Choices that the user may know of, each with whether they may end it."""
    choices = choices_for(user)
    if version is not None:
        choices = choices.filter(version=version)
    found = [choice for choice in choices if lab is None or choice.owner == lab]
    return [{"choice": choice, "may_end": may_end(user, choice)} for choice in found]


def networks_of(lab: Lab | None = None, experiment: Experiment | None = None) -> dict[str, Any]:
    """What is in use, the detector first, as templates read it."""
    used = networks_in_use(lab=lab, experiment=experiment)
    return {kind.value: used.get(kind) for kind in (ModelKind.DETECTOR, ModelKind.CLASSIFIER)}
