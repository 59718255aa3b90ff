"""What the shown results of an experiment were made of and by: what a methods section must state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Max, Min, Q

from spines.imaging import Polarity
from spines.models import AnalysisImage, DendriteSource, Experiment, ModelVersion, PixelSizeSource, Spine, SpineSource
from spines.selectors.results.doubtful_scales import is_open
from spines.selectors.results.failures import failed_images
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.made_by import made_by, mixed_versions
from spines.selectors.results.rows import dendrites_of, results_of
from spines.selectors.results.standing import spine_counts
from spines.selectors.results.unchanged import while_unchanged


@dataclass(frozen=True, kw_only=True)
class NetworkUse:
    """A network that had a part in the results, and in how many images of them."""

    version: ModelVersion
    images: int
    chosen_for: tuple[str, ...] = ()
    """For whom it was in use when they were made (`Reach`); empty in results of earlier releases."""

    def stated(self, name: str) -> Any:
        """What its card says under this name; None where it says nothing."""
        return self.version.card.get(name)


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Of the current results that pass the filters of images; filters of spines do not narrow it."""

    detectors: list[NetworkUse]
    classifiers: list[NetworkUse]
    thresholds: dict[float, int]
    """Images by the detection score from which on a box is a spine there; those where it is not known are left out."""
    software_versions: list[str]
    tracing_versions: list[int]
    measures_versions: list[int]
    mixed: list[str]
    """What the results mix, a sentence each (`selectors.results.made_by`)."""
    backends: list[str]
    projections: dict[str, int]
    """Images by the projection that was analysed."""
    channels: dict[int, int]
    """Images by the channel that was analysed, from 0."""
    dark_on_light: int
    """Images that were turned round to be analysed."""
    least_pixel_um: float | None
    most_pixel_um: float | None
    pixel_sizes_of_files: int
    pixel_sizes_entered: int
    scale_sources: dict[str, int]
    """Images by where their scale comes from, a `ScaleSource`; those of earlier versions are left out."""
    doubtful_pixel_sizes: int
    """Images whose pixel size is doubtful, which nobody answered for."""
    spines_rejected: int
    spines_added: int
    dendrites_traced: int
    """By the program, whether or not somebody changed them later."""
    dendrites_drawn: int
    dendrites_edited: int
    """Traced, and then changed by hand."""
    spines_of_examples: int
    """Whose class a classifier proposed that learnt from examples, and nobody named."""
    images_called_right: int
    """Somebody looked at every box."""
    images_failed: int
    """Of the whole experiment: images without a result whose last analysis failed."""


def provenance_of(experiment: Experiment, filters: ResultFilters) -> Provenance:
    """Ask the database; the number of queries does not grow with the experiment."""
    results, made = results_of(experiment, filters), made_by(experiment, filters)
    return Provenance(
        detectors=_networks(results, "detector"),
        classifiers=_networks(results, "classifier"),
        thresholds=dict(
            results.exclude(score_threshold=None)
            .order_by("score_threshold")
            .values_list("score_threshold")
            .annotate(n=Count("*"))
        ),
        software_versions=sorted({row.software_version for row in made} - {""}),
        tracing_versions=sorted({row.tracing_version for row in made if row.tracing_version}),
        measures_versions=sorted({row.measures_version for row in made if row.measures_version}),
        mixed=mixed_versions(made),
        backends=sorted(
            {name for name in results.values_list("analysis__parameters__backend", flat=True).distinct() if name}
        ),
        projections=dict(results.values_list("projection").annotate(n=Count("*")).order_by("-n")),
        channels=dict(results.values_list("channel").annotate(n=Count("*")).order_by("-n")),
        dark_on_light=results.filter(polarity=Polarity.DARK_ON_LIGHT).count(),
        scale_sources=dict(
            results.exclude(scale_source="").values_list("scale_source").annotate(n=Count("*")).order_by("-n")
        ),
        doubtful_pixel_sizes=results.filter(is_open()).exclude(scale_doubt="").count(),
        images_failed=failed_images(
            AnalysisImage.objects.filter(image__experiment=experiment).exclude(image__results__is_current=True)
        ).count(),
        **_of_results(results),
        **_of_spines(experiment, filters),
        **_of_dendrites(experiment, filters),
    )


def _networks(results: Any, kind: str) -> list[NetworkUse]:
    counts = dict(results.values_list(f"analysis__{kind}").annotate(n=Count("*")))
    versions = ModelVersion.objects.filter(pk__in=counts).defer("evaluation").order_by("pk")
    reaches: dict[int, set[str]] = {pk: set() for pk in counts}
    by_whom = results.values_list(f"analysis__{kind}", f"analysis__parameters__chosen_for__{kind}")
    for pk, reach in by_whom.order_by().distinct():
        reaches[pk] |= {reach} if reach else set()
    return [
        NetworkUse(version=version, images=counts[version.pk], chosen_for=tuple(sorted(reaches[version.pk])))
        for version in versions
    ]


def _of_results(results: Any) -> dict[str, Any]:
    calibrated = Q(pixel_size_um__isnull=False)
    found: dict[str, Any] = results.aggregate(
        least_pixel_um=Min("pixel_size_um"),
        most_pixel_um=Max("pixel_size_um"),
        pixel_sizes_of_files=Count(
            "pk",
            filter=Q(image__pixel_size_source=PixelSizeSource.METADATA, image__pixel_size_um=F("pixel_size_um")),
        ),
        calibrated=Count("pk", filter=calibrated),
        images_called_right=Count("pk", filter=Q(reviewed_at__isnull=False)),
    )
    return found | {"pixel_sizes_entered": found.pop("calibrated") - found["pixel_sizes_of_files"]}


@while_unchanged
def _of_spines(experiment: Experiment, filters: ResultFilters) -> dict[str, int]:
    spines = Spine.objects.filter(analysis_image__in=results_of(experiment, filters).values("pk")).order_by()
    return spines.aggregate(
        spines_rejected=Count("pk", filter=Q(rejected=True)),
        spines_of_examples=Count("pk", filter=~Q(proposed_class="") & Q(reviewed_class="") & spine_counts()),
        spines_added=Count("pk", filter=Q(source=SpineSource.ADDED) & spine_counts()),
    )


@while_unchanged
def _of_dendrites(experiment: Experiment, filters: ResultFilters) -> dict[str, int]:
    traced = Q(source=DendriteSource.TRACED)
    return dendrites_of(experiment, filters).aggregate(
        dendrites_traced=Count("pk", filter=traced),
        dendrites_drawn=Count("pk", filter=~traced),
        dendrites_edited=Count("pk", filter=traced & Q(edited=True)),
    )
