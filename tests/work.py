"""Long work, done in this process as a worker would."""

from __future__ import annotations

from django.urls import resolve, reverse

from spines.models import Work
from spines.services.work import jobs
from worker.work import carry_out


def done(address: str) -> Work:
    """Do the work of this page, and give it as it ended."""
    pk = resolve(address).kwargs["work_id"]
    job = jobs.claim(pk)
    assert job is not None
    carry_out(job)
    return Work.objects.get(pk=pk)


def file_of(work: Work) -> str:
    """Where its file is to be had."""
    assert work.status == "done", work.message
    return reverse("work:file", args=[work.pk])
