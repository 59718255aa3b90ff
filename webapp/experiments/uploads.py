"""Files coming in: one a request. What is wrong with a file is told as JSON beside its name."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from spines.access import get_experiment, require_role
from spines.errors import InvalidInput
from spines.models import Role
from spines.services.images.uploads import add_file, already_there
from webapp.requests import UserRequest


def receive(request: UserRequest, experiment_id: int) -> HttpResponse:
    """Store the one file of this request: `file`, and `relative_path` where it came with its folder."""
    require_role(request.user, get_experiment(request.user, experiment_id).lab, Role.ANNOTATOR)
    file = received_file(request)
    name = request.POST.get("relative_path") or file.name or ""
    added = add_file(user=request.user, experiment_id=experiment_id, path=Path(file.temporary_file_path()), name=name)
    image = added.images[0]
    if request.accepts("text/html"):
        messages.success(request, f"{image.original_name} is uploaded. {added.sentence}".rstrip())
        return redirect("experiments:images", experiment_id)
    return JsonResponse({"image": image.pk, "name": image.original_name, "said": added.sentence}, status=201)


def too_large(limit_mb: int) -> str:
    """The sentence for a file beyond the limit."""
    return f"This file is larger than {limit_mb:,} MB, the limit here. Crop it or split its stack."


def received_file(request: UserRequest) -> TemporaryUploadedFile:
    """The file of the request, on disk, or the sentence why there is none."""
    limit_mb = settings.SPINULA_MAX_UPLOAD_MB
    file = request.FILES.get("file")
    if getattr(request, "upload_too_large", False) or (file and file.size > limit_mb << 20):
        raise InvalidInput(too_large(limit_mb))
    if not isinstance(file, TemporaryUploadedFile):
        raise InvalidInput("No file arrived. Choose one and upload it again.")
    return file


@require_POST
def known(request: UserRequest, experiment_id: int) -> JsonResponse:
    """Which of these contents (`sha256`, repeated) the experiment has already: sha256 → image id."""
    sha256s = request.POST.getlist("sha256")
    return JsonResponse({"known": already_there(user=request.user, experiment_id=experiment_id, sha256s=sha256s)})
