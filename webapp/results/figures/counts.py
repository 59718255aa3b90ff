"""Class shares by condition, and spines per image by animal."""

from __future__ import annotations

from collections.abc import Iterable

import plotly.graph_objects as go

from spines.models import Experiment
from spines.selectors.results.charts import ConditionShares, ImageCount, class_shares, spines_per_image
from spines.selectors.results.drawn_rows import MOST_POINTS
from spines.selectors.results.filters import ResultFilters, shown_classes
from spines.vocabulary.classes import SpineClass, share_is_of
from spines.vocabulary.numbers import SHARE, in_words
from webapp.plots import plain_text
from webapp.results.figures.common import GAP, NO_CHOICE, ChartChoice, Rows, empty_figure, rgba, side_by_side


def class_shares_figure(experiment: Experiment, filters: ResultFilters, choice: ChartChoice = NO_CHOICE) -> go.Figure:
    """Bars: mean share over the animals of a condition. Points: one an animal. Grouped by class."""
    conditions = class_shares(experiment, filters)
    classes = shown_classes(experiment.classes, filters)
    if not any(condition.animals_with(name) for condition in conditions for name in classes):
        return empty_figure("No spine was found under these filters, so there are no shares to draw.")
    figure = go.Figure()
    ticks: dict[float, str] = {}
    for at, each in enumerate(experiment.classes.styles[name] for name in classes):
        left = at * (len(conditions) + GAP)
        xs = [left + i for i in range(len(conditions))]
        ticks |= {x: plain_text(c.condition) for x, c in zip(xs, conditions, strict=True)}
        figure.add_trace(_mean_bars(xs, conditions, each))
        figure.add_trace(_animal_points(xs, conditions, each))
        figure.add_annotation(
            x=left + (len(conditions) - 1) / 2,
            y=1,
            yref="paper",
            yanchor="bottom",
            showarrow=False,
            text=f"{each.letter}  {each.name}",
            name=each.letter,  # what a narrow page has room for
        )
    figure.update_layout(
        showlegend=False,
        bargap=0.2,
        xaxis={"tickmode": "array", "tickvals": list(ticks), "ticktext": list(ticks.values()), "showgrid": False},
        yaxis={
            "title": {"text": "share of certain spines"},
            "tickformat": ".0%",
            "rangemode": "tozero",
        },
    )
    return figure


def _mean_bars(xs: list[float], conditions: list[ConditionShares], each: SpineClass) -> go.Bar:
    means = [c.mean_share(each.key) for c in conditions]
    return go.Bar(
        x=xs,
        y=means,
        name=each.name,
        width=0.8,
        marker={"color": rgba(each, 0.35), "line": {"color": rgba(each, 1), "width": 1.5}},
        customdata=[
            [plain_text(c.condition), in_words(c.animals_with(each.key), "animal"), SHARE.said(mean)]
            for c, mean in zip(conditions, means, strict=True)
        ],
        hovertemplate="%{customdata[0]}<br>mean %{customdata[2]} over %{customdata[1]}"
        f"<extra>{each.name}</extra>",
    )


def _animal_points(xs: list[float], conditions: list[ConditionShares], each: SpineClass) -> go.Scatter:
    points = []
    for x, condition in zip(xs, conditions, strict=True):
        animals = [a for a in condition.animals if a.share(each.key) is not None]
        for shift, animal in zip(side_by_side(len(animals)), animals, strict=True):
            row = [plain_text(animal.condition), plain_text(animal.animal), animal.by_class[each.key]]
            row.append(share_is_of(animal.by_class, each.key))
            row.append(SHARE.said(animal.share(each.key)))
            points.append((x + shift, animal.share(each.key), row))
    return go.Scatter(
        x=[p[0] for p in points],
        y=[p[1] for p in points],
        customdata=[p[2] for p in points],
        mode="markers",
        name=f"{each.name}, animals",
        marker={"color": rgba(each, 1), "size": 8, "line": {"width": 1}},
        hovertemplate="%{customdata[1]}, %{customdata[0]}<br>"
        f"%{{customdata[4]}}: %{{customdata[2]}} of %{{customdata[3]}} spines"
        f"<extra>{each.name}</extra>",
    )


def class_shares_rows(experiment: Experiment, filters: ResultFilters, choice: ChartChoice = NO_CHOICE) -> Rows:
    """One row an animal and class; header first. `of_spines` is what the share is of."""
    yield ("condition", "animal", "images", "spine_class", "spines_of_class", "of_spines", "share")
    for condition in class_shares(experiment, filters):
        for animal in condition.animals:
            for name in shown_classes(experiment.classes, filters):
                share = animal.share(name)
                counts = (
                    animal.by_class[name],
                    share_is_of(animal.by_class, name),
                    "" if share is None else round(share, 6),
                )
                yield (animal.condition, animal.animal, animal.images, name, *counts)


def spines_per_image_figure(
    experiment: Experiment, filters: ResultFilters, choice: ChartChoice = NO_CHOICE
) -> go.Figure:
    """Points: one an image. Lines: the mean of each animal's images. Animals stand side by side by condition."""
    animals: dict[tuple[str, str], list[ImageCount]] = {}
    for row in spines_per_image(experiment, filters):
        animals.setdefault((row.condition, row.animal), []).append(row)
    figure = go.Figure()
    xs = _columns(animals)
    images = sum(map(len, animals.values()))
    every = -(-images // MOST_POINTS) or 1
    drawn = {key: rows[::every] for key, rows in animals.items()}
    figure.add_trace(_image_points(xs, drawn))
    figure.add_trace(_animal_means(xs, animals))
    for condition in dict.fromkeys(condition for condition, _ in animals):
        columns = [x for (of, _), x in xs.items() if of == condition]
        middle = (columns[0] + columns[-1]) / 2
        figure.add_annotation(
            x=middle, y=1, yref="paper", yanchor="bottom", showarrow=False, text=plain_text(condition)
        )
    names = [plain_text(animal) for _, animal in animals]
    figure.update_layout(
        showlegend=False,
        xaxis={"tickmode": "array", "tickvals": list(xs.values()), "ticktext": names, "showgrid": False},
        yaxis={"title": {"text": "spines per image"}, "rangemode": "tozero"},
        meta={"note": f"Of {images:,} images every {every}th is drawn; means are of all." if every > 1 else ""},
    )
    return figure


def _columns(animals: Iterable[tuple[str, str]]) -> dict[tuple[str, str], float]:
    xs: dict[tuple[str, str], float] = {}
    last = None
    at = -1.0
    for condition, animal in animals:
        at += 1 if condition == last or last is None else 1 + GAP
        xs[condition, animal] = at
        last = condition
    return xs


def _image_points(xs: dict[tuple[str, str], float], animals: dict[tuple[str, str], list[ImageCount]]) -> go.Scatter:
    points = [
        (xs[key] + shift, row)
        for key, rows in animals.items()
        for shift, row in zip(side_by_side(len(rows)), rows, strict=True)
    ]
    return go.Scatter(
        x=[x for x, _ in points],
        y=[row.spines for _, row in points],
        customdata=[
            [plain_text(row.image), plain_text(row.animal), plain_text(row.condition), row.image_id]
            for _, row in points
        ],
        mode="markers",
        name="Images",
        marker={"size": 7, "opacity": 0.6},
        meta={"ink": "muted", "links": "images"},
        hovertemplate="%{customdata[0]}<br>%{y} spines<extra>%{customdata[1]}, %{customdata[2]}</extra>",
    )


def _animal_means(xs: dict[tuple[str, str], float], animals: dict[tuple[str, str], list[ImageCount]]) -> go.Scatter:
    return go.Scatter(
        x=[xs[key] for key in animals],
        y=[sum(row.spines for row in rows) / len(rows) for rows in animals.values()],
        customdata=[
            [plain_text(animal), plain_text(condition), len(rows)] for (condition, animal), rows in animals.items()
        ],
        mode="markers",
        name="Mean of an animal",
        marker={"symbol": "line-ew-open", "size": 30, "line": {"width": 2.5}},
        meta={"ink": "accent"},
        hovertemplate="%{customdata[0]}<br>mean %{y:.1f} over %{customdata[2]} images<extra>%{customdata[1]}</extra>",
    )


def spines_per_image_rows(experiment: Experiment, filters: ResultFilters, choice: ChartChoice = NO_CHOICE) -> Rows:
    """One row an image; header first."""
    yield ("condition", "animal", "image_id", "image", "spines")
    for row in spines_per_image(experiment, filters):
        yield (row.condition, row.animal, row.image_id, row.image, row.spines)
