"""Rows for the benchmark of pages: experiments of so many spines, as analyses leave them. There are no files.

Nothing in them is a measurement. Animals differ, conditions differ a little, and spines nest as SCIENCE says, so that
queries meet groups of realistic sizes: 24 animals an experiment, 12 cells an animal, images of 60 spines on three
dendrites.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from spines.models import (
    Analysis,
    AnalysisImage,
    AnalysisStatus,
    Cell,
    Condition,
    Experiment,
    Image,
    Lab,
    Membership,
    ModelKind,
    ModelState,
    ModelVersion,
    PixelSizeSource,
    Project,
    Role,
    Subject,
    User,
)
from spines.vocabulary.classes import NECKLESS, NETWORK_KEYS
from spines.vocabulary.measures import AREA, HEAD_WIDTH, INTENSITY, LENGTH, NECK_LENGTH, NECK_WIDTH

CONDITIONS = ("control", "enriched", "deprived")
ANIMALS_A_CONDITION = 8
CELLS_AN_ANIMAL = 12
SPINES_AN_IMAGE = 60
PIXEL_SIZE_UM = 0.1


@dataclass(frozen=True, kw_only=True)
class Made:
    """Who may see the rows, and where they begin."""

    user: User
    project: Project
    experiments: list[Experiment]


def make_rows(*, experiments: int, spines_each: int) -> Made:
    """Fill an empty database. Large tables are filled by PostgreSQL itself, and vacuumed and analysed as after a while.

    The first experiment was analysed twice: rows of results that are no longer current lie between those that are. A
    third analysis of it has begun.
    """
    user = User.objects.create(username="bench")
    lab = Lab.objects.create(name="Bench")
    Membership.objects.create(lab=lab, user=user, role=Role.MANAGER)
    project = Project.objects.create(lab=lab, name="Bench")
    made = [Experiment.objects.create(project=project, name=f"Experiment {n:02}") for n in range(1, experiments + 1)]
    versions = [bench_version(kind) for kind in ModelKind]
    for number, experiment in enumerate(made):
        images = _images(experiment, user, math.ceil(spines_each / SPINES_AN_IMAGE))
        for is_current in (False, True) if number == 0 else (True,):
            _results(experiment, images, versions, is_current=is_current)
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(_DENDRITES)
        cursor.execute(_SPINES, {"spines_an_image": SPINES_AN_IMAGE, "spines_each": spines_each})
        cursor.execute(_SHAPES)
        cursor.execute(_LIKENESS, [made[0].pk])
        make_job(made[0], versions)
        cursor.execute("VACUUM ANALYZE")
    return Made(user=user, project=project, experiments=made)


def bench_version(kind: ModelKind) -> ModelVersion:
    """An active network, as a row only."""
    return ModelVersion.objects.create(
        kind=kind,
        name=f"bench {kind.value}",
        version="1",
        sha256=hashlib.sha256(kind.value.encode()).hexdigest(),
        path=kind.value,
        state=ModelState.ACTIVE,
        card={"uncertain_below": 0.5},
    )


def _images(experiment: Experiment, user: User, count: int) -> list[Image]:
    """Images, dealt out to the cells in turn."""
    conditions = Condition.objects.bulk_create(
        Condition(experiment=experiment, name=name, position=at) for at, name in enumerate(CONDITIONS)
    )
    subjects = Subject.objects.bulk_create(
        Subject(experiment=experiment, condition=condition, name=f"{condition.name[0].upper()}{n:02}")
        for condition in conditions
        for n in range(ANIMALS_A_CONDITION)
    )
    cells = Cell.objects.bulk_create(
        Cell(subject=subject, name=f"c{n:02}") for n in range(CELLS_AN_ANIMAL) for subject in subjects
    )
    return Image.objects.bulk_create(
        Image(
            experiment=experiment,
            cell=cells[n % len(cells)],
            original_name=f"image_{n:05}.tif",
            sha256=hashlib.sha256(f"{experiment.pk} {n}".encode()).hexdigest(),
            size_bytes=1_048_576,
            format="tiff",
            width_px=1024,
            height_px=1024,
            bit_depth=8,
            pixel_size_um=PIXEL_SIZE_UM,
            pixel_size_source=PixelSizeSource.METADATA,
            uploaded_by=user,
        )
        for n in range(count)
    )


def make_job(experiment: Experiment, versions: list[ModelVersion]) -> None:
    """An analysis of all images, none of which is taken up yet."""
    analysis = _analysis(experiment, versions)
    AnalysisImage.objects.bulk_create(
        AnalysisImage(analysis=analysis, image=image, status=AnalysisStatus.QUEUED) for image in experiment.images.all()
    )


def _analysis(experiment: Experiment, versions: list[ModelVersion], **more: Any) -> Analysis:
    return Analysis.objects.create(
        experiment=experiment,
        detector=next(v for v in versions if v.kind == ModelKind.DETECTOR),
        classifier=next(v for v in versions if v.kind == ModelKind.CLASSIFIER),
        software_version="bench",
        **more,
    )


def _results(experiment: Experiment, images: list[Image], versions: list[ModelVersion], *, is_current: bool) -> None:
    now = timezone.now()
    analysis = _analysis(experiment, versions, finished_at=now)
    AnalysisImage.objects.bulk_create(
        AnalysisImage(
            analysis=analysis,
            image=image,
            status=AnalysisStatus.DONE,
            attempts=1,
            is_current=is_current,
            channel=0,
            projection="max",
            polarity="light_on_dark",
            plane=0,
            pixel_size_um=image.pixel_size_um,
            started_at=now - timedelta(seconds=1),
            finished_at=now,
            read_s=0.01,
            detect_s=0.1,
            classify_s=0.3,
            measure_s=0.2,
            write_s=0.02,
            unlikeness=0.5,
        )
        for image in images
    )


# Every animal has a level of its own, from its id: enough to see animals apart, the same at each run.
_DENDRITES = """
INSERT INTO spines_dendrite
    (analysis_image_id, number, points_px, radius_px, length_px, length_um, source, edited)
SELECT result_id, number,
    (SELECT jsonb_agg(jsonb_build_array(10 + length_px * i / 19, 300 * number + 10 * sin(i)))
     FROM generate_series(0, 19) i),
    (SELECT jsonb_agg(4) FROM generate_series(0, 19)),
    length_px, length_px * pixel_size_um, 'traced', false
FROM (
    SELECT result.id AS result_id, number, result.pixel_size_um,
        (150 + 150 * random()) * (1 + 0.15 * sin(subject.id)) * (1 - 0.05 * condition.position) AS length_px
    FROM spines_analysisimage result
    JOIN spines_image image ON image.id = result.image_id
    JOIN spines_cell cell ON cell.id = image.cell_id
    JOIN spines_subject subject ON subject.id = cell.subject_id
    JOIN spines_condition condition ON condition.id = subject.condition_id
    CROSS JOIN generate_series(1, 3) number
    OFFSET 0
) drawn
"""

# One spine in twenty sits on no dendrite; a fifth of the images is reviewed; one box in fifty is rejected; of six
# spines in seven the outline is trusted.
_SPINES = """
INSERT INTO spines_spine
    (analysis_image_id, number, x_px, y_px, width_px, height_px, score, probabilities,
     spine_class, uncertain, reviewed_class, rejected, apart, source,
     dendrite_id, position_px, position_um, side, quality,
     MEASURE_COLUMNS, rule_classes)
SELECT result_id, n, 900 * r1, 900 * r2, 14, 18, 0.3 + 0.7 * r3,
    (SELECT array_agg(CASE WHEN class = name THEN sure ELSE (1 - sure) / 3 END) FROM unnest(ARRAY[NETWORK_KEYS]) name),
    class, sure < 0.5, CASE WHEN image_id %% 5 = 0 THEN class ELSE '' END, r4 < 0.02, dendrite.id IS NULL, 'detected',
    dendrite.id, dendrite.length_px * r1, dendrite.length_um * r1,
    CASE WHEN dendrite.id IS NOT NULL THEN CASE WHEN r2 < 0.5 THEN 1 ELSE -1 END END,
    CASE WHEN dendrite.id IS NULL THEN 'no_dendrite' WHEN trusted THEN 'trusted' ELSE 'faint' END,
    CASE WHEN trusted AND dendrite.id IS NOT NULL THEN size * (0.8 + 1.2 * r5) END,
    CASE WHEN trusted AND dendrite.id IS NOT NULL THEN size * (0.2 + 0.6 * r6) END,
    CASE WHEN trusted AND dendrite.id IS NOT NULL AND class <> 'NO_NECK' THEN 0.1 + 0.2 * r5 END,
    CASE WHEN trusted AND dendrite.id IS NOT NULL AND class <> 'NO_NECK' THEN size * 0.6 * r5 END,
    CASE WHEN trusted AND dendrite.id IS NOT NULL THEN size * (0.1 + 0.5 * r6 * r6) END,
    CASE WHEN trusted AND dendrite.id IS NOT NULL THEN size * (0.1 + 0.4 * r6) END,
    jsonb_build_object('dendritic_spine_counter', class, 'golgi', class)
FROM (
    SELECT *, r7 > 0.15 AS trusted, 0.4 + 0.6 * r8 AS sure,
        (ARRAY[NETWORK_KEYS])[CASE WHEN r6 < 0.3 + 0.03 * position THEN 1 WHEN r6 < 0.7 THEN 2
             WHEN r6 < 0.9 THEN 3 ELSE 4 END] AS class
    FROM (
        SELECT result.id AS result_id, result.image_id, condition.position, n,
            (1 + 0.1 * sin(subject.id)) * (1 + 0.04 * condition.position) AS size,
            random() r1, random() r2, random() r3, random() r4, random() r5, random() r6, random() r7, random() r8
        FROM (
            SELECT *, row_number() OVER (PARTITION BY analysis_id ORDER BY id) AS place FROM spines_analysisimage
        ) result
        JOIN spines_image image ON image.id = result.image_id
        JOIN spines_cell cell ON cell.id = image.cell_id
        JOIN spines_subject subject ON subject.id = cell.subject_id
        JOIN spines_condition condition ON condition.id = subject.condition_id
        CROSS JOIN generate_series(1, %(spines_an_image)s) n
        WHERE (result.place - 1) * %(spines_an_image)s + n <= %(spines_each)s
        OFFSET 0
    ) rolled
    OFFSET 0
) drawn
LEFT JOIN spines_dendrite dendrite
    ON dendrite.analysis_image_id = result_id AND dendrite.number = 1 + n %% 3 AND n %% 20 <> 0
"""

for _word, _names in {
    "NETWORK_KEYS": [f"'{name}'" for name in NETWORK_KEYS],
    "NO_NECK": [NECKLESS],
    "MEASURE_COLUMNS": [each.key for each in (LENGTH, HEAD_WIDTH, NECK_WIDTH, NECK_LENGTH, AREA, INTENSITY)],
}.items():
    _SPINES = _SPINES.replace(_word, ", ".join(_names))

# 64 numbers from 1 to 2 a spine, of 16 bits; those of one experiment are asked.
_LIKENESS = """
INSERT INTO spines_likeness (spine_id, classifier_id, numbers)
SELECT spine.id, analysis.classifier_id,
    decode(repeat(regexp_replace(md5(spine.id::text), '(..)..', '\\13c', 'g'), 8), 'hex')
FROM spines_spine spine
JOIN spines_analysisimage result ON result.id = spine.analysis_image_id AND result.is_current
JOIN spines_analysis analysis ON analysis.id = result.analysis_id
WHERE analysis.experiment_id = %s
"""

# Only the image page reads shapes: those of one image in a hundred are enough.
_SHAPES = """
INSERT INTO spines_spineshape (spine_id, outline_px, midline_px)
SELECT spine.id,
    (SELECT jsonb_agg(jsonb_build_array(x_px + 7 + 7 * cos(i / 5.0), y_px + 9 + 9 * sin(i / 5.0)))
     FROM generate_series(0, 31) i),
    jsonb_build_array(jsonb_build_array(x_px, y_px), jsonb_build_array(x_px + 14, y_px + 18))
FROM spines_spine spine
JOIN spines_analysisimage result ON result.id = spine.analysis_image_id
WHERE result.image_id % 100 = 1 AND quality = 'trusted'
"""
