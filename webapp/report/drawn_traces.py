"""Traces of Plotly figures on matplotlib's axes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Colour = str | tuple[float, float, float, float]

INKS = {"ink": "#16191d", "muted": "#59626d", "accent": "#4338a8", "line": "#868f9a", "hairline": "#dde1e6"}
"""Of the pages' light theme (static/css/tokens.css)."""

PT_A_PX = 0.75
"""Plotly states sizes in px, matplotlib in pt; a chart is about as wide on paper as on a page."""

SYMBOLS = {
    "circle": "o",
    "square": "s",
    "diamond": "D",
    "triangle-up": "^",
    "triangle-down": "v",
    "cross": "P",
    "x-thin-open": "x",
    "star": "*",
    "hexagon": "h",
    "bowtie": "8",
    "line-ew-open": "_",
}
_DASHES: dict[str, Any] = {
    "solid": "solid",
    "dash": "dashed",
    "dot": "dotted",
    "dashdot": "dashdot",
    "longdash": (0, (8, 3)),
    "longdashdot": (0, (8, 3, 1, 3)),
}
_MANY_POINTS = 400  # above, they are pixels in the SVG, which would be large otherwise


def colour_of(name: Any, otherwise: str) -> Colour:
    """A CSS colour (`#rrggbb`, `rgb()`, `rgba()`) for matplotlib."""
    if not isinstance(name, str):
        return otherwise
    found = re.fullmatch(r"rgba?\(([^)]*)\)", name)
    if not found:
        return name
    red, green, blue, *alpha = (float(part) for part in found[1].split(","))
    return red / 255, green / 255, blue / 255, alpha[0] if alpha else 1.0


def _numbers(values: Any) -> list[Any]:
    """Values of an axis; None leaves a gap in a line."""
    return [np.nan if value is None else value for value in ([] if values is None else values)]


def _ink_of(trace: dict[str, Any], given: Any) -> Colour:
    ink = (trace.get("meta") or {}).get("ink")
    return INKS[ink] if ink else colour_of(given, INKS["accent"])


def draw_scatter(axes: Axes, trace: dict[str, Any], order: int) -> None:
    """Lines, markers or both, with the error bars of `error_y`."""
    x, y = _numbers(trace.get("x")), _numbers(trace.get("y"))
    marker, line, mode = trace.get("marker") or {}, trace.get("line") or {}, trace.get("mode") or "lines+markers"
    colour = _ink_of(trace, marker.get("color") or line.get("color"))
    label = trace.get("name") if trace.get("showlegend") is not False else None
    opacity = trace.get("opacity") or marker.get("opacity") or 1.0
    if "lines" in mode:
        width = (line.get("width") or 2) * PT_A_PX
        dash = _DASHES[line.get("dash") or "solid"]
        axes.plot(
            x, y, color=colour, linewidth=width, linestyle=dash, alpha=opacity, label=label, zorder=3 + order / 1e4
        )
        label = None
    if error := trace.get("error_y"):
        width = (error.get("thickness") or 2) * PT_A_PX
        far = error.get("width", 4) * PT_A_PX
        axes.errorbar(
            x,
            y,
            yerr=[error.get("arrayminus", error["array"]), error["array"]],
            fmt="none",
            ecolor=colour,
            elinewidth=width,
            capthick=width,
            capsize=far,
            zorder=6,
        )
    if "markers" in mode:
        _draw_markers(axes, trace, x, y, colour=colour, opacity=opacity, label=label, order=order)


def _draw_markers(
    axes: Axes,
    trace: dict[str, Any],
    x: list[Any],
    y: list[Any],
    *,
    colour: Colour,
    opacity: float,
    label: str | None,
    order: int,
) -> None:
    marker = trace.get("marker") or {}
    symbol = SYMBOLS[marker.get("symbol") or "circle"]
    size = (marker.get("size") or 6) * PT_A_PX
    edge = (trace.get("meta") or {}).get("edge")
    is_line = symbol in ("_", "x")
    axes.scatter(
        x,
        y,
        s=size**2,
        marker=symbol,
        color=colour,
        edgecolors=None if is_line else {"none": "none", "ink": INKS["ink"]}.get(edge or "", "white"),
        linewidths=(marker.get("line") or {}).get("width", 1.5 if is_line else 0.6) * PT_A_PX,
        alpha=opacity,
        label=label,
        zorder=4 + order / 1e4,
        rasterized=len(x) > _MANY_POINTS,
    )


def place_bars(traces: list[dict[str, Any]], layout: dict[str, Any]) -> None:
    """Give the bars of a group their places side by side, as Plotly does where they state no width."""
    grouped = [trace for trace in traces if trace["type"] == "bar" and trace.get("width") is None]
    if layout.get("barmode") not in (None, "group"):
        raise ValueError(f"Bars that are {layout['barmode']} cannot be drawn on paper yet.")
    for place, trace in enumerate(grouped):
        x = [float(value) for value in trace["x"]]
        step = min(np.diff(sorted(set(x))), default=1.0)
        width = step * (1 - (layout.get("bargap") or 0.2)) / len(grouped)
        trace["x"] = [value + width * (place - (len(grouped) - 1) / 2) for value in x]
        trace["width"] = width


def draw_bar(axes: Axes, trace: dict[str, Any], order: int) -> None:
    """Bars from zero."""
    marker = trace.get("marker") or {}
    colour = _ink_of(trace, marker.get("color"))
    edge = marker.get("line") or {}
    hatch = (marker.get("pattern") or {}).get("shape")
    axes.bar(
        _numbers(trace["x"]),
        _numbers(trace["y"]),
        width=trace["width"],
        color="white" if hatch else colour,
        hatch=3 * hatch if hatch else None,
        edgecolor=colour_of(edge.get("color"), "none") if not hatch else colour,
        linewidth=(edge.get("width") or 0.5) * PT_A_PX,
        label=trace.get("name") if trace.get("showlegend") is not False else None,
        zorder=2,
    )


def draw_heatmap(axes: Axes, trace: dict[str, Any], order: int) -> None:
    """A matrix with its texts; rows and columns are categories."""
    from matplotlib.colors import LinearSegmentedColormap

    stops = [(at, colour_of(name, "white")) for at, name in trace["colorscale"]]
    axes.imshow(
        trace["z"],
        cmap=LinearSegmentedColormap.from_list("of the figure", stops),
        vmin=trace.get("zmin"),
        vmax=trace.get("zmax"),
        aspect="auto",
        origin="lower",
    )
    axes.set_xticks(range(len(trace["x"])), list(trace["x"]))
    axes.set_yticks(range(len(trace["y"])), list(trace["y"]))
    pattern = re.sub(
        r"%\{text(:[^}]*)?\}", lambda found: "{0" + (found[1] or "") + "}", trace.get("texttemplate") or ""
    )
    for row, texts in enumerate(trace.get("text") or ()):
        for column, text in enumerate(texts):
            axes.text(column, row, pattern.format(text), ha="center", va="center", color=INKS["ink"])


DRAWN_BY_TYPE: dict[str, Callable[[Axes, dict[str, Any], int], None]] = {
    "scatter": draw_scatter,
    "bar": draw_bar,
    "heatmap": draw_heatmap,
}
