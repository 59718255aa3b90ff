"""Who is asking: the bearer of a token. Cookies of the pages open nothing here, so no other site acts through them."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.security import HttpBearer
from structlog.contextvars import bind_contextvars

from spines.models import User
from spines.services.accounts.tokens import user_of_token
from spines.services.audit import now_acting
from webapp.acting import SAFE


class Token(HttpBearer):
    """`Authorization: Bearer spinula_…`. A name of its own in the schema."""

    openapi_description = "An API token, made on the account page. It may do what its user may do, or only read."

    def authenticate(self, request: HttpRequest, token: str) -> User:
        """The token's user, who is the request's from here on, and the log's."""
        writes = request.method not in SAFE
        user = user_of_token(token, writes=writes)
        request.user = user
        if writes:
            now_acting(user)
        bind_contextvars(user_id=user.pk)
        return user
