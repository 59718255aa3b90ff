"""No page offers its reader a link that is refused: all links from home on, by role, in a blinded experiment too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

from spines.models import User
from spines.services.reader_studies.making import make_reader_study
from tests.factories import make_annotator
from tests.web.test_blinding import blinded_study

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("undrawn")]

LINK = re.compile(r'<a\b[^>]*\bhref="([^"#?]+)(?:\?[^"#]*)?(?:#[^"]*)?"')
SAVED = re.compile(r"\.(csv|zip|png|pdf|json|svg|xlsx)$|/download|/tables|/rois|/export")
"""Files; tests of exports have them."""


def refused(user: User) -> dict[str, tuple[str, int]]:
    """Address → the page that offers it and the status, of each link that is not answered with a page."""
    client = Client()
    client.force_login(user)
    waiting, seen, found = [("/", "")], {"/"}, {}
    while waiting:
        address, offered_by = waiting.pop()
        answer = client.get(address)
        if answer.status_code not in (200, 302):
            found[address] = (offered_by, answer.status_code)
            continue
        if not answer.headers["Content-Type"].startswith("text/html") or answer.status_code != 200:
            continue
        for link in LINK.findall(answer.content.decode()):
            path = link if link.startswith("/") else address + link
            if link.startswith("http") or path in seen or SAVED.search(path) or "sign-out" in path:
                continue
            seen.add(path)
            waiting.append((path, address))
    assert len(seen) > 15
    return found


@pytest.mark.timeout(300)
@pytest.mark.parametrize("blinded", [True, False])
def test_no_link_is_refused_to_whom_it_is_shown(tmp_path: Path, blinded: bool) -> None:
    study, _ = blinded_study(tmp_path, per_condition=1, blinded=blinded)
    raters = [make_annotator(study) for _ in range(2)]
    ids = [rater.pk for rater in raters]
    make_reader_study(user=study.owner, experiment_id=study.experiment.pk, name="R", rater_ids=ids, per_class=1)
    assert refused(raters[0] if blinded else study.viewer) == {}
