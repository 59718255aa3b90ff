"""`manage.py bench_pages`: how fast pages answer with a million spines in the database, and what they fetch."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from spines.models import Spine
from webapp.management.bench_addresses import ACTS, DOWNLOADS, LISTS_SPINES, NOT_ASKED, pages, with_a_picture
from webapp.management.bench_client import add_row_options, client_among_rows, program
from webapp.management.timing import Timed, time_page

OK = 200
TAKES_NO_GET = 405
ACT_MS = 2000

FEWER = 8
MOST_ROWS_A_SPINE = 0.1
"""Rows that one query may fetch for each spine of an experiment: a row a dendrite is well below, one a spine is not."""


class Command(BaseCommand):
    """Fill a scratch database, ask each page again and again, print a table."""

    help = (
        "Time every page of the URL list with a million spines in a database of its own, in this process, through all "
        "middleware (Django's test client). Fails when one is missing, is too slow, or fetches a row per spine."
    )
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State the options."""
        add_row_options(parser)
        parser.add_argument("--requests", type=int, default=40, metavar="N", help="a page (default 40)")
        parser.add_argument("--limit-ms", type=float, default=300, help="for each page's 95th percentile (default 300)")
        parser.add_argument("--only", default="", metavar="NAME", help="pages whose name holds this")
        parser.add_argument("--queries", action="store_true", help="print each page's slowest query")

    def handle(self, *args: Any, **options: Any) -> None:
        """Fill, time, print, judge."""
        with client_among_rows(options) as client, with_a_picture():
            self.stdout.write(f"{Spine.objects.count():,} spines in the database.")
            timed, missing, asking = [], [], program()
            self.stdout.write(_HEAD)
            for page in pages():
                if options["only"] not in page.name:
                    continue
                visitor = asking if page.is_api else client
                status = visitor.get(page.address, secure=True).status_code
                if status == TAKES_NO_GET:
                    continue
                if status != OK:
                    missing.append(f"{page.name}: {page.address} answered {status}: no row was made for it.")
                    continue
                requests = max(options["requests"] // (FEWER if page.takes_seconds else 1), 1)
                timed.append(time_page(visitor, page.name, page.address, requests=requests))
                self.stdout.write(_line(timed[-1], with_query=options["queries"]))
        self.stdout.write(f"{len(timed)} pages of the URL list. Not timed: files ({', '.join(DOWNLOADS)}), and")
        self.stdout.writelines(f"  {name}…: {why}\n" for name, why in NOT_ASKED.items())
        self.stdout.write(
            f"{options['requests']} requests a page (an eighth of it where it takes seconds), one after the other. "
            "First: with no figure kept, as after a change; rows are all fetched then, largest those of one query."
        )
        faults = _faults(timed, limit_ms=options["limit_ms"], most_rows=MOST_ROWS_A_SPINE * options["spines"])
        if faults or missing:
            raise CommandError("\n".join(missing + faults))


_HEAD = f"{'page':<44}{'p50':>9}{'p95':>9}{'first':>9}{'processor':>11}{'queries':>9}{'rows':>8}{'largest':>9}{'kB':>7}"


def _line(timed: Timed, *, with_query: bool) -> str:
    line = (
        f"{timed.name:<44}{timed.at(50):>6.0f} ms{timed.at(95):>6.0f} ms{timed.first_ms:>6.0f} ms"
        f"{timed.processor_ms:>8.0f} ms{timed.asked.queries:>9}"
        f"{timed.asked.rows:>8}{timed.asked.most_rows:>9}{timed.size_bytes / 1000:>7.0f}"
    )
    if with_query:
        line += f"\n    slowest, {1000 * timed.asked.slowest_s:.0f} ms: {' '.join(timed.asked.slowest_sql.split())}"
    return line


def _faults(timed: list[Timed], *, limit_ms: float, most_rows: float) -> list[str]:
    limits = {page.name: max(limit_ms, ACT_MS) if page.name.startswith(ACTS) else limit_ms for page in timed}
    slow = [
        f"{page.name}: 95 % of answers should take less than {limits[page.name]:.0f} ms, and took up to "
        f"{page.at(95):.0f} ms."
        for page in timed
        if page.at(95) >= limits[page.name]
    ]
    large = [
        f"{page.name}: one of its queries fetched {page.asked.most_rows:,} rows, it seems one a spine."
        for page in timed
        if page.asked.most_rows > most_rows and not page.name.startswith(LISTS_SPINES)
    ]
    return slow + large
