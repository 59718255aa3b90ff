"""Axes of Plotly figures on matplotlib's: titles, ranges, ticks and grid."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any, Literal

from webapp.report.drawn_traces import INKS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

_LETTERS_ACROSS = 95  # so many fit along the horizontal axis


def dress_axes(axes: Axes, layout: dict[str, Any]) -> None:
    """Give both axes what the layout says of them."""
    axes.set_axisbelow(True)
    for name in ("x", "y"):
        _dress(axes, axes.xaxis if name == "x" else axes.yaxis, layout.get(f"{name}axis") or {}, name)


def _dress(axes: Axes, axis: Axis, said: dict[str, Any], name: Literal["x", "y"]) -> None:
    axis.set_label_text(html.unescape((said.get("title") or {}).get("text") or ""))
    get_limits, set_limits = (axes.get_xlim, axes.set_xlim) if name == "x" else (axes.get_ylim, axes.set_ylim)
    if said.get("range") is not None:
        set_limits(*said["range"])
    elif said.get("autorange") == "reversed":
        set_limits(*reversed(get_limits()))
    elif said.get("rangemode") == "tozero":
        set_limits(get_limits()[0] if _goes_below_zero(axes, name) else 0, None)
    if said.get("tickformat"):
        _format_ticks(axis, said["tickformat"])
    if said.get("tickvals") is not None:
        texts = [html.unescape(text) for text in said["ticktext"]]
        crowded = name == "x" and sum(len(text) + 2 for text in texts) > _LETTERS_ACROSS
        axis.set_ticks(list(said["tickvals"]), texts)
        if crowded:
            axes.tick_params(axis="x", rotation=90 if len(texts) > 16 else 30, labelsize=7 if len(texts) < 30 else 5)
    if said.get("showgrid") is not False:
        axis.grid(visible=True, color=INKS["hairline"], linewidth=0.5)


def _goes_below_zero(axes: Axes, name: Literal["x", "y"]) -> bool:
    low = axes.dataLim.x0 if name == "x" else axes.dataLim.y0
    return bool(low < 0)


def _format_ticks(axis: Axis, tick_format: str) -> None:
    """Plotly takes formats of d3, which Python's are like, as far as charts here use them."""
    from matplotlib.ticker import FuncFormatter

    axis.set_major_formatter(FuncFormatter(lambda value, _: format(value, tick_format)))
