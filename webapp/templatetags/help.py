"""Links to the page of help of what one does, and its picture."""

from __future__ import annotations

from django import template
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from webapp.help.tasks import BY_PAGE, PICTURE_SIZE, HelpTask

register = template.Library()


@register.simple_tag
def help_of(request: HttpRequest | None) -> HelpTask | None:
    """The task of the page that is open; pages of errors have none."""
    match = getattr(request, "resolver_match", None)
    return BY_PAGE.get(match.view_name) if match else None


@register.simple_tag
def help_picture(task: HelpTask) -> SafeString:
    """The picture of a task in both themes, of which the sheet shows one."""
    width, height = PICTURE_SIZE
    shown = (("light", ""), ("dark", "-dark"))
    rows = ((theme, static(f"help/{task.slug}{end}.webp"), width, height, task.seen) for theme, end in shown)
    return format_html_join(
        "", '<img class="only-{}" src="{}" width="{}" height="{}" alt="{}" loading="lazy">', rows
    ) + format_html("<figcaption>{}</figcaption>", task.seen)
