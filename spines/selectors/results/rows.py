"""The rows that results are made of: current spines, results and dendrites, as filters ask for them."""

from __future__ import annotations

from django.db.models import QuerySet

from spines.models import AnalysisImage, Dendrite, Experiment, Image, Spine
from spines.selectors.results.filters import CLASSES as CLASSES
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.filters import scored_at_least as scored_at_least


def spines_of(experiment: Experiment, filters: ResultFilters) -> QuerySet[Spine]:
    """The current spines of an experiment that pass the filters."""
    return Spine.objects.filter(filters.spines(), analysis_image__image__experiment=experiment)


def results_of(experiment: Experiment, filters: ResultFilters) -> QuerySet[AnalysisImage]:
    """The results of an experiment that count and that the filters speak of, one an image."""
    return AnalysisImage.objects.filter(filters.results(), image__experiment=experiment).order_by()


def results_aside(experiment: Experiment, filters: ResultFilters) -> QuerySet[AnalysisImage]:
    """Those that the filters speak of and that stand aside: they are in no number until a person admits them."""
    return AnalysisImage.objects.filter(filters.results_aside(), image__experiment=experiment).order_by()


def dendrites_of(experiment: Experiment, filters: ResultFilters) -> QuerySet[Dendrite]:
    """The dendrites of those results."""
    wanted = filters.results("analysis_image__")
    return Dendrite.objects.filter(wanted, analysis_image__image__experiment=experiment).order_by()


def standing_spines(result: AnalysisImage | None) -> QuerySet[Spine]:
    """An image's spines that nobody rejected, those apart as well, in number order; none where there is no result."""
    return result.spines.filter(rejected=False).order_by("number") if result else Spine.objects.none()


def current_result(image: Image) -> AnalysisImage | None:
    """The result that pages show for an image: its latest finished one."""
    return image.results.filter(is_current=True).select_related("analysis__detector", "analysis__classifier").first()
