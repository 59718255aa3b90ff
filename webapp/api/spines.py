"""Spines and dendrites one by one, a page at a time. What a field is stands in the data dictionary of the exports."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from ninja import Query, Router, Schema
from pydantic import Field, create_model

from spines import models
from spines.access import get_experiment
from spines.export.dictionary import DENDRITES, SPINES
from spines.models import DendriteSource, SpineSource
from spines.selectors.results.rows import dendrites_of, spines_of
from spines.vocabulary.classes import LEFT_OUT, NETWORK_KEYS, ClassSet
from spines.vocabulary.densities import without
from spines.vocabulary.measures import MEASURES
from webapp.api.failures import answers
from webapp.api.fields import PathId, described
from webapp.api.narrowing import ResultQuery, SpineClassName, SpineQuery, filters_of
from webapp.api.paging import Page, Paging, page_of
from webapp.api.results import ClassCounts
from webapp.requests import UserRequest

router = Router(tags=["Results"])


class Measured(Schema):
    """What is measured of a spine."""

    quality: str | None = described(SPINES, "quality")


if not TYPE_CHECKING:
    _FIELDS = {name: (float | None, described(SPINES, name)) for name in MEASURES}
    Measured = create_model("Measured", __base__=Measured, __module__=__name__, __doc__=Measured.__doc__, **_FIELDS)


class Spine(Measured):
    """A dendritic spine that counts."""

    id: int = described(SPINES, "spine_id")
    image_id: int = described(SPINES, "image_id")
    analysis_id: int = described(SPINES, "analysis_id")
    spine_number: int = described(SPINES, "spine_number")
    x_px: float = described(SPINES, "x_px")
    y_px: float = described(SPINES, "y_px")
    width_px: float = described(SPINES, "width_px")
    height_px: float = described(SPINES, "height_px")
    spine_class: SpineClassName = described(SPINES, "spine_class")
    network_class: str | None = described(SPINES, "network_class")
    reviewed_class: str | None = described(SPINES, "reviewed_class")
    proposed_class: str | None = described(SPINES, "proposed_class")
    classed_by: Literal["person", "examples", "network"] = described(SPINES, "classed_by")
    reviewed_at: datetime | None = described(SPINES, "reviewed_at")
    uncertain: bool = described(SPINES, "uncertain")
    detection_score: float | None = described(SPINES, "detection_score")
    class_probabilities: dict[str, float] | None = Field(
        description=f"The network's, of {', '.join(NETWORK_KEYS)}: they add up to 1. Null where a person added the "
        "spine."
    )
    source: SpineSource = described(SPINES, "source")
    dendrite_id: int | None = described(SPINES, "dendrite_id")
    position_px: float | None = described(SPINES, "position_px")
    position_um: float | None = described(SPINES, "position_um")
    side: int | None = described(SPINES, "side")
    rule_classes: dict[str, str] = Field(
        description="Class by the rules of each preset, from the measures: a second opinion, no ground truth. "
        "Without a measure that it needs, a preset is left out."
    )


class Dendrite(Schema):
    """A dendrite with the spines on it; spines on no dendrite are not among them."""

    id: int = described(DENDRITES, "dendrite_id")
    image_id: int = described(DENDRITES, "image_id")
    analysis_id: int = described(DENDRITES, "analysis_id")
    dendrite_number: int = described(DENDRITES, "dendrite_number")
    source: DendriteSource = described(DENDRITES, "source")
    edited: bool = described(DENDRITES, "edited")
    length_px: float = described(DENDRITES, "length_px")
    length_um: float | None = described(DENDRITES, "length_um")
    points_px: list[tuple[float, float]] = Field(
        description="Its centreline as a polyline of x and y in pixels of the original image; (0, 0) is the outer "
        "corner of its first pixel."
    )
    radius_px: list[float] = Field(description="Half the width of the shaft at each point.")
    spines: int = described(DENDRITES, "spines")
    spines_by_class: ClassCounts
    spines_per_um: float | None = described(DENDRITES, "spines_per_um")
    without_filopodia_per_um: float | None = described(DENDRITES, "without_filopodia_per_um")


def spine_fields(spine: models.Spine) -> dict[str, Any]:
    """The fields of `Spine`."""
    return dict(
        id=spine.pk,
        image_id=spine.analysis_image.image_id,
        analysis_id=spine.analysis_image.analysis_id,
        spine_number=spine.number,
        x_px=spine.x_px,
        y_px=spine.y_px,
        width_px=spine.width_px,
        height_px=spine.height_px,
        spine_class=spine.final_class,
        network_class=spine.spine_class or None,
        reviewed_class=spine.reviewed_class or None,
        proposed_class=spine.proposed_class or None,
        classed_by="person" if spine.reviewed_class else "examples" if spine.proposed_class else "network",
        reviewed_at=spine.reviewed_at,
        uncertain=spine.uncertain,
        detection_score=spine.score,
        class_probabilities=spine.class_probabilities,
        source=SpineSource(spine.source),
        dendrite_id=spine.dendrite_id,
        position_px=spine.position_px,
        position_um=spine.position_um,
        side=spine.side,
        quality=spine.quality or None,
        rule_classes={preset: name for preset, name in spine.rule_classes.items() if name},
        **{name: getattr(spine, name) for name in MEASURES},
    )


def _spine(spine: models.Spine) -> Spine:
    return Spine(**spine_fields(spine))


def _dendrite(dendrite: Any, classes: ClassSet) -> Dendrite:
    density = dendrite.density
    return Dendrite(
        id=dendrite.pk,
        image_id=dendrite.analysis_image.image_id,
        analysis_id=dendrite.analysis_image.analysis_id,
        dendrite_number=dendrite.number,
        source=DendriteSource(dendrite.source),
        edited=dendrite.edited,
        length_px=dendrite.length_px,
        length_um=dendrite.length_um,
        points_px=dendrite.points_px,
        radius_px=dendrite.radius_px,
        spines=density.spines,
        spines_by_class={name: density.by_class.get(name, 0) for name in classes.counted},
        spines_per_um=density.spines_per_um,
        without_filopodia_per_um=without(classes.standing_for(LEFT_OUT)).of(density.by_class, dendrite.length_um),
    )


@router.get(
    "/experiments/{int:experiment_id}/spines",
    response=answers(404, 422, also={200: Page[Spine]}),
    operation_id="list_spines",
    summary="List an experiment's spines",
)
def list_spines(
    request: UserRequest, experiment_id: PathId, narrowed: Query[SpineQuery], page: Query[Paging]
) -> Page[Spine]:
    """Of the images' latest results, by number; the rejected left out. For all at once take the CSV export."""
    experiment = get_experiment(request.user, experiment_id)
    spines = spines_of(experiment, filters_of(narrowed, experiment)).select_related("analysis_image")
    return page_of(spines.order_by("pk"), page, _spine)


@router.get(
    "/experiments/{int:experiment_id}/dendrites",
    response=answers(404, 422, also={200: Page[Dendrite]}),
    operation_id="list_dendrites",
    summary="List an experiment's dendrites with their densities",
)
def list_dendrites(
    request: UserRequest, experiment_id: PathId, narrowed: Query[ResultQuery], page: Query[Paging]
) -> Page[Dendrite]:
    """Of the images' latest results, by number."""
    experiment = get_experiment(request.user, experiment_id)
    dendrites = dendrites_of(experiment, filters_of(narrowed, experiment)).select_related("analysis_image", "density")
    return page_of(dendrites.order_by("pk"), page, lambda row: _dendrite(row, experiment.classes))
