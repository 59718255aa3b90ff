"""What does the long work that is the domain's own. All processes load this, so what needs much is imported within."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from spines.models import WorkKind
from spines.services.work.kinds import Outcome, Task, register


def register_acts() -> None:
    """Say what does each kind."""
    register(WorkKind.VIEWS, set_views_of_images)
    register(WorkKind.IMPORT, bring_set_in)
    register(WorkKind.COUNTS, count_dataset)
    register(WorkKind.TRAINING, start_training)
    register(WorkKind.CONSENSUS, set_consensus)
    register(WorkKind.TEST_SET, make_test_set)
    register(WorkKind.EXAMPLES, learn_from_examples)
    register(WorkKind.APPLY_EXAMPLES, apply_examples)
    register(WorkKind.UNDO_EXAMPLES, undo_examples)


def set_views_of_images(task: Task) -> Outcome:
    """Channel, projection and plane of many images."""
    from spines.imaging import Projection
    from spines.services.images.views import set_views

    wanted = dict(task.arguments)
    projection = wanted.pop("projection")
    set_views(
        user=task.user, projection=Projection(projection) if projection else None, progress=task.progress, **wanted
    )
    return Outcome()


def bring_set_in(task: Task) -> Outcome:
    """An annotated set from the zip that came along."""
    from spines.services.datasets.imports import import_set

    assert task.given is not None
    import_set(user=task.user, path=task.given, progress=task.progress, **task.arguments)
    return Outcome()


def count_dataset(task: Task) -> Outcome:
    """What a selection would give, as JSON."""
    from spines.services.datasets.freezing import preview

    counted = preview(user=task.user, progress=task.progress, **_selected(task.arguments))
    return Outcome(result=asdict(counted))


def start_training(task: Task) -> Outcome:
    """Freeze a selection, then put the training on it in line."""
    from spines.services.training.starting import freeze_and_start

    freeze_and_start(user=task.user, progress=task.progress, **_selected(task.arguments))
    return Outcome()


def set_consensus(task: Task) -> Outcome:
    """What the raters of a study agree on becomes the reviewed answer."""
    from spines.services.reader_studies.applying import apply_consensus

    study = task.arguments["study"]
    done = apply_consensus(user=task.user, study_id=study, progress=task.progress)
    return Outcome(result={"study": study, **asdict(done)})


def learn_from_examples(task: Task) -> Outcome:
    """A version of classes proposed for the rest of an experiment."""
    from spines.services.review.from_examples import learn

    learn(user=task.user, experiment_id=task.arguments["experiment"], progress=task.progress)
    return Outcome()


def apply_examples(task: Task) -> Outcome:
    """A version of classes from examples counts."""
    from spines.services.review.applying import apply

    apply(user=task.user, version_id=task.arguments["version"], progress=task.progress)
    return Outcome()


def undo_examples(task: Task) -> Outcome:
    """It counts no more."""
    from spines.services.review.applying import undo_applied

    undo_applied(user=task.user, version_id=task.arguments["version"], progress=task.progress)
    return Outcome()


def make_test_set(task: Task) -> Outcome:
    """What the raters of a study agree on, as an annotated set: as a file, and brought in where that was asked."""
    from spines.services.reader_studies.test_sets import write_test_set

    path, name, imported = write_test_set(
        user=task.user,
        study_id=task.arguments["study"],
        folder=task.folder,
        keeps=task.arguments["keeps"],
        progress=task.progress,
    )
    result = {} if imported is None else {"imported_set": imported.pk}
    return Outcome(file=path, file_name=name, result=result)


def _selected(arguments: dict[str, Any]) -> dict[str, Any]:
    from spines.services.datasets.freezing import DatasetSelection

    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in arguments["selection"].items()
    }
    return arguments | {"selection": DatasetSelection(**given)}
