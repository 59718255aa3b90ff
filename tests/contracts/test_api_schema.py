"""The API keeps to its schema, whatever is sent: schemathesis against the WSGI application, with a real token.

What is right is accepted and answered as described, what is wrong is refused with a sentence, and nothing fails.
`SPINULA_TEST_API_EXAMPLES` asks for more random requests an operation than the few of every run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, assume, settings
from schemathesis.config import (
    ChecksConfig,
    GenerationConfig,
    PositiveDataAcceptanceConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)
from schemathesis.core.parameters import ParameterLocation

from spines.services.accounts.tokens import create_token
from tests.api_rows import make_asked
from webapp.api.v1 import api

pytestmark = pytest.mark.django_db

EXAMPLES = int(os.environ.get("SPINULA_TEST_API_EXAMPLES", "3"))

# 422 answers also what no schema can say: no such condition in this experiment, no image in this file.
_ACCEPTED = PositiveDataAcceptanceConfig(expected_statuses=["2xx", "401", "403", "404", "409", "422"])
schema = schemathesis.openapi.from_dict(
    json.loads(json.dumps(api.get_openapi_schema())),
    config=SchemathesisConfig(
        projects=ProjectsConfig(
            default=ProjectConfig(
                base_url="http://localhost/",
                checks=ChecksConfig(positive_data_acceptance=_ACCEPTED),
                generation=GenerationConfig(deterministic="SPINULA_TEST_API_EXAMPLES" not in os.environ),
            )
        )
    ),
)
schema.app = WSGIHandler()


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Requests leave the test's connection open, as with Django's own test client."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def sent(one_connection: None, tmp_path: Path) -> dict[str, Any]:
    """The token of who asks, and the numbers of rows that there are."""
    asked = make_asked(tmp_path)
    _, token = create_token(user=asked.user, name="schemathesis")
    return {"headers": {"Authorization": f"Bearer {token}"}, "rows": asked.rows}


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
def test_the_api_keeps_to_its_schema(case: Any, sent: dict[str, Any]) -> None:
    """Right numbers in the path become those of rows that there are, so that requests get past the search for one."""
    path = case.meta.components.get(ParameterLocation.PATH)
    if path is not None and path.mode.is_positive and case.path_parameters:
        for name in case.path_parameters.keys() & sent["rows"].keys():
            case.path_parameters[name] = sent["rows"][name]
    # An empty list or object is not sent at all, so that what is wrong about it does not arrive.
    assume(not any(value in ([], {}) for value in (case.query or {}).values()))
    case.call_and_validate(headers=sent["headers"])
