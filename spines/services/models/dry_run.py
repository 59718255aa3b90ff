"""What a network would change for somebody, before it is put in use: both networks on a sample of their images.

Both look at the same pictures anew, as an analysis would; what people corrected is left out of both, so that the
difference is the networks' alone. Nothing is written but what came of it, which names no image.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from spines.access import require_admin, results_for
from spines.accuracy.matching import match_nearest
from spines.errors import Conflict
from spines.models import AnalysisImage, Lab, ModelKind, ModelVersion, User, Work, WorkKind
from spines.selectors.models.versions import get_model_version
from spines.selectors.results.standing import counted, not_trashed
from spines.services.models.choosing import Whom, whom
from spines.services.models.versions import refuse_gone
from spines.services.work.asking import ask
from spines.vocabulary.classes import UNCERTAIN
from spines.vocabulary.densities import per_um

MOST_IMAGES = 12
"""Looked at: a minute or two on two cores."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What one network saw in an image: boxes (x, y, width, height in px) of the spines that count, and their classes.

    `length_um` is of its dendrites, None without a pixel size. `aside` is whether the image would stand aside.
    """

    boxes_px: Sequence[tuple[float, float, float, float]]
    classes: Sequence[str]
    length_um: float | None
    aside: bool

    @property
    def per_um(self) -> float | None:
        """Spines a µm of dendrite."""
        return per_um(len(self.boxes_px), self.length_um)


def ask_dry_run(*, user: User, version_id: int, lab_id: int | None = None, experiment_id: int | None = None) -> Work:
    """Put a dry run in line. Who may promote there may ask for it, and alone sees it.

    Raises
    ------
    NotAllowed, NotFound, Sealed
    Conflict
        It is in use there, its files are gone, or no image was analysed there yet.
    """
    chosen_for = whom(user, lab_id=lab_id, experiment_id=experiment_id)
    if chosen_for.owner is None:
        require_admin(user)
    version = get_model_version(user, version_id)
    refuse_gone(version)
    used = chosen_for.in_use(ModelKind(version.kind))
    if used is None:
        raise Conflict(f"No {version.get_kind_display().lower()} is in use there, so there is nothing to compare with.")
    if used.version == version:
        raise Conflict(f"{version} is in use there already, so nothing would change.")
    refuse_gone(used.version)
    if not analysed(user, chosen_for):
        raise Conflict(f"No image of {chosen_for} was analysed yet, so there is nothing to try it on.")
    return ask(user=user, kind=WorkKind.DRY_RUN, arguments=arguments_of(version, used.version, chosen_for))


def arguments_of(version: ModelVersion, instead_of: ModelVersion, chosen_for: Whom) -> dict[str, Any]:
    """What names a dry run: the same change for the same people."""
    return {
        "version": version.pk,
        "instead_of": instead_of.pk,
        "lab_id": chosen_for.lab.pk if chosen_for.lab else None,
        "experiment_id": chosen_for.experiment.pk if chosen_for.experiment else None,
    }


def analysed(user: User, chosen_for: Whom) -> list[int]:
    """Results that count and that the choice concerns, ordered by where they belong; of sealed experiments none.

    A site admin who chooses for a lab, or for everyone, has results of labs that are not theirs, too.
    """
    if chosen_for.experiment is not None:
        results = results_for(user).filter(image__experiment=chosen_for.experiment)
    elif chosen_for.lab is None or user.is_staff:
        results = AnalysisImage.objects.filter(not_trashed(), analysis__experiment__project__lab__archived_at=None)
        results = results.exclude(analysis__experiment__blinded=True, analysis__experiment__unblinded_at=None)
        if chosen_for.lab is not None:
            results = results.filter(image__experiment__project__lab=chosen_for.lab)
    else:
        results = results_for(user).filter(image__experiment__project__lab=chosen_for.lab)
    order = ("image__experiment__project__lab", "image__experiment", "image__cell__subject__condition", "image__cell")
    return list(results.filter(counted()).order_by(*order, "image").values_list("pk", flat=True))


def spread(numbers: Sequence[int], most: int = MOST_IMAGES) -> list[int]:
    """At most so many of them, evenly over the whole.

    >>> spread([1, 2, 3, 4, 5, 6, 7, 8, 9], 3)
    [2, 5, 8]
    """
    n = min(most, len(numbers))
    return [numbers[(2 * at + 1) * len(numbers) // (2 * n)] for at in range(n)]


def tally(pairs: Sequence[tuple[Seen, Seen]]) -> dict[str, Any]:
    """What the second network of each pair changes, as JSON. Images that stand aside for either are only counted.

    Densities are of the images with a pixel size and dendrite for both; `density_changes` has a share an image.
    """
    both = [pair for pair in pairs if not (pair[0].aside or pair[1].aside)]
    kept = reclassed = 0
    transitions: Counter[tuple[str, str]] = Counter()
    for before, after in both:
        same = match_nearest(after.boxes_px, before.boxes_px)
        kept += len(same)
        moves = [(before.classes[old], after.classes[new]) for old, new in same.items()]
        transitions.update(moves)
        reclassed += sum(was != now for was, now in moves)
    found: dict[str, Any] = {
        "images": len(both),
        "aside_before": sum(before.aside for before, _ in pairs),
        "aside_after": sum(after.aside for _, after in pairs),
        "kept": kept,
        "reclassed": reclassed,
        "transitions": [[was, now, n] for (was, now), n in sorted(transitions.items())],
        "density_changes": [],
    }
    dense = [pair for pair in both if pair[0].per_um and pair[1].per_um is not None]
    found["density_changes"] = [_change(*pair) for pair in dense]
    for name, side in (("before", 0), ("after", 1)):
        found[f"spines_{name}"] = sum(len(pair[side].boxes_px) for pair in both)
        found[f"by_class_{name}"] = dict(Counter(each for pair in both for each in pair[side].classes))
        length_um = sum(pair[side].length_um or 0 for pair in dense)
        spines = sum(len(pair[side].boxes_px) for pair in dense)
        found[f"per_um_{name}"] = per_um(spines, length_um)
    return found


def _change(before: Seen, after: Seen) -> float:
    assert before.per_um
    assert after.per_um is not None
    return after.per_um / before.per_um - 1


def class_of(spine_class: str, *, uncertain: bool) -> str:
    """What pages count a spine as that nobody reviewed."""
    return UNCERTAIN.key if uncertain else spine_class


def chosen_again(user: User, arguments: dict[str, Any]) -> tuple[ModelVersion, ModelVersion, Whom]:
    """The new version, the one in use and for whom, as the arguments of the work say; permission is asked anew."""
    ids = {name: arguments[name] for name in ("lab_id", "experiment_id")}
    chosen_for = whom(user, **ids)
    if chosen_for.owner is None:
        require_admin(user)
    versions = [get_model_version(user, arguments[name]) for name in ("version", "instead_of")]
    return versions[0], versions[1], chosen_for


def labs_in(results: Sequence[AnalysisImage]) -> int:
    """How many labs a sample comes from."""
    return Lab.objects.filter(projects__experiments__images__results__in=results).distinct().count()
