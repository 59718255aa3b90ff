"""Who has the page of an image open, so that two who work on it know of each other."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from spines.access import get_image_to_rate
from spines.models import ImagePresence, User

GONE_AFTER = timedelta(seconds=50)
"""A page tells every 20 s that it is open; whoever missed two is gone."""


def note_presence(*, user: User, image_id: int) -> list[User]:
    """Note that the user looks at the image; the others who do, by name. It is no event of the trail."""
    image = get_image_to_rate(user, image_id)
    now = timezone.now()
    ImagePresence.objects.update_or_create(image=image, user=user, defaults={"seen_at": now})
    here = ImagePresence.objects.filter(image=image)
    here.filter(seen_at__lt=now - GONE_AFTER).delete()
    return list(User.objects.filter(pk__in=here.exclude(user=user).values("user")).order_by("username"))
