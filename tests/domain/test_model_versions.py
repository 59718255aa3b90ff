"""Which network is used: promoted with a reason or by a better figure, rolled back in one call."""

from __future__ import annotations

from typing import Any

import pytest

from spines.errors import Conflict, NotAllowed, NotFound
from spines.models import AuditEvent, ModelKind, ModelState, ModelVersion, User
from spines.services.models.versions import (
    Network,
    needs_reason,
    promote,
    register_candidate,
    register_version,
    roll_back,
)
from tests.factories import make_user

pytestmark = pytest.mark.django_db

KIND = ModelKind.CLASSIFIER


@pytest.fixture
def admin() -> User:
    return make_user(staff=True)


def ship(letter: str, path: str = "classifier") -> ModelVersion:
    return register_version(kind=KIND, name="n", version=letter, sha256=letter * 64, path=path, card={})


def candidate(letter: str, *, compared_with: ModelVersion | None = None, verdict: str = "") -> ModelVersion:
    evaluation: dict[str, Any] = {"verdict": verdict}
    if compared_with:
        evaluation["compared_with"] = {"id": compared_with.pk, "name": str(compared_with)}
    network = Network(
        name="n", version=letter, sha256=letter * 64, path=f"models/{letter}", files={}, card={}, evaluation=evaluation
    )
    return register_candidate(kind=KIND, network=network)


def active() -> ModelVersion:
    return ModelVersion.objects.get(kind=KIND, state=ModelState.ACTIVE)


def test_a_better_candidate_needs_no_reason(admin: User) -> None:
    before = ship("a")
    better = candidate("b", compared_with=before, verdict="better")
    assert needs_reason(better) == ""
    promoted = promote(user=admin, version_id=better.pk)
    assert active() == promoted == better
    assert promoted.activated_at is not None
    before.refresh_from_db()
    assert before.state == ModelState.RETIRED
    event = AuditEvent.objects.get(action="model_version.promoted")
    assert (event.actor, event.details) == (admin, {"instead_of": before.pk, "reason": "", "verdict": "better"})


@pytest.mark.parametrize("verdict", ["no worse", "not shown", "worse", "none", ""])
def test_another_is_refused_without_a_reason_that_is_then_kept(admin: User, verdict: str) -> None:
    before = ship("a")
    other = candidate("b", compared_with=before, verdict=verdict)
    for reason in ("", "   "):
        with pytest.raises(Conflict, match="not shown to be better than n a"):
            promote(user=admin, version_id=other.pk, reason=reason)
    assert active() == before
    promote(user=admin, version_id=other.pk, reason=" Trained on our microscope. ")
    assert active() == other
    assert active().promotion_reason == "Trained on our microscope."
    assert AuditEvent.objects.get(action="model_version.promoted").details["reason"] == "Trained on our microscope."


def test_a_comparison_with_a_version_no_longer_in_use_does_not_count(admin: User) -> None:
    before = ship("a")
    first, second = (candidate(letter, compared_with=before, verdict="better") for letter in "bc")
    promote(user=admin, version_id=first.pk)
    with pytest.raises(Conflict, match="compared with another version"):
        promote(user=admin, version_id=second.pk)
    with pytest.raises(Conflict, match="never compared"):
        promote(user=admin, version_id=before.pk)


def test_roll_back_brings_back_what_was_in_use_before(admin: User) -> None:
    shipped, first, second = ship("a"), candidate("b"), candidate("c")
    with pytest.raises(Conflict, match="No classifier was in use before"):
        roll_back(user=admin, kind=KIND)
    promote(user=admin, version_id=first.pk, reason="why not")
    promote(user=admin, version_id=second.pk, reason="why not")
    assert roll_back(user=admin, kind=KIND) == first == active()
    second.refresh_from_db()
    assert second.state == ModelState.RETIRED
    assert AuditEvent.objects.get(action="model_version.rolled_back").details == {"instead_of": second.pk}
    promote(user=admin, version_id=shipped.pk, reason="as delivered")
    assert roll_back(user=admin, kind=KIND) == first == active()
    assert ModelVersion.objects.count() == 3


def test_only_site_admins_choose(admin: User) -> None:
    other, member = candidate("b"), make_user()
    with pytest.raises(NotAllowed):
        promote(user=member, version_id=other.pk, reason="I want it")
    with pytest.raises(NotAllowed):
        roll_back(user=member, kind=KIND)
    with pytest.raises(NotFound):
        promote(user=admin, version_id=987654)
    promote(user=admin, version_id=other.pk)
    with pytest.raises(Conflict, match="in use already"):
        promote(user=admin, version_id=other.pk)


def test_a_new_release_takes_the_place_of_a_shipped_network_but_not_of_a_promoted_one(admin: User) -> None:
    ship("a")
    newer = ship("b")
    assert active() == newer
    promote(user=admin, version_id=(own := candidate("c")).pk, reason="ours")
    newest = ship("d")
    assert active() == own
    assert (newest.state, newest.is_shipped) == (ModelState.CANDIDATE, True)


def test_a_network_whose_files_went_with_an_earlier_release_is_not_brought_back(admin: User) -> None:
    older = ship("a")
    ship("b")
    older.refresh_from_db()
    assert older.path == ""
    with pytest.raises(Conflict, match="came with an earlier release"):
        promote(user=admin, version_id=older.pk, reason="it was good")
    with pytest.raises(Conflict, match="none to go back to"):
        roll_back(user=admin, kind=KIND)
    assert ship("a").path == "classifier", "the earlier release is installed again"


def test_a_row_of_the_first_release_is_recognised_as_shipped() -> None:
    first = ship("a")
    ModelVersion.objects.filter(pk=first.pk).update(is_shipped=False, activated_at=None)
    assert active() == first
    assert ship("b") == active()
