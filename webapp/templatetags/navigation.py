"""What every page's frame needs: the user's labs, links that know where they are, marks of spine classes."""

from __future__ import annotations

from django import template
from django.http import HttpRequest
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from spines.access import Visitor, labs_for
from spines.models import Lab
from spines.vocabulary.classes import SpineClass
from webapp.templatetags.numbers import classes_of_page

register = template.Library()


@register.simple_tag
def labs_of(user: Visitor) -> list[Lab]:
    """The labs that the switcher offers."""
    return list(labs_for(user))


@register.simple_tag
def page_link(request: HttpRequest, url_name: str, label: str) -> SafeString:
    """A link of the top row, marked when its page is open."""
    address = reverse(url_name)
    current = ' aria-current="page"' if request.path == address else ""
    return format_html('<li><a href="{}"{}>{}</a></li>', address, SafeString(current), label)


@register.simple_tag(takes_context=True)
def spine_class_mark(context: Context, name: str) -> SpineClass:
    """A class, or "uncertain", of the page's experiment."""
    return classes_of_page(context).style(name)


@register.filter
def duration(seconds: float | None) -> str:
    """Seconds in words short enough for a table.

    >>> duration(0.42), duration(8.26), duration(95), duration(7260), duration(None)
    ('0.4 s', '8.3 s', '1 min 35 s', '2 h 1 min', '–')
    """
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest_s = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest_s} s"
    return f"{minutes // 60} h {minutes % 60} min"


@register.filter
def percent_of(part: int, whole: int) -> str:
    """A share in whole percent, never rounded up to 100.

    >>> percent_of(1, 3), percent_of(999, 1000), percent_of(0, 0)
    ('33 %', '99 %', '0 %')
    """
    return f"{100 * part // whole if whole else 0} %"


@register.filter
def rate(images_per_s: float | None) -> str:
    """Images a second, or a minute where a second is too short.

    >>> rate(3.14), rate(0.25), rate(None)
    ('3.1 images/s', '15 images/min', '')
    """
    if not images_per_s:
        return ""
    return f"{images_per_s:.1f} images/s" if images_per_s >= 0.5 else f"{60 * images_per_s:.0f} images/min"


@register.filter
def about(seconds: float | None) -> str:
    """A time to come, no more exact than it is.

    >>> about(3.2), about(44), about(200), about(8000), about(None)
    ('about 5 s', 'about 45 s', 'about 4 min', 'about 2.2 h', '')
    """
    if seconds is None:
        return ""
    if seconds < 90:
        return f"about {max(5, 5 * round(seconds / 5))} s"
    if seconds < 5400:
        return f"about {-int(-seconds // 60)} min"
    return f"about {seconds / 3600:.1f} h"


@register.filter
def pixel_size(pixel_size_um: float) -> str:
    """Micrometres a pixel, with the digits that mean something.

    >>> pixel_size(0.10340001), pixel_size(0.1), pixel_size(1.25)
    ('0.1034', '0.1', '1.25')
    """
    return f"{pixel_size_um:.4g}"
