"""Where spines sit along dendrites: one row a dendrite."""

from __future__ import annotations

from itertools import groupby

import plotly.graph_objects as go

from spines.models import Experiment
from spines.selectors.results.filters import ResultFilters, shown_classes
from spines.selectors.results.positions import DENDRITES_A_PAGE, DendritePage, dendrite_page
from spines.vocabulary.numbers import DENDRITE_UM
from webapp.plots import plain_text
from webapp.results.figures.common import (
    NO_CHOICE,
    ChartChoice,
    Rows,
    empty_figure,
    legend_beneath,
    rgba,
)

NO_POSITIONS = "There are no dendrites with a length in µm under these filters, so no spine has a place along one."
_ROW_PX = 16
_SIDE = 0.22


def positions_figure(experiment: Experiment, filters: ResultFilters, choice: ChartChoice = NO_CHOICE) -> go.Figure:
    """A line is a dendrite; a mark above or beneath it a spine on its left or right."""
    found = dendrite_page(experiment, filters, page=choice.page)
    if not found.dendrites:
        return empty_figure(NO_POSITIONS)
    figure = go.Figure(_dendrite_lines(found))
    for name in shown_classes(experiment.classes, filters):
        each = experiment.classes.styles[name]
        seated = [(row, d, s) for row, d in enumerate(found.dendrites) for s in d.spines if s.spine_class == name]
        if seated:
            figure.add_trace(
                go.Scatter(
                    x=[s.position_um for _, _, s in seated],
                    y=[row + _SIDE * s.side for row, _, s in seated],
                    customdata=[
                        [f"spine {s.number} of {plain_text(d.image)}", plain_text(d.animal), "", d.image_id, s.spine_id]
                        for _, d, s in seated
                    ],
                    mode="markers",
                    name=f"{each.letter} {each.name}",
                    marker={"color": rgba(each, 1), "symbol": each.symbol, "size": 6},
                    meta={"links": "images", "edge": "none"},
                    hovertemplate=f"%{{customdata[0]}}<br>at {DENDRITE_UM.at_pointer('x')}"
                    f"<extra>{each.name}, %{{customdata[1]}}</extra>",
                )
            )
    ticks = [
        (next(rows)[0], plain_text(animal if animal == condition else f"{animal}, {condition}"))
        for (condition, animal), rows in groupby(enumerate(found.dendrites), lambda r: (r[1].condition, r[1].animal))
    ]
    figure.update_layout(
        showlegend=True,
        legend=legend_beneath(_ROW_PX * len(found.dendrites)),
        xaxis={"title": {"text": "position along the dendrite, µm"}, "rangemode": "tozero"},
        yaxis={
            "tickmode": "array",
            "tickvals": [at for at, _ in ticks],
            "ticktext": [label for _, label in ticks],
            "range": [len(found.dendrites) - 0.4, -0.6],
            "showgrid": False,
        },
        meta={"note": _which(found), "height": 150 + _ROW_PX * len(found.dendrites)},
    )
    return figure


def _dendrite_lines(found: DendritePage) -> go.Scatter:
    x: list[float | None] = []
    y: list[float | None] = []
    hovers: list[list[str]] = []
    for row, dendrite in enumerate(found.dendrites):
        label = f"dendrite {dendrite.number} of {plain_text(dendrite.image)}, {DENDRITE_UM.value(dendrite.length_um)}"
        x += [0, dendrite.length_um, None]
        y += [row, row, None]
        hovers += [[label]] * 3
    return go.Scatter(
        x=x,
        y=y,
        customdata=hovers,
        mode="lines",
        name="Dendrites",
        showlegend=False,
        line={"width": 1.5},
        meta={"ink": "muted"},
        hovertemplate="%{customdata[0]}<extra></extra>",
    )


def _which(found: DendritePage) -> str:
    first = (found.page - 1) * DENDRITES_A_PAGE + 1
    if found.pages == 1:
        return ""
    return f"Dendrites {first:,} to {first + len(found.dendrites) - 1:,} of {found.there:,}."


def positions_rows(experiment: Experiment, filters: ResultFilters, choice: ChartChoice = NO_CHOICE) -> Rows:
    """The spines of the drawn dendrites; a dendrite without a spine has one row without; header first."""
    yield (
        *("condition", "animal", "image_id", "image", "dendrite", "dendrite_length_um"),
        *("spine_id", "position_um", "side", "spine_class"),
    )
    for d in dendrite_page(experiment, filters, page=choice.page).dendrites:
        place = (d.condition, d.animal, d.image_id, d.image, d.number, d.length_um)
        for s in d.spines:
            yield (*place, s.spine_id, s.position_um, "right" if s.side > 0 else "left", s.spine_class)
        if not d.spines:
            yield (*place, "", "", "", "")
