"""How pages of people put things."""

from __future__ import annotations

import re

from django import template

from spines.models import Lab, Role, User

register = template.Library()

_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    *(("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows")),
    *(("Mac OS", "macOS"), ("Linux", "Linux")),
)
LONGEST = 60


@register.filter
def browser(user_agent: str) -> str:
    """What a browser says of itself, short; its own words where they are none that we know.

    >>> browser("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0 Safari/537.36")
    'Chrome on Linux'
    >>> browser("curl/8.1"), browser("")
    ('curl/8.1', 'not told')
    """
    name = next((name for sign, name in _BROWSERS if re.search(rf"\b{sign}[/ ]", user_agent)), "")
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    if name and system:
        return f"{name} on {system}"
    return user_agent[:LONGEST] or "not told"


@register.simple_tag
def people_who_review(lab: Lab) -> list[User]:
    """Annotators and managers of a lab, by name."""
    able = User.objects.filter(memberships__lab=lab, memberships__role__in=(Role.ANNOTATOR, Role.MANAGER))
    return list(able.filter(is_active=True).order_by("username"))
