"""What a site admin does to the networks: go back to the one before, take one away as files."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from django.conf import settings
from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from spines.access import require_admin
from spines.errors import Conflict, NotFound
from spines.models import ModelKind, ModelVersion
from spines.selectors.models.versions import active_versions, get_model_version, previous_version
from spines.services.models.versions import roll_back
from spines.storage.files import told_if_gone
from webapp.downloads import safe_stem
from webapp.requests import UserRequest


@require_http_methods(["GET", "HEAD", "POST"])
def roll_back_kind(request: UserRequest, kind: str) -> HttpResponse:
    """GET says what would become active, POST does it."""
    require_admin(request.user)
    if kind not in ModelKind.values:
        raise NotFound(f"There is no kind of network named {kind}.")
    of_kind = ModelKind(kind)
    if request.method != "POST":
        context = {
            "kind": of_kind,
            "active": active_versions(request.user).filter(kind=kind).first(),
            "previous": previous_version(of_kind),
        }
        return render(request, "model_versions/roll_back.html", context)
    version = roll_back(user=request.user, kind=of_kind)
    messages.success(request, f"{version} is the active {of_kind.label.lower()} again. New analyses use it.")
    return redirect("model_versions:index")


@require_safe
def export(request: UserRequest, version_id: int) -> FileResponse:
    """The network and its card as one zip."""
    require_admin(request.user)
    version = get_model_version(request.user, version_id)
    if not version.path:
        raise Conflict(f"{version} came with an earlier release, and this one no longer has its files.")
    packed = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name in ("model.onnx", "card.json", "card.md"):
            with _file_of(version, name) as stored, archive.open(name, "w", force_zip64=True) as packed_file:
                if name in _CARD:
                    packed_file.write(_CARD[name](version, stored.read()))
                while block := stored.read(1 << 20):
                    packed_file.write(block)
    packed.seek(0)
    return FileResponse(packed, as_attachment=True, filename=f"{safe_stem(f'{version.kind} {version}.zip')}.zip")


def _stated(version: ModelVersion, card: bytes) -> bytes:
    """The card under the version that pages state: two trainings of one day differ by their number."""
    return json.dumps(json.loads(card) | {"version": version.version}, indent=2).encode() + b"\n"


def _headed(version: ModelVersion, text: bytes) -> bytes:
    """The same of its text, whose first line names the version."""
    return f"# {version}\n".encode() + text.partition(b"\n")[2]


_CARD: dict[str, Callable[[ModelVersion, bytes], bytes]] = {"card.json": _stated, "card.md": _headed}


def _file_of(version: ModelVersion, name: str) -> IO[bytes]:
    with told_if_gone(f"The file {name} of {version} is gone, so it cannot be exported."):
        if version.is_shipped:
            shipped: Path = settings.BASE_DIR / "worker" / "pretrained" / version.path
            return (shipped / name).open("rb")
        return default_storage.open(f"{version.path}/{name}")
