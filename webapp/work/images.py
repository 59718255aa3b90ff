"""Channel, projection and plane of images: set while their user waits, or by a worker. Pages and API ask here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from spines.access import get_experiment
from spines.imaging import Projection
from spines.models import User, Work, WorkKind
from spines.services.images.views import seconds_to_read, set_views, wanted_views
from spines.services.work.asking import ask, takes_long


def set_or_ask(
    user: User,
    *,
    experiment_id: int,
    image_ids: Sequence[int],
    channel: int | None,
    projection: Projection | None,
    plane: int | None,
) -> Work | None:
    """The work that sets them; None where they are set. What cannot be is refused before, as `set_views` does."""
    chosen: dict[str, Any] = {"experiment_id": experiment_id, "image_ids": sorted(image_ids)}
    view: dict[str, Any] = {"channel": channel, "projection": projection, "plane": plane}
    wanted = wanted_views(user=user, **chosen, **view)
    if not takes_long(seconds_to_read(wanted)):
        set_views(user=user, **chosen, **view)
        return None
    arguments = chosen | view | {"projection": projection.value if projection else None}
    experiment = get_experiment(user, experiment_id)
    return ask(user=user, kind=WorkKind.VIEWS, arguments=arguments, experiment=experiment)
