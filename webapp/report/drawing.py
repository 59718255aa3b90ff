"""Plotly figures drawn on paper: the same definitions as on the pages, in the light theme, by matplotlib.

Knows the traces that Spinula's charts are made of (scatter, bar, heatmap) and refuses others, so that a chart never
loses a part unnoticed. matplotlib is imported with the first drawing, never when the pages start.
"""

from __future__ import annotations

import html
import io
import re
import threading
from typing import TYPE_CHECKING, Any, Literal

from webapp.report.drawn_axes import dress_axes
from webapp.report.drawn_traces import DRAWN_BY_TYPE, INKS, place_bars

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Format = Literal["png", "svg"]
WIDTH_INCH, HEIGHT_INCH = 6.9, 2.7
PNG_DPI = 200
_ONE_AT_A_TIME = threading.Lock()  # matplotlib's text layout is shared by all threads

STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "text.parse_math": False,  # a name may hold two dollar signs
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INKS["line"],
    "axes.linewidth": 0.6,
    "xtick.color": INKS["line"],
    "ytick.color": INKS["line"],
    "xtick.labelcolor": INKS["ink"],
    "ytick.labelcolor": INKS["ink"],
    "axes.labelcolor": INKS["ink"],
    "legend.frameon": False,
    "legend.fontsize": 7,
    "svg.hashsalt": "spinula",  # the same chart is the same file
    "svg.fonttype": "path",
}


def draw(figure: dict[str, Any], *, file_format: Format) -> bytes:
    """The figure as a PNG of 200 dots an inch or as an SVG, 6.9 inches wide.

    Parameters
    ----------
    figure : as Plotly's JSON, {"data": […], "layout": {…}}.

    Raises
    ------
    ValueError
        When the figure has a trace of a type that is not known here.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    traces, layout = figure["data"], figure["layout"]
    if unknown := {trace["type"] for trace in traces} - set(DRAWN_BY_TYPE):
        raise ValueError(f"Traces of type {', '.join(sorted(unknown))} cannot be drawn on paper yet.")
    # Plotly measures heights in px; a chart of many rows asks for more of them than the usual 380.
    height = HEIGHT_INCH * max((layout.get("meta") or {}).get("height", 380) / 380, 1)
    with _ONE_AT_A_TIME, mpl.rc_context(STYLE):
        canvas = Figure(figsize=(WIDTH_INCH, min(height, 3.2 * HEIGHT_INCH)), layout="constrained")
        axes = canvas.add_subplot()
        place_bars(traces, layout)
        for order, trace in enumerate(traces):
            DRAWN_BY_TYPE[trace["type"]](axes, trace, order)
        dress_axes(axes, layout)
        _annotate(axes, layout)
        _add_legend(axes, layout)
        drawn = io.BytesIO()
        metadata = {"Date": None} if file_format == "svg" else None
        canvas.savefig(drawn, format=file_format, dpi=PNG_DPI, metadata=metadata)
    return drawn.getvalue()


def plain(text: str) -> str:
    """Text as Plotly would show it: its few marks gone, its entities as signs.

    >>> plain("A &amp; B<br><b>C</b>")
    'A & B\\nC'
    """
    return html.unescape(re.sub(r"<[^>]+>", "", text.replace("<br>", "\n")))


def _annotate(axes: Axes, layout: dict[str, Any]) -> None:
    for note in layout.get("annotations") or ():
        on_paper = note.get("yref") == "paper"
        axes.annotate(
            plain(note["text"]),
            (note["x"], note["y"]),
            xycoords=("data", "axes fraction" if on_paper else "data"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            va="bottom",
            color=INKS["ink"],
        )


def _add_legend(axes: Axes, layout: dict[str, Any]) -> None:
    """Above the chart, each name once: an animal's faint points and its mean share one."""
    handles, labels = axes.get_legend_handles_labels()
    if layout.get("showlegend") is False or not handles:
        return
    once = {plain(label): handle for label, handle in zip(labels, handles, strict=True)}
    axes.legend(
        once.values(),
        once.keys(),
        loc="lower left",
        bbox_to_anchor=(0, 1.01),
        ncols=min(len(once), 6),
        borderaxespad=0,
        handletextpad=0.5,
        columnspacing=1.2,
        markerscale=0.7,
    )
