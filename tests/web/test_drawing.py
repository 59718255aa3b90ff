"""Charts on paper: every chart of the pages can be drawn, and none loses a part unnoticed."""

from __future__ import annotations

import io

import plotly.graph_objects as go
import pytest
from PIL import Image

from spines.models import Spine
from spines.selectors.results.filters import ResultFilters
from tests.web.three_designs import square
from webapp.projects.charts import CHARTS as PROJECT_CHARTS
from webapp.projects.charts import ProjectChoice, project_figure
from webapp.report.drawing import PNG_DPI, WIDTH_INCH, draw, plain
from webapp.results.charts import CHARTS
from webapp.results.figures.common import ChartChoice


@pytest.mark.django_db
def test_every_chart_of_the_pages_can_be_drawn() -> None:
    experiment = square().experiment
    Spine.objects.filter(number__lte=3).update(reviewed_class="thin")  # one chart is of what people said
    figures = [chart.figure(experiment, ResultFilters(), ChartChoice()) for chart in CHARTS.values()]
    figures += [project_figure(chart, [experiment], ProjectChoice()) for chart in PROJECT_CHARTS.values()]
    for figure in figures:
        assert not (figure.layout.meta or {}).get("empty")
        with Image.open(io.BytesIO(draw(figure.to_plotly_json(), file_format="png"))) as drawn:
            assert drawn.width == WIDTH_INCH * PNG_DPI
            assert sum(n > 0 for n in drawn.convert("L").histogram()) > 10


def test_the_same_figure_is_the_same_file_and_text_stays_text() -> None:
    figure = go.Figure(go.Scatter(x=[0, 1, None, 2], y=[1, 2, None, 3], mode="lines", line={"dash": "dash"}))
    figure.update_layout(yaxis={"title": {"text": "price, $ per $ &lt;b&gt;"}})
    assert draw(figure.to_plotly_json(), file_format="svg") == draw(figure.to_plotly_json(), file_format="svg")
    assert plain("&lt;b&gt; <b>bold</b><br>$x$") == "<b> bold\n$x$"


@pytest.mark.parametrize(
    ("figure", "says"),
    [
        (go.Figure(go.Pie(values=[1, 2])), "type pie"),
        (go.Figure(go.Bar(x=[1], y=[1]), {"barmode": "stack"}), "Bars that are stack"),
    ],
)
def test_what_it_does_not_know_is_refused(figure: go.Figure, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        draw(figure.to_plotly_json(), file_format="png")
