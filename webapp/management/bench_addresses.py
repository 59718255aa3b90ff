"""What the benchmark of pages asks: every address of the URL list, with rows for each kind of id in them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from django.core.files.base import ContentFile
from django.test.utils import override_settings
from django.urls import reverse
from django.utils import timezone
from PIL import Image as Picture

from spines.models import (
    AnalysisImage,
    DatasetVersion,
    Experiment,
    Image,
    ImportedSet,
    Membership,
    ModelKind,
    ModelVersion,
    Role,
    Spine,
    StudyItem,
    TrainingRun,
    TrainingStatus,
    User,
    Work,
    WorkKind,
)
from spines.services.reader_studies.making import make_reader_study
from spines.vocabulary.classes import NETWORK_KEYS
from webapp.api.paging import cursor_of
from webapp.management.addresses import addresses

DOWNLOADS = (
    "api:download_",
    "api:image_rois",
    "exports:",
    "images:annotated",
    "images:spines_csv",
    "report:pdf",
    "results:effects_csv",
    "results:spines_csv",
    "results:tests_csv",
    "results:values_csv",
    "results:changes_csv",
)
"""Files that are written as they are fetched, a row a spine, or by a worker: `bench_exports` times them."""

NOT_ASKED = {
    "accounts:": "one's own account, of which each page but `accounts:account` wants a link or an act",
    "account_": "allauth's pages of one's own account, which send who is signed in elsewhere",
    "mfa_": "second factors of one's own account, which begin with a confirmation",
    "model_versions:chart": "drawn from a comparison with the active network, which a new database has not",
    "model_versions:wrong": "a picture out of that comparison",
    "model_versions:export": "the files of a network, which lie outside of the database",
    "work:file": "a file that a worker made",
    "api:download_work": "the same",
    "reader_studies:answers_csv": "opens once a study is closed",
    "api:list_answers": "the same",
    "api:read_agreement": "the same",
    "openid_connect": "where an institution sends who signs in there",
    "api:api-root": "of the library, which answers that there is nothing",
    "reader_studies:rate": "leads to the next item of a rater",
}
"""Why an address is not timed, by the beginning of its name."""

SEVERAL = {
    "results:experiment": ("?condition=control&animal=C01", "?class={0}&class={1}", "?score=0.5"),
    "results:spines": ("?as=gallery", "?page=900", "?sort=-probability"),
    "experiments:images": ("?page=10",),
}
"""Further queries of an address that take another way through the database."""

ALONE_NOTHING = {
    "api:by_likeness": ("?by=strange",),
    "gallery:by_likeness": ("?by=near&spine={spine_id}", "?by=strange", "?by=twins"),
    "images:box_at": ("?x_px=20&y_px=20",),
}
"""Addresses that give nothing without a query."""

LISTS_SPINES = ("gallery:rows", "gallery:by_likeness", "api:by_likeness")
"""A row a spine, up to 20,000, is what is asked for: the gallery shows each, and puts each in order."""

ACTS = ("gallery:by_likeness", "api:by_likeness")
"""A button that puts 50,000 spines in order: an act, which may take two seconds, and no page."""

TAKES_SECONDS = ("report:experiment", "results:changes")


@dataclass(frozen=True, kw_only=True)
class Page:
    """An address under its name in the URL list; `takes_seconds` where fewer requests must do."""

    name: str
    address: str
    takes_seconds: bool = False

    @property
    def is_api(self) -> bool:
        """Whether a program asks it."""
        return self.name.startswith("api:") and self.name != "api:documentation"


def pages() -> Iterator[Page]:
    """Every address that is timed, mostly of the first experiment, which has results that are no longer current too."""
    rows = rows_for_addresses()
    seen = set()
    for name, path in addresses(rows):
        if path in seen or (name.startswith((*DOWNLOADS, *NOT_ASKED)) and name != "accounts:account"):
            continue
        seen.add(path)
        if name in ALONE_NOTHING:
            queries = [query.format(**rows) for query in ALONE_NOTHING[name]]
            yield from (Page(name=name + query, address=path + query) for query in queries)
            continue
        chart = f" {path.rpartition('/')[2].partition('.')[0]}" if "/charts/" in path else ""
        yield Page(name=name + chart, address=path, takes_seconds=name in TAKES_SECONDS)
        for query in SEVERAL.get(name, ()):
            asked = query.format(*NETWORK_KEYS)
            yield Page(name=name + asked, address=path + asked)
    spines = Spine.objects.filter(analysis_image__image__experiment_id=rows["experiment_id"]).order_by("-pk")
    late = spines[min(spines.count() - 1, 200)].pk
    listed = reverse("api:list_spines", args=[rows["experiment_id"]])
    yield Page(name="api:list_spines at the end", address=f"{listed}?after={cursor_of([late])}")
    last = Experiment.objects.order_by("pk").last()
    assert last is not None
    yield Page(name="results:experiment of another", address=reverse("results:experiment", args=[last.pk]))


@contextmanager
def with_a_picture() -> Iterator[None]:
    """Give the images that are asked a stored file, in a storage that goes afterwards."""
    with TemporaryDirectory() as folder, override_settings(MEDIA_ROOT=folder, STORAGES=_storages(folder)):
        user = User.objects.get(username="bench")
        for image in {_image(), _study_item(_image().experiment, user).image}:
            grey = np.random.default_rng(0).integers(0, 255, (image.height_px, image.width_px)).astype(np.uint8)
            content = BytesIO()
            Picture.fromarray(grey).save(content, "PNG")
            image.file.save(image.sha256, ContentFile(content.getvalue()), save=False)
            image.thumbnail.save(image.sha256, ContentFile(content.getvalue()), save=False)
            image.save(update_fields=["file", "thumbnail"])
        yield


def _storages(folder: str) -> dict[str, Any]:
    static = {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"}
    kept = {"BACKEND": "spines.storage.whole.WholeFileStorage", "OPTIONS": {"location": folder}}
    return {"default": kept, "staticfiles": static}


def _image() -> Image:
    first = Experiment.objects.order_by("pk").first()
    image = Image.objects.filter(experiment=first, results__spines__shape__isnull=False).order_by("pk").first()
    assert image is not None
    return image


def rows_for_addresses() -> dict[str, int]:
    """One row of each kind that an address names, made where there is none yet: parameter to id."""
    image = _image()
    result = AnalysisImage.objects.filter(image=image, is_current=True).get()
    spine, dendrite = result.spines.order_by("pk").first(), result.dendrites.order_by("pk").first()
    assert spine is not None
    assert dendrite is not None
    experiment = image.experiment
    user = User.objects.get(username="bench")
    item = _study_item(experiment, user)
    run = _run()
    return {
        "lab_id": experiment.project.lab_id,
        "project_id": experiment.project_id,
        "experiment_id": experiment.pk,
        "image_id": image.pk,
        "analysis_id": result.analysis_id,
        "result_id": result.pk,
        "part": 0,  # of a result's sheet of crops
        "spine_id": spine.pk,
        "dendrite_id": dendrite.pk,
        "condition_id": experiment.conditions.values_list("pk", flat=True)[0],
        "class_set_id": experiment.lab.class_sets.get_or_create(name="Bench", defaults={"own": []})[0].pk,
        "version_id": ModelVersion.objects.filter(kind=ModelKind.DETECTOR).values_list("pk", flat=True)[0],
        "person_id": user.pk,
        "study_id": item.study_id,
        "item_id": item.pk,
        "work_id": _work(experiment, user).pk,
        "run_id": run.pk,
        "set_id": _imported_set(user).pk,
    }


def _study_item(experiment: Experiment, user: User) -> StudyItem:
    if there := StudyItem.objects.first():
        return there
    raters = [User.objects.create(username=f"bench rater {n}") for n in (1, 2)]  # not who asks: much is closed to them
    for rater in raters:
        Membership.objects.create(lab=experiment.lab, user=rater, role=Role.ANNOTATOR)
    made = make_reader_study(
        user=user, experiment_id=experiment.pk, name="Bench", rater_ids=[rater.pk for rater in raters], per_class=5
    )
    return made.items.all()[0]


def _work(experiment: Experiment, user: User) -> Work:
    now = timezone.now()
    return Work.objects.create(
        kind=WorkKind.REPORT,
        digest=uuid.uuid4().hex * 2,
        lab=experiment.lab,
        experiment=experiment,
        asked_by=user,
        status="cancelled",
        started_at=now - timedelta(seconds=2),
        finished_at=now,
    )


def _run() -> TrainingRun:
    if there := TrainingRun.objects.first():
        return there
    counts = {part: {"images": 3, "spines": 90, **dict.fromkeys(NETWORK_KEYS, 20)} for part in ("train", "val", "test")}
    dataset = DatasetVersion.objects.create(
        kind=ModelKind.CLASSIFIER, sha256="d" * 64, path="datasets/d", counts=counts
    )
    epochs = [
        {"epoch": n, "step": 27 * n, "done": n / 50, "minutes": n, "loss": 1 / n, "val_loss": 1.2 / n}
        for n in range(1, 51)
    ]
    return TrainingRun.objects.create(
        kind=ModelKind.CLASSIFIER,
        recipe="default",
        dataset=dataset,
        status=TrainingStatus.CANCELLED,
        epochs=epochs,
        log_tail="epoch 50\nloss 0.02",
    )


def _imported_set(user: User) -> ImportedSet:
    made, _ = ImportedSet.objects.get_or_create(
        sha256="e" * 64,
        defaults={"name": "Bench", "licence": "CC0-1.0", "source": "made", "path": "imported/e", "imported_by": user},
    )
    return made
