"""How tests ask the pages of an experiment's results."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

from django.test import Client
from django.urls import reverse

from tests.factories import Study


def address(study: Study, name: str = "experiment", *more: str) -> str:
    return reverse(f"results:{name}", args=[study.experiment.pk, *more])


def words(client: Client, where: str, **query: Any) -> str:
    """A page's words, one space between them."""
    answer = client.get(where, query)
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def text_of(client: Client, study: Study, **query: Any) -> str:
    """The words of the results page."""
    return words(client, address(study), **query)


def csv_rows(client: Client, where: str, **query: Any) -> list[dict[str, str]]:
    answer = client.get(where, query)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))


def figure_of(client: Client, study: Study, chart: str, **query: Any) -> dict[str, Any]:
    answer = client.get(address(study, "figure", chart), query)
    assert answer.status_code == 200
    drawn: dict[str, Any] = answer.json()
    return drawn
