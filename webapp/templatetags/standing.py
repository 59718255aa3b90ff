"""Whether an image counts, as its tile says it."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from spines.models import Standing
from spines.selectors.results.standing import WHY
from spines.vocabulary.picture_grades import Grade

register = template.Library()


@register.simple_tag
def standing_badge(image: Any) -> SafeString | str:
    """Of an image with `aside` and `grade` (`images_with_state`): why it stands aside, or that it was let count."""
    if image.aside:
        reason = image.standing_reason or WHY[image.aside]
        return format_html('<span class="badge badge-warn" title="Counts nowhere: {}">stands aside</span>', reason)
    if image.standing == Standing.ADMITTED:
        return format_html('<span class="badge" title="{}">admitted</span>', "A person let it count")
    if image.grade == Grade.OTHER_LAB:
        title = "Looks like pictures of another lab than the networks were trained on: probably fine, look at it"
        return format_html('<span class="badge" title="{}">another lab</span>', title)
    return ""
