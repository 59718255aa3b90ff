"""SuperPlots (Lord 2020): faint points of an animal's dendrites or spines, animal means on top, condition means with
their 95 % interval over the animals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import plotly.graph_objects as go

from spines.models import Experiment
from spines.selectors.designs.stated import stated_design
from spines.selectors.results.counts import UNPLACED, tallies
from spines.selectors.results.densities import dendrite_densities, densities
from spines.selectors.results.filters import ResultFilters, all_classes, shown_classes
from spines.selectors.results.mean_interval import spread_of
from spines.selectors.results.measures import animal_measures, spine_sample
from spines.statistics.design import Design
from spines.vocabulary.densities import per_10_um
from spines.vocabulary.measures import MEASURES
from spines.vocabulary.numbers import DENDRITE_UM, PER_UM, Unit
from webapp.plots import plain_text
from webapp.results.figures.common import (
    MOST_IN_A_LEGEND,
    NO_CHOICE,
    ChartChoice,
    Rows,
    animal_marks,
    drawn_of,
    empty_figure,
    interval_bars,
    legend_beneath,
    scattered,
    side_by_side,
)

NO_DENSITY = (
    "There is no density to draw: no image under these filters has both a pixel size and a traced dendrite. "
    "Set the pixel size on the experiment's images page."
)


def no_measure(measure: str) -> str:
    """Why nothing can be drawn of a measure."""
    return (
        f"None of these spines has a {MEASURES[measure].label.lower()}. It needs the image's pixel size, a "
        "dendrite under the spine and an outline that can be trusted; the Spines page says which is missing."
    )


@dataclass(kw_only=True)
class AnimalColumn:
    """One animal of a SuperPlot. A point's row is (text, x, y, image id, spine id): what hovering and a click need."""

    condition: str
    animal: str
    mean: float | None
    n: int
    is_placed: bool
    values: list[float] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)


def superplot(
    columns: Sequence[AnimalColumn], *, axis: str, unit: Unit, of: str, design: Design | None = None
) -> go.Figure:
    """Draw the columns.

    Parameters
    ----------
    of : what a point is, "spine" or "dendrite".
    design : where it holds animals against themselves, an animal has one mark in all its conditions and a line through
        its means.
    """
    conditions = list(dict.fromkeys(column.condition for column in columns))
    is_paired = bool(design and design.within)
    names = ((column.animal if is_paired else column.condition, column.animal) for column in columns)
    marked = animal_marks(names)
    marks = {
        (column.condition, column.animal): marked[column.animal if is_paired else column.condition, column.animal]
        for column in columns
    }
    figure = go.Figure()
    for column in columns:
        at = conditions.index(column.condition)
        mark = marks[column.condition, column.animal]
        figure.add_trace(
            go.Scatter(
                x=[at + shift for shift in scattered(len(column.values))],
                y=column.values,
                customdata=column.rows,
                mode="markers",
                name=plain_text(column.animal),
                legendgroup=f"{at} {plain_text(column.animal)}",
                showlegend=False,
                marker={"color": mark.colour, "symbol": mark.symbol, "size": 5, "opacity": 0.35},
                meta={"links": "images", "edge": "none"},
                hovertemplate=f"%{{customdata[0]}}<br>{unit.at_pointer('y')}<extra>{plain_text(column.animal)}</extra>",
            )
        )
    named: set[str] = set()
    if design is not None and is_paired:
        _draw_lines(figure, conditions, columns, design)
    for at, condition in enumerate(conditions):
        there = _there(columns, condition)
        for shift, column in zip(side_by_side(len(there)), there, strict=True):
            mark = marks[column.condition, column.animal]
            figure.add_trace(
                go.Scatter(
                    x=[at + shift],
                    y=[column.mean],
                    customdata=[[column.n, of if column.n == 1 else f"{of}s", plain_text(condition)]],
                    mode="markers",
                    name=plain_text(column.animal),
                    legendgroup=f"{at} {plain_text(column.animal)}",
                    showlegend=not (is_paired and column.animal in named),
                    marker={"color": mark.colour, "symbol": mark.symbol, "size": 13, "line": {"width": 1.5}},
                    meta={"edge": "ink"},
                    hovertemplate=f"{unit.mean_at_pointer('y')}: of %{{customdata[0]:,}} %{{customdata[1]}}"
                    f"<extra>{plain_text(column.animal)}, %{{customdata[2]}}</extra>",
                )
            )
            named.add(column.animal)
    figure.add_trace(_condition_means(conditions, columns, unit))
    figure.update_layout(
        showlegend=len(columns) <= MOST_IN_A_LEGEND,
        legend=legend_beneath(450),
        xaxis={
            "tickmode": "array",
            "tickvals": list(range(len(conditions))),
            "ticktext": [plain_text(condition) for condition in conditions],
            "range": [-0.6, len(conditions) - 0.4],
            "showgrid": False,
        },
        yaxis={"title": {"text": axis}, "rangemode": "tozero"},
    )
    return figure


def _there(columns: Sequence[AnimalColumn], condition: str) -> list[AnimalColumn]:
    return [column for column in columns if column.condition == condition and column.mean is not None]


def _draw_lines(figure: go.Figure, conditions: Sequence[str], columns: Sequence[AnimalColumn], design: Design) -> None:
    """A line through the means of each animal in the conditions that it goes through."""
    points: dict[tuple[tuple[str, ...], str], list[tuple[float, float | None]]] = {}
    for at, condition in enumerate(conditions):
        there = _there(columns, condition)
        for shift, column in zip(side_by_side(len(there)), there, strict=True):
            if condition in design.conditions and column.is_placed:
                points.setdefault((design.group(condition), column.animal), []).append((at + shift, column.mean))
    for (_, animal), of_animal in points.items():
        if len(of_animal) > 1:
            figure.add_trace(
                go.Scatter(
                    x=[x for x, _ in of_animal],
                    y=[y for _, y in of_animal],
                    mode="lines",
                    name=plain_text(animal),
                    showlegend=False,
                    line={"width": 1.2},
                    opacity=0.6,
                    meta={"ink": "muted"},
                    hoverinfo="skip",
                )
            )


def _condition_means(conditions: Sequence[str], columns: Sequence[AnimalColumn], unit: Unit) -> go.Scatter:
    spreads = [spread_of(c.mean for c in columns if c.condition == name and c.is_placed) for name in conditions]
    there = [(at, s) for at, s in enumerate(spreads) if s.mean is not None]
    return go.Scatter(
        x=[at for at, _ in there],
        y=[s.mean for _, s in there],
        error_y=interval_bars([s for _, s in there], width=8),
        customdata=[
            [s.n, f"{unit.between(s.low, s.high)} {unit.symbol}" if s.low is not None else "none below three animals"]
            for _, s in there
        ],
        mode="markers",
        name="Mean of the animals, 95 % interval",
        showlegend=False,
        marker={"symbol": "line-ew-open", "size": 46, "line": {"width": 2.5}},
        meta={"ink": "ink"},
        hovertemplate=f"mean of %{{customdata[0]}} animals {unit.mean_at_pointer('y')}"
        "<br>95 % interval %{customdata[1]}<extra></extra>",
    )


def _measure_columns(
    experiment: Experiment, filters: ResultFilters, measure: str
) -> tuple[list[AnimalColumn], int, int]:
    columns = {
        (row.condition, row.animal): AnimalColumn(
            condition=row.condition,
            animal=row.animal,
            mean=row.means[measure],
            n=row.counts[measure],
            is_placed=row.is_placed,
        )
        for row in animal_measures(experiment, filters)
        if row.counts[measure]
    }
    sample = spine_sample(experiment, filters, measure)
    for point in sample.points:
        column = columns.get((point.condition, point.animal))
        if column is not None:  # else a result came in between the two questions
            column.values.append(point.values[0])
            label = f"spine {point.number} of {plain_text(point.image)}"
            column.rows.append([label, point.spine_class, point.values[0], point.image_id, point.spine_id])
    return list(columns.values()), len(sample.points), sample.there


def measure_figure(experiment: Experiment, filters: ResultFilters, choice: ChartChoice = NO_CHOICE) -> go.Figure:
    """SuperPlot of the chosen measure: points are spines."""
    columns, drawn, there = _measure_columns(experiment, filters, choice.measure)
    if not there:
        return empty_figure(no_measure(choice.measure))
    named = MEASURES[choice.measure]
    design = stated_design(experiment)
    figure = superplot(columns, axis=named.axis, unit=named.unit, of="spine", design=design)
    notes = (drawn_of(drawn, there, "spine"), named.caveat)
    figure.update_layout(meta={"note": " ".join(note for note in notes if note)})
    return figure


def measure_rows(experiment: Experiment, filters: ResultFilters, choice: ChartChoice = NO_CHOICE) -> Rows:
    """The animals' means, then the drawn spines; header first."""
    yield ("row_is", "condition", "animal", "spines", "image_id", "spine_id", choice.measure)
    columns, _, _ = _measure_columns(experiment, filters, choice.measure)
    for c in columns:
        yield ("animal mean", c.condition, c.animal, c.n, "", "", c.mean)
    for c in columns:
        for value, row in zip(c.values, c.rows, strict=True):
            yield ("spine", c.condition, c.animal, "", row[3], row[4], value)


def _density_columns(experiment: Experiment, filters: ResultFilters) -> tuple[list[AnimalColumn], int, int]:
    classes = shown_classes(experiment.classes, filters)
    columns: dict[tuple[str, str], AnimalColumn] = {}
    for condition in densities(tallies(experiment, all_classes(filters))):
        groups = [*condition.animals, condition.unplaced] if condition.unplaced.images else condition.animals
        for group in groups:
            name = UNPLACED if group is condition.unplaced else group.key[2]
            columns[condition.condition, name] = AnimalColumn(
                condition=condition.condition,
                animal=name,
                mean=group.per_um(*classes),
                n=group.dendrites,
                is_placed=group is not condition.unplaced,
            )
    found = dendrite_densities(experiment, filters)
    for dendrite in found.dendrites:
        column = columns.get((dendrite.condition, dendrite.animal))
        if column is not None:  # else a result came in between the two questions
            counted = sum(dendrite.by_class[name] for name in classes)
            label = f"dendrite {dendrite.number} of {plain_text(dendrite.image)}"
            label = f"{label}: {counted} on {DENDRITE_UM.value(dendrite.length_um)} µm"
            column.values.append(dendrite.per_um(*classes))
            column.rows.append([label, dendrite.number, counted, dendrite.image_id])
    return list(columns.values()), len(found.dendrites), found.there


def density_figure(experiment: Experiment, filters: ResultFilters, choice: ChartChoice = NO_CHOICE) -> go.Figure:
    """SuperPlot of densities: points are dendrites."""
    columns, drawn, there = _density_columns(experiment, filters)
    if not there:
        return empty_figure(NO_DENSITY)
    axis, design = _density_axis(experiment, filters), stated_design(experiment)
    figure = superplot(columns, axis=axis, unit=PER_UM, of="dendrite", design=design)
    figure.update_layout(meta={"note": drawn_of(drawn, there, "dendrite")})
    return figure


def _density_axis(experiment: Experiment, filters: ResultFilters) -> str:
    classes = shown_classes(experiment.classes, filters)
    return "spines per µm" if classes == experiment.classes.counted else f"{' + '.join(classes)} spines per µm"


def density_rows(experiment: Experiment, filters: ResultFilters, choice: ChartChoice = NO_CHOICE) -> Rows:
    """Every dendrite with a length, its spines by class and its density; header first."""
    classes = shown_classes(experiment.classes, filters)
    yield (
        *("condition", "animal", "cell", "image_id", "image", "dendrite", "length_um"),
        *(f"{name}_spines" for name in classes),
        *("spines", "spines_per_um", "spines_per_10_um"),
    )
    for row in dendrite_densities(experiment, filters, most=None).dendrites:
        counts = [row.by_class[name] for name in classes]
        place = (row.condition, row.animal, row.cell, row.image_id, row.image, row.number, row.length_um)
        yield (*place, *counts, sum(counts), row.per_um(*classes), per_10_um(row.per_um(*classes)))
