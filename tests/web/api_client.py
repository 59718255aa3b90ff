"""A program that uses the API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.test import Client

from spines.models import Experiment, User
from spines.services.accounts.tokens import create_token

API = "/api/v1"


class Api:
    """A program with a token of a user, or without one."""

    def __init__(self, user: User | None = None, *, token: str = "") -> None:
        self.client = Client(raise_request_exception=False)
        if user is not None:
            _, token = create_token(user=user, name="test")
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"{API}{path}", query, headers=self.headers)

    def post(self, path: str, body: Any = None) -> Any:
        return self.client.post(f"{API}{path}", body, content_type="application/json", headers=self.headers)

    def delete(self, path: str) -> Any:
        return self.client.delete(f"{API}{path}", headers=self.headers)

    def upload(self, experiment: Experiment, path: Path, **fields: Any) -> Any:
        with path.open("rb") as file:
            sent = {"file": file, **fields}
            return self.client.post(f"{API}/experiments/{experiment.pk}/images", sent, headers=self.headers)
