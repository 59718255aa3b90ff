"""What the benchmarks of pages and of downloads begin with: many spines in a database of its own, and a visitor."""

from __future__ import annotations

import logging
import secrets
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import Client

from spines.models import User
from spines.services.accounts.tokens import create_token
from webapp.management.many_spines import make_rows
from webapp.management.scratch_database import scratch_database


def add_row_options(parser: ArgumentParser) -> None:
    """How many rows there are, and whether they stay."""
    parser.add_argument("--experiments", type=int, default=10, metavar="N", help="default 10")
    parser.add_argument("--spines", type=int, default=100_000, metavar="N", help="an experiment (default 100,000)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where server and rows stay for the next run")


@contextmanager
def client_among_rows(options: dict[str, Any]) -> Iterator[Client]:
    """A signed-in client of Django's own, with the rows that the options ask for, made or kept."""
    settings.SECRET_KEY = secrets.token_urlsafe()  # signs a session that nobody keeps
    logging.disable(logging.INFO)  # a line a request
    with scratch_database(kept_in=options["keep"]) as is_kept:
        if not is_kept:
            make_rows(experiments=options["experiments"], spines_each=options["spines"])
        client = Client(raise_request_exception=False, headers={"host": "localhost"})
        User.objects.filter(username="bench").update(is_staff=True)  # rows that were kept may be older
        client.force_login(User.objects.get(username="bench"))
        yield client


def program() -> Client:
    """A client of the API for the same person."""
    _, token = create_token(user=User.objects.get(username="bench"), name=f"bench {secrets.token_hex(4)}")
    return Client(raise_request_exception=False, headers={"host": "localhost", "authorization": f"Bearer {token}"})
