"""What a dataset can be made from, and what one was made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from spines.models import AnalysisImage, DatasetVersion, ImportedSet, Lab, ModelKind, Spine
from spines.selectors.results.standing import counted, not_trashed


@dataclass(frozen=True, kw_only=True)
class LabChoice:
    """A lab with what it has to train on: spines with a reviewed class, images whose boxes were called right."""

    lab: Lab
    lets_train: bool
    reviewed_spines: int
    reviewed_images: int


@dataclass(frozen=True, kw_only=True)
class SetChoice:
    """An imported set, and why it cannot teach this kind of network where it cannot."""

    imported_set: ImportedSet
    is_usable: bool
    reason: str = ""


def lab_choices() -> list[LabChoice]:
    """All labs, those that let their spines train networks first. For site admins."""
    lab = "analysis__experiment__project__lab"
    current = AnalysisImage.objects.filter(counted(), not_trashed())
    images = dict(current.filter(reviewed_at__isnull=False).order_by().values_list(lab).annotate(count=Count("pk")))
    # Counted result by result, out of the index `spine_counted` alone.
    named = Spine.objects.filter(~Q(reviewed_class=""), analysis_image=OuterRef("pk"), rejected=False).order_by()
    of_result = Subquery(named.values("analysis_image").annotate(n=Count("*")).values("n"))
    spines = dict(current.order_by().annotate(n=of_result).values_list(lab).annotate(count=Coalesce(Sum("n"), 0)))
    return [
        LabChoice(
            lab=row,
            lets_train=row.lets_train,
            reviewed_spines=spines.get(row.pk, 0),
            reviewed_images=images.get(row.pk, 0),
        )
        for row in Lab.objects.order_by("-lets_train", "name")
    ]


def usable_for(kind: ModelKind, imported: ImportedSet) -> str:
    """Why an imported set cannot teach this kind of network; "" when it can."""
    if kind == ModelKind.CLASSIFIER and not imported.has_classes:
        return "its spines are of no named class"
    return ""


def set_choices(kind: ModelKind | str) -> list[SetChoice]:
    """All imported sets, with whether they can teach this kind of network."""
    choices = []
    for row in ImportedSet.objects.all():
        reason = usable_for(ModelKind(kind), row)
        choices.append(SetChoice(imported_set=row, is_usable=not reason, reason=reason))
    return choices


def dataset_sources(dataset: DatasetVersion) -> list[dict[str, Any]]:
    """Name, licence and source of each source of a dataset, as a card cites them."""
    sources = dataset.selection.get("sources", [])
    return [{name: source[name] for name in ("name", "licence", "source")} for source in sources]


def withdrawn_labs(dataset: DatasetVersion) -> list[str]:
    """The labs of a dataset that no longer let networks be trained on their spines, or are gone."""
    labs = Lab.objects.in_bulk(dataset.selection.get("contributing_lab_ids", []))
    return [
        labs[pk].name if pk in labs else "A lab that was deleted"
        for pk in dataset.selection.get("contributing_lab_ids", [])
        if pk not in labs or not labs[pk].lets_train
    ]
