"""What every Plotly figure needs on its way to a page."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go


def for_the_page(figure: go.Figure) -> dict[str, Any]:
    """As Plotly.react takes it, less the template: ground, ink and grid come from the page's theme."""
    body: dict[str, Any] = figure.to_plotly_json()
    body["layout"].pop("template", None)
    return body


def plain_text(name: str) -> str:
    """A name that a user gave, without the signs that Plotly would read as markup.

    >>> plain_text("<b>A & B</b>")
    '&lt;b&gt;A &amp; B&lt;/b&gt;'
    """
    return name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
