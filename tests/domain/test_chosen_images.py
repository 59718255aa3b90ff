"""What is said of many images at once is said of all of them or of none: one that is of elsewhere stops it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from spines.errors import InvalidInput
from spines.imaging import Polarity
from spines.models import Analysis, AuditEvent, Image
from spines.services.analyses.starting import start_analysis
from spines.services.images.changes import confirm_pixel_size, delete_images, set_pixel_size
from spines.services.images.polarity import set_polarity
from spines.services.images.standing import admit, set_aside, take_back
from spines.services.images.views import set_views
from spines.services.samples.sources import assign_by_hand
from tests.factories import Study, make_study, make_versions, upload

pytestmark = pytest.mark.django_db

ACTS: dict[str, Callable[..., Any]] = {
    "polarity": partial(set_polarity, polarity=Polarity.DARK_ON_LIGHT),
    "polarity as told": partial(set_polarity, polarity=None),
    "admit": admit,
    "set aside": partial(set_aside, reason="out of focus"),
    "take back": take_back,
    "view": partial(set_views, channel=0),
    "pixel size": partial(set_pixel_size, pixel_size_um=0.2),
    "pixel size is right": confirm_pixel_size,
    "animal": partial(assign_by_hand, animal="A1", cell="", condition=""),
    "delete": delete_images,
    "analyse": start_analysis,
}


@pytest.mark.parametrize("act", ACTS)
def test_a_foreign_or_deleted_image_stops_all(study: Study, tmp_path: Path, act: str) -> None:
    make_versions()
    mine, foreign, gone = upload(study, tmp_path), upload(make_study(), tmp_path), upload(study, tmp_path)
    gone_id = gone.pk
    gone.delete()
    before, events = list(Image.objects.order_by("pk").values()), AuditEvent.objects.count()
    for strange in ([foreign.pk], [gone_id], [foreign.pk, gone_id]):
        said = f"{len(strange)} of the {len(strange) + 1} chosen images (is|are) not in this experiment"
        with pytest.raises(InvalidInput, match=said):
            ACTS[act](user=study.owner, experiment_id=study.experiment.pk, image_ids=[mine.pk, *strange])
    with pytest.raises(InvalidInput):
        ACTS[act](user=study.owner, experiment_id=study.experiment.pk, image_ids=[])
    assert list(Image.objects.order_by("pk").values()) == before
    assert AuditEvent.objects.count() == events
    assert not Analysis.objects.exists()
