"""Links that work once: what makes them, and what is kept of them."""

from __future__ import annotations

import hashlib
import secrets

_BYTES = 32


def new_secret() -> str:
    """What a link carries: 256 bits, nothing can show them again."""
    return secrets.token_urlsafe(_BYTES)


def digest(secret: str) -> str:
    """What is kept of it. A text that is no secret has a digest, too."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
