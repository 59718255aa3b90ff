"""Starting, watching, cancelling and retrying; the page of all analyses."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from spines.models import Analysis, AnalysisImage, AnalysisStatus
from spines.selectors.analyses.progress import progress_of
from spines.services.analyses import jobs
from spines.services.analyses.starting import cancel_analysis
from tests.factories import Study, finish, found, make_study, make_versions, queue_analysis, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    make_versions()
    return make_study()


def start(client: Client, study: Study, **form: object) -> None:
    client.post(reverse("analyses:start", args=[study.experiment.pk]), form)


def test_analyses_all_the_ticked_or_the_new(client: Client, study: Study, tmp_path: Path) -> None:
    client.force_login(study.owner)
    images = [upload(study, tmp_path) for _ in range(3)]
    start(client, study, which="ticked", image=[images[0].pk])
    first = Analysis.objects.get()
    assert [row.image for row in first.images.all()] == images[:1]
    finish(first, [[found()]])
    start(client, study, which="new")
    second = Analysis.objects.first()
    assert second is not None
    assert {row.image for row in second.images.all()} == set(images[1:])
    finish(second, [[], []])
    start(client, study, which="all")
    assert Analysis.objects.count() == 3


def test_the_images_of_a_job_are_never_joined_with_themselves(client: Client, study: Study, tmp_path: Path) -> None:
    client.force_login(study.viewer)
    queue_analysis(study, [upload(study, tmp_path) for _ in range(2)])
    for page in (reverse("analyses:index"), reverse("experiments:images", args=[study.experiment.pk]), "/"):
        with CaptureQueriesContext(connection) as asked:
            assert "0 of 2" in client.get(page).content.decode()
        joins = [query["sql"].count('JOIN "spines_analysisimage"') for query in asked.captured_queries]
        assert max(joins) <= 1, page


def test_nothing_ticked_is_told_and_starts_nothing(client: Client, study: Study, tmp_path: Path) -> None:
    client.force_login(study.owner)
    upload(study, tmp_path)
    address = reverse("analyses:start", args=[study.experiment.pk])
    answer = client.post(address, {"which": "ticked"})
    assert answer.status_code == 422
    assert "tick" in answer.content.decode()
    assert not Analysis.objects.exists()


def test_progress_polls_while_unfinished_and_brings_what_changed(client: Client, study: Study, tmp_path: Path) -> None:
    client.force_login(study.viewer)
    images = [upload(study, tmp_path) for _ in range(2)]
    analysis = queue_analysis(study, images)
    address = reverse("analyses:progress", args=[analysis.pk])
    job = jobs.claim(analysis.images.get(image=images[0]).pk)
    assert job is not None
    jobs.record_result(job, spines=[found()] * 7, timings=jobs.Timings(read_s=0.1, detect_s=0.1, classify_s=0.1))
    running = client.get(address, {"in_experiment": "1", "since": "0"}).content.decode()
    assert 'hx-trigger="every 2s"' in running
    assert "1 of 2 images" in running
    assert f'id="state-{images[0].pk}" hx-swap-oob="true"' in running
    assert "<strong>7</strong> spines" in running
    assert f'id="state-{images[1].pk}"' not in running
    other = jobs.claim(analysis.images.get(image=images[1]).pk)
    assert other is not None
    jobs.record_failure(other, sentence="Cut off. Copy it again.")
    finished = client.get(address, {"in_experiment": "1", "since": "nonsense"}).content.decode()
    assert "hx-trigger" not in finished
    assert "1 failed" in finished
    assert reverse("results:experiment", args=[study.experiment.pk]) in finished


def test_what_was_cancelled_is_not_told_as_done(client: Client, study: Study, tmp_path: Path) -> None:
    client.force_login(study.owner)
    analysis = queue_analysis(study, [upload(study, tmp_path) for _ in range(4)])
    job = jobs.claim(analysis.images.order_by("pk")[0].pk)
    assert job is not None
    jobs.record_result(job, spines=[found()], timings=jobs.Timings(read_s=0.1, detect_s=0.1, classify_s=0.1))
    cancel_analysis(user=study.owner, analysis_id=analysis.pk)
    address = reverse("analyses:progress", args=[analysis.pk])
    told = client.get(address, {"in_experiment": "1", "since": "0"}).content.decode()
    assert "1 of 4 images · 25 %" in told
    assert "3 cancelled" in told
    assert "See results" in told
    assert 'id="in-short"' in told, "counts are live"


def test_time_left_is_told_from_time_at_work(study: Study, tmp_path: Path) -> None:
    """Ten images of 4 s each, two at a time, an hour ago; then a retry of the rest, which just began."""
    analysis = queue_analysis(study, [upload(study, tmp_path) for _ in range(12)])
    rows = list(analysis.images.order_by("pk"))
    for at, row in enumerate(rows[:10]):
        begin = timezone.now() - timedelta(hours=1) + timedelta(seconds=4 * (at // 2))
        AnalysisImage.objects.filter(pk=row.pk).update(
            status="done", started_at=begin, finished_at=begin + timedelta(seconds=4)
        )
    assert progress_of(analysis).seconds_left == pytest.approx(4.0, rel=0.01)


def test_cancel_then_retry(client: Client, study: Study, tmp_path: Path) -> None:
    client.force_login(study.owner)
    analysis = queue_analysis(study, [upload(study, tmp_path)])
    here = reverse("experiments:images", args=[study.experiment.pk])
    answer = client.post(reverse("analyses:cancel", args=[analysis.pk]), {"next": here})
    assert answer.headers["Location"] == here
    assert analysis.images.get().status == AnalysisStatus.CANCELLED
    assert client.post(reverse("analyses:cancel", args=[analysis.pk])).status_code == 409
    answer = client.post(reverse("analyses:retry", args=[analysis.pk]), {"next": "https://elsewhere.example/"})
    assert answer.headers["Location"] == reverse("analyses:index")
    assert analysis.images.get().status == AnalysisStatus.QUEUED


def test_the_page_lists_newest_first_and_narrows(client: Client, study: Study, tmp_path: Path) -> None:
    client.force_login(study.owner)
    image = upload(study, tmp_path)
    first = queue_analysis(study, [image])
    finish(first, [[found()]])
    second = queue_analysis(study, [image])
    job = jobs.claim(second.images.get().pk)
    assert job is not None
    jobs.record_failure(job, sentence="Cut off. Copy it again.")
    listed = client.get(reverse("analyses:index")).context["page"].object_list
    assert list(listed) == [second, first]
    assert reverse("analyses:retry", args=[second.pk]) in client.get(reverse("analyses:index")).content.decode()
    failed = client.get(reverse("analyses:index"), {"state": "failed"}).context["page"].object_list
    assert list(failed) == [second]
    unfinished = client.get(reverse("analyses:index"), {"state": "unfinished"}).content.decode()
    assert "None passes these filters." in unfinished


def test_owner_viewer_stranger_nobody(client: Client, study: Study, tmp_path: Path) -> None:
    stranger = make_study().owner
    analysis = queue_analysis(study, [upload(study, tmp_path)])
    start_address = reverse("analyses:start", args=[study.experiment.pk])
    gets = {reverse("analyses:progress", args=[analysis.pk]): (200, 200, 404, 302)}
    posts = {
        start_address: (409, 403, 404, 302),
        reverse("analyses:retry", args=[analysis.pk]): (409, 403, 404, 302),
        reverse("analyses:cancel", args=[analysis.pk]): (302, 403, 404, 302),
    }
    for send, addresses in ((client.get, gets), (client.post, posts)):
        for address, wanted in addresses.items():
            answers = []
            for user in (study.owner, study.viewer, stranger, None):
                client.logout()
                if user:
                    client.force_login(user)
                answers.append(send(address, {"which": "all"}).status_code)
            assert tuple(answers) == wanted, address
