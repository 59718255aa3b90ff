"""The networks that everyone who is signed in may read about."""

from __future__ import annotations

from django.db.models import F, Q, QuerySet

from spines.access import Visitor, results_for
from spines.errors import NotFound
from spines.models import ModelKind, ModelState, ModelVersion


def model_versions_for(user: Visitor) -> QuerySet[ModelVersion]:
    """Every version, newest first within its kind. Networks belong to the site, not to a lab."""
    versions = ModelVersion.objects.all()
    return versions if user.is_authenticated else versions.none()


def get_model_version(user: Visitor, pk: int) -> ModelVersion:
    """The version, or `NotFound`."""
    version = model_versions_for(user).filter(pk=pk).first()
    if version is None:
        raise NotFound(f"There is no model version {pk}. The Models page lists those there are.")
    return version


def active_versions(user: Visitor) -> QuerySet[ModelVersion]:
    """The detector and the classifier that the next analysis uses."""
    return model_versions_for(user).filter(state=ModelState.ACTIVE).order_by("-kind")


def earlier_versions(user: Visitor) -> QuerySet[ModelVersion]:
    """Those that were in use before."""
    return model_versions_for(user).filter(state=ModelState.RETIRED).order_by("-kind", "-created_at")


def previous_version(kind: ModelKind) -> ModelVersion | None:
    """The one that was in use before the present one and whose files are still there: what a roll-back brings back."""
    retired = ModelVersion.objects.filter(kind=kind, state=ModelState.RETIRED).exclude(path="")
    return retired.order_by(F("activated_at").desc(nulls_last=True), "-created_at", "-pk").first()


def images_analysed_with(user: Visitor, version: ModelVersion) -> int:
    """How many of the results that the user may see this network made."""
    made = Q(analysis__detector=version) | Q(analysis__classifier=version)
    return results_for(user).filter(made, is_current=True).count()
