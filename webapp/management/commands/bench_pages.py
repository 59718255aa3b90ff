"""`manage.py bench_pages`: how fast pages answer with a million spines in the database, and what they fetch."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from spines.models import Experiment, Image, Project, Spine
from spines.vocabulary.classes import NETWORK_KEYS
from webapp.management.bench_client import add_row_options, client_among_rows
from webapp.management.timing import Timed, time_page
from webapp.projects.charts import CHARTS as PROJECT_CHARTS
from webapp.results.charts import CHARTS

RESULTS = "results"
FEWER = 8
MOST_ROWS_A_SPINE = 0.1
"""Rows that one query may fetch for each spine of an experiment: a row a dendrite is well below, one a spine is not."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page under a short name; `takes_seconds` where fewer requests must do."""

    name: str
    address: str
    takes_seconds: bool = False


class Command(BaseCommand):
    """Fill a scratch database, ask each page again and again, print a table."""

    help = (
        "Time the pages with a million spines in a database of its own, in this process, through all middleware "
        "(Django's test client). Fails when the results page is too slow or a page fetches a row per spine."
    )
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State the options."""
        add_row_options(parser)
        parser.add_argument("--requests", type=int, default=40, metavar="N", help="a page (default 40)")
        parser.add_argument("--limit-ms", type=float, default=300, help="for the results page's 95th percentile")
        parser.add_argument("--only", default="", metavar="NAME", help="pages whose name holds this")
        parser.add_argument("--queries", action="store_true", help="print each page's slowest query")

    def handle(self, *args: Any, **options: Any) -> None:
        """Fill, time, print, judge."""
        with client_among_rows(options) as client:
            self.stdout.write(f"{Spine.objects.count():,} spines in the database.")
            timed = []
            self.stdout.write(_HEAD)
            for page in _pages():
                if options["only"] in page.name:
                    requests = max(options["requests"] // (FEWER if page.takes_seconds else 1), 1)
                    timed.append(time_page(client, page.name, page.address, requests=requests))
                    self.stdout.write(_line(timed[-1], with_query=options["queries"]))
        self.stdout.write(
            f"{options['requests']} requests a page (an eighth of it for reports), one after the other. Rows are all "
            "that a page fetches, largest those of one of its queries."
        )
        if faults := _faults(timed, limit_ms=options["limit_ms"], most_rows=MOST_ROWS_A_SPINE * options["spines"]):
            raise CommandError("\n".join(faults))


def _pages() -> Iterator[Page]:
    """Mostly of the first experiment, which has results that are no longer current too."""
    project = Project.objects.get()
    first, *_, last = Experiment.objects.order_by("pk")
    image = Image.objects.filter(experiment=first, results__spines__shape__isnull=False).first()
    assert image is not None
    yield Page(name="home", address=reverse("home:home"))
    yield Page(name="project", address=reverse("projects:project", args=[project.pk]))
    for name in PROJECT_CHARTS:
        yield Page(name=f"project's {name}", address=reverse("projects:figure", args=[project.pk, name]))
    yield Page(name="images", address=reverse("experiments:images", args=[first.pk]))
    results = reverse("results:experiment", args=[first.pk])
    yield Page(name=RESULTS, address=results)
    yield Page(name=f"{RESULTS} of another", address=reverse("results:experiment", args=[last.pk]))
    for query in ("condition=control&animal=C01", f"class={NETWORK_KEYS[0]}&class={NETWORK_KEYS[1]}", "score=0.5"):
        yield Page(name=f"{RESULTS}?{query}", address=f"{results}?{query}")
    for name in CHARTS:
        yield Page(name=f"chart {name}", address=reverse("results:figure", args=[first.pk, name]))
    spines = reverse("results:spines", args=[first.pk])
    for query in ("", "?as=gallery", "?page=900", "?sort=-probability"):
        yield Page(name=f"spines{query}", address=spines + query)
    yield Page(name="tests", address=reverse("results:tests", args=[first.pk]))
    yield Page(name="report", address=reverse("report:experiment", args=[first.pk]), takes_seconds=True)
    yield Page(name="image", address=reverse("images:image", args=[image.pk]))
    yield Page(name="image's spines", address=reverse("images:spines_json", args=[image.pk]))
    yield Page(name="analyses", address=reverse("analyses:index"))


_HEAD = f"{'page':<44}{'p50':>9}{'p95':>9}{'queries':>9}{'rows':>8}{'largest':>9}{'kB':>7}"


def _line(timed: Timed, *, with_query: bool) -> str:
    line = (
        f"{timed.name:<44}{timed.at(50):>6.0f} ms{timed.at(95):>6.0f} ms{timed.asked.queries:>9}"
        f"{timed.asked.rows:>8}{timed.asked.most_rows:>9}{timed.size_bytes / 1000:>7.0f}"
    )
    if with_query:
        line += f"\n    slowest, {1000 * timed.asked.slowest_s:.0f} ms: {' '.join(timed.asked.slowest_sql.split())}"
    return line


def _faults(timed: list[Timed], *, limit_ms: float, most_rows: float) -> list[str]:
    slow = [
        f"{page.name}: 95 % of answers should take less than {limit_ms:.0f} ms, and took up to {page.at(95):.0f} ms."
        for page in timed
        if page.name.startswith(RESULTS) and page.at(95) >= limit_ms
    ]
    large = [
        f"{page.name}: one of its queries fetched {page.asked.most_rows:,} rows, it seems one a spine."
        for page in timed
        if page.asked.most_rows > most_rows
    ]
    return slow + large
