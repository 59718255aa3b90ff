"""People who come by a one-time link."""

from __future__ import annotations

import re
from datetime import timedelta

from tests.factories import PASSWORD

WEEK = timedelta(days=7)


NEW = {"username": "olga", "full_name": "Olga Ladyzhenskaya", "email": "", "password": PASSWORD, "again": PASSWORD}


def link_on(page: str) -> str:
    """The one-time link that a page shows, without its host."""
    shown = re.search(r'id="link"[^>]*>http://testserver([^<]+)<', page)
    assert shown is not None, page
    return shown[1]
