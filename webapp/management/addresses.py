"""Every address of the pages and the API, from the list of URL patterns: a new one is known without being told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import IntConverter
from django.urls.resolvers import RoutePattern

from webapp.projects.charts import CHARTS as PROJECT_CHARTS
from webapp.results.charts import CHARTS as RESULT_CHARTS

OTHERS = {"admin/", "healthz/"}
"""Django's administration is entered by administrators alone, and tested by Django; the health page knows no rows."""

SLUGS: dict[str, tuple[str, ...]] = {
    "results:figure": tuple(RESULT_CHARTS),
    "results:figure_csv": tuple(RESULT_CHARTS),
    "projects:figure": tuple(PROJECT_CHARTS),
    "projects:figure_csv": tuple(PROJECT_CHARTS),
}
WORDS = {"kind": "detector", "name": "curves", "secret": "guessed", "uidb64": "MQ", "token": "guessed", "key": "x"}


def patterns(
    resolver: URLResolver | None = None, route: str = "", space: str = ""
) -> Iterator[tuple[str, str, URLPattern]]:
    """(name, route, pattern) of each address."""
    for pattern in (resolver or get_resolver()).url_patterns:
        here = route + str(pattern.pattern)
        if here in OTHERS:
            continue
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from patterns(pattern, here, inner)
        else:
            yield f"{space}{pattern.name or ''}", here, pattern


def addresses(rows: Mapping[str, int]) -> list[tuple[str, str]]:
    """(name, path) of every address, with the ids of `rows` (by the name of the parameter; others get 1)."""
    made = []
    for name, route, pattern in patterns():
        assert isinstance(pattern.pattern, RoutePattern), f"{name} is no plain route: say here how to fill it in"
        path, slug = "/" + route, ""
        for parameter, converter in sorted(converters_of(route).items()):
            if isinstance(converter, IntConverter):
                value = str(rows.get(parameter, 1))
            elif name in SLUGS:
                slug, value = parameter, ""
                continue
            else:
                value = WORDS.get(parameter, "x")
            path = filled(path, parameter, value)
        values = SLUGS[name] if slug else ("",)
        made += [(name, filled(path, slug, value) if slug else path) for value in values]
    return made


def converters_of(route: str) -> dict[str, Any]:
    """The parameters of a whole route."""
    return dict(RoutePattern(route).converters)


def filled(path: str, parameter: str, value: str) -> str:
    """The path with the parameter's place filled."""
    before, _, after = path.partition(":" + parameter + ">")
    if not after and ":" + parameter + ">" not in path:
        before, _, after = path.partition("<" + parameter + ">")
        return before + value + after
    return before[: before.rindex("<")] + value + after
