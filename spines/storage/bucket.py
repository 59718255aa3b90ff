"""Storage in a bucket of S3 or of what speaks like it."""

from __future__ import annotations

from typing import Any

from botocore.config import Config
from storages.backends.s3 import S3Storage

CONNECT_S, ANSWER_S, TRIES = 3, 10, 2


class BucketStorage(S3Storage):  # type: ignore[misc]
    """Gives a service that does not answer up after seconds, as somebody waits for a page: botocore waits minutes."""

    def get_default_settings(self) -> dict[str, Any]:
        """Those of django-storages, and how long is waited."""
        patience = Config(
            connect_timeout=CONNECT_S,
            read_timeout=ANSWER_S,
            retries={"mode": "standard", "total_max_attempts": TRIES},
        )
        return {**super().get_default_settings(), "client_config": patience}
