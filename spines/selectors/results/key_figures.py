"""What was found in an experiment, in the figures that the results page puts into a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spines.models import Experiment, ModelKind
from spines.selectors.results.counts import GroupCounts, ResultTally, tallies
from spines.selectors.results.filters import ResultFilters, all_classes
from spines.selectors.results.rows import results_aside, results_of
from spines.selectors.results.standing import Aside, aside_in
from spines.vocabulary.classes import certain
from spines.vocabulary.densities import per_um
from spines.vocabulary.picture_grades import Grade


@dataclass(frozen=True, kw_only=True)
class Findings:
    """Totals under the filters, classes apart, and how far they can be trusted."""

    spines: int
    images: int
    animals: int
    conditions: int
    by_class: dict[str, int]
    reviewed: int
    cannot_say: int
    """Of the uncertain, those of which a person could not say the class."""
    images_without_animal: int
    images_calibrated: int
    images_other_lab: int
    """Of the counted ones: like those of another lab than the networks were trained on."""
    aside: Aside
    """Analysed images that are in none of these figures."""
    images_without_result: int
    """Of the whole experiment, whatever the filters."""
    images_without_pixel_size: int
    """No density, because the image has no pixel size."""
    images_to_measure_again: int
    """No density, because the pixel size was given after the analysis."""
    images_without_dendrite: int
    """No density, because no dendrite was traced, though there is a pixel size."""
    dendrites: int
    """With a length in µm, as the spines below: what densities are of."""
    dendrite_um: float
    on_dendrites: int
    apart: int
    """Spines on no dendrite of images that have some: listed apart, in no other figure."""

    @property
    def certain(self) -> int:
        """Spines of certain class: what the share of a class is of."""
        return certain(self.by_class)

    @property
    def spines_per_um(self) -> float | None:
        """All dendrites together: of the whole, not of an animal; None without a dendrite's length."""
        return per_um(self.on_dendrites, self.dendrite_um)

    @property
    def images_with_density(self) -> int:
        """How many images densities are of."""
        left_out = self.images_without_pixel_size + self.images_to_measure_again + self.images_without_dendrite
        return self.images - left_out


def findings_of(experiment: Experiment, filters: ResultFilters) -> Findings:
    """Count. A class in the filters does not narrow the totals: they are what its share is a share of."""
    return findings_from(tallies(experiment, all_classes(filters)), experiment, filters)


def findings_from(rows: Sequence[ResultTally], experiment: Experiment, filters: ResultFilters) -> Findings:
    """The same from tallies that somebody has already, made under these filters."""
    whole = GroupCounts(key=())
    for row in rows:
        whole.add(row)
    without = [row for row in rows if not row.gives_a_density]
    return Findings(
        spines=whole.spines,
        by_class=whole.by_class,
        reviewed=sum(row.reviewed for row in rows),
        cannot_say=sum(row.cannot_say for row in rows),
        images=whole.images,
        animals=whole.animals,
        conditions=len({row.condition for row in rows} - {None}),
        images_without_animal=sum(row.animal_id is None for row in rows),
        images_calibrated=sum(row.has_pixel_size for row in rows),
        images_other_lab=sum(row.grade == Grade.OTHER_LAB for row in rows),
        aside=aside_in(results_aside(experiment, filters)),
        images_without_result=experiment.images.exclude(results__is_current=True).count(),
        images_without_pixel_size=sum(not row.has_pixel_size and not row.result_has_pixel_size for row in without),
        images_to_measure_again=sum(row.has_pixel_size and not row.result_has_pixel_size for row in without),
        images_without_dendrite=sum(row.result_has_pixel_size for row in without),
        dendrites=whole.dendrites,
        dendrite_um=whole.dendrite_um,
        on_dendrites=sum(whole.on_dendrites.values()),
        apart=whole.apart,
    )


def networks_behind(experiment: Experiment) -> dict[str, dict[int, str]]:
    """The detectors and the classifiers that made the present results: name and version by id, earliest first."""
    found: dict[str, dict[int, str]] = {}
    for kind in ModelKind.values:
        on = f"analysis__{kind}"
        rows = results_of(experiment, ResultFilters()).order_by(on).distinct()
        found[kind] = {
            pk: f"{name} {version}" for pk, name, version in rows.values_list(on, f"{on}__name", f"{on}__version")
        }
    return found
