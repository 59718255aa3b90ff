"""What the address chooses of the charts beside the filters."""

from __future__ import annotations

from django.http import QueryDict

from spines.selectors.results.measures import measure_named
from webapp.filters import AskedFilters
from webapp.results.figures.common import ChartChoice


def asked_choice(query: QueryDict) -> ChartChoice:
    """Which measure (`measure`) and which page of dendrites (`dendrites`) an address chooses of the charts."""
    page = query.get("dendrites", "1")
    measure = measure_named(query.get("measure") or ChartChoice.measure)
    return ChartChoice(measure=measure, page=int(page[:6]) if page.isdecimal() else 1)


def chart_query(asked: AskedFilters, choice: ChartChoice) -> str:
    """Filters and choices together, as an address: what a chart is drawn from."""
    query = QueryDict(asked.query, mutable=True)
    if choice.measure != ChartChoice.measure:
        query["measure"] = choice.measure
    if choice.page != ChartChoice.page:
        query["dendrites"] = str(choice.page)
    return query.urlencode()
