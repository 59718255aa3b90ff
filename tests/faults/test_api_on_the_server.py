"""The API keeps to its schema on the server of `make run`, with its threads, limits and a database that commits.

`tests/contracts/test_api_schema.py` asks the same of the application alone, request by request.
`SPINULA_TEST_API_EXAMPLES` asks for more random requests an operation, `SPINULA_TEST_API_OPERATION` for one operation.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from spines.services.accounts.tokens import create_token
from tests.api_rows import make_asked
from tests.faults.test_front import Web

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600), pytest.mark.django_db(transaction=True)]

CONFIG = """
base-url = "http://127.0.0.1:{port}/"
headers = {{ Authorization = "Bearer {token}" }}
request-timeout = 60

[generation]
deterministic = true

[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "422"]

[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "406", "409", "413", "414", "415", "422", "5xx"]

[parameters]
{parameters}
"""


def test_the_server_keeps_to_the_schema_of_its_api(tmp_path: Path) -> None:
    asked = make_asked(tmp_path)
    _, token = create_token(user=asked.user, name="schemathesis")
    web = Web(tmp_path, SPINULA_REQUESTS_A_MINUTE="1000000")  # one token asks for all
    try:
        config = tmp_path / "schemathesis.toml"
        parameters = "\n".join(f'"path.{name}" = {number}' for name, number in asked.rows.items())
        config.write_text(CONFIG.format(port=web.port, token=token, parameters=parameters))
        only = os.environ.get("SPINULA_TEST_API_OPERATION")
        done = subprocess.run(
            [
                *(Path(sys.executable).with_name("st"), "--config-file", config, "run"),
                f"http://127.0.0.1:{web.port}/api/v1/openapi.json",
                *("--phases", "coverage,fuzzing", "--max-examples", os.environ.get("SPINULA_TEST_API_EXAMPLES", "3")),
                # Two threads would meet a fault of Python 3.11 in ast ("recursion depth mismatch").
                *("--workers", "1", "--no-color", "--continue-on-failure"),
                *(("--include-operation-id", only) if only else ()),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
    finally:
        web.child.stop()
    failures = done.stdout.partition("= FAILURES =")[2].partition("= WARNINGS =")[0] or done.stdout + done.stderr
    assert done.returncode == 0, failures[-50_000:] + _traceback(web.log.read_text())


def _traceback(log: str) -> str:
    """The last one, which the log has under its error."""
    return log.rpartition("Traceback")[2][:5_000]
