"""The reviewed images of labs, as a source of datasets."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

import numpy as np
from django.db.models import Prefetch, Q, QuerySet
from PIL import Image as Picture

from spines.measure.polygons import bounds_of
from spines.models import AnalysisImage, Lab, ModelKind, Spine
from spines.selectors.results.standing import counted, not_trashed, standing_aside
from spines.services.datasets.sources import Entry, LeftOut, Source, View, left_out
from spines.training_sets import NO_CLASS
from spines.training_sets.fingerprints import Fingerprint, fingerprint
from spines.training_sets.types import REVIEWED


def reviewed_results(kind: ModelKind) -> QuerySet[AnalysisImage]:
    """The results that count and can teach this kind of network: all boxes called right, or a class given to some."""
    current = AnalysisImage.objects.filter(counted())
    return current.filter(_reviewed(kind))


def _reviewed(kind: ModelKind) -> Q:
    if kind == ModelKind.DETECTOR:
        return Q(reviewed_at__isnull=False)
    named = Spine.objects.filter(rejected=False).exclude(reviewed_class="")
    return Q(pk__in=named.values("analysis_image"))


def reviewed_source(kind: ModelKind, labs: Sequence[Lab]) -> Source:
    """The reviewed images of labs, less what is not reviewed. The labs must have consented."""
    several = f"{len(labs)} labs" if len(labs) > 1 else "a lab"
    source = Source(
        folder=REVIEWED,
        name=f"Reviewed spines of {several} of this site",
        licence="with the consent of the labs, for this site",
        source="corrected in Spinula",
        lab_ids=tuple(sorted(lab.pk for lab in labs)),
    )
    spines = Spine.objects.filter(rejected=False)
    if kind == ModelKind.CLASSIFIER:
        spines = spines.exclude(reviewed_class="")
    of_labs = {"analysis__experiment__project__lab__in": labs}
    results = (
        reviewed_results(kind)
        .filter(not_trashed(), **of_labs)
        .select_related("image__experiment__project", "image__cell__subject")
        .prefetch_related(Prefetch("spines", spines.order_by("number"), to_attr="taught"))
        .order_by("-pk")
    )
    seen: dict[str, str] = {}
    twice, gone = [], []
    for result in results:
        view = View(result=result)
        name = result.image.original_name
        if view.key in seen:
            twice.append(name)
        elif (small := _thumbnail_fingerprint(result)) is None:
            gone.append(name)
        else:
            seen[view.key] = name
            source.entries.append(_reviewed_entry(view, small))
    source.left_out += list(_reviewed_left_out(kind, of_labs))
    for names, reason in (
        (twice, "show the same file as another reviewed image; the later review is taken"),
        (gone, "have no stored thumbnail any more"),
    ):
        if names:
            source.left_out.append(left_out("images", names, reason))
    return source


def _reviewed_entry(view: View, small: Fingerprint) -> Entry:
    image, spines = view.result.image, view.result.taught  # type: ignore[attr-defined]
    keys = [f"image:{image.pk}", f"file:{image.sha256}"]
    if image.cell is not None:
        animal = image.cell.subject
        name = hashlib.sha256(animal.name.casefold().encode()).hexdigest()[:16]
        keys += [f"animal:{animal.pk}", f"named:{image.experiment.project_id}:{name}"]
    onto = image.experiment.classes.onto
    return Entry(
        source=REVIEWED,
        file="",
        name=f"image {image.pk}",
        keys=tuple(keys),
        given="",
        width_px=image.width_px,
        height_px=image.height_px,
        pixel_size_um=image.pixel_size_um,
        boxes=tuple((*_taught_box(s), onto.get(s.reviewed_class, NO_CLASS)) for s in spines),
        fingerprint=small,
        view=view,
    )


def _taught_box(spine: Spine) -> tuple[float, float, float, float]:
    """The box that a person set; else the tight one around the outline that a person set; else as it was found."""
    if spine.outline_by_hand is None or spine.box_by_hand:
        return spine.x_px, spine.y_px, spine.width_px, spine.height_px
    return bounds_of(np.array(spine.outline_by_hand, float))


def _thumbnail_fingerprint(result: AnalysisImage) -> Fingerprint | None:
    try:
        with result.image.thumbnail.open("rb") as stored:
            return fingerprint(np.asarray(Picture.open(BytesIO(stored.read())).convert("L")))
    except (OSError, ValueError):
        return None


def _reviewed_left_out(kind: ModelKind, of_labs: dict[str, Any]) -> Iterator[LeftOut]:
    current = AnalysisImage.objects.filter(counted(), **of_labs)
    if aside := AnalysisImage.objects.filter(standing_aside(), _reviewed(kind), **of_labs).count():
        yield LeftOut(
            what="images", count=aside, reason="stand aside, so they teach nothing until somebody admits them"
        )
    if kind == ModelKind.DETECTOR:
        if count := current.filter(reviewed_at=None).count():
            yield LeftOut(what="images", count=count, reason="are not marked as reviewed, so boxes may be missing")
        return
    without_class = Spine.objects.filter(analysis_image__in=current, rejected=False, reviewed_class="")
    if count := without_class.count():
        yield LeftOut(what="spines", count=count, reason="have a class that nobody reviewed")
    if count := Spine.objects.filter(analysis_image__in=current, rejected=True).count():
        yield LeftOut(what="spines", count=count, reason="were rejected in review: they are no spines")
