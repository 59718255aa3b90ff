"""Results that networks made which are not the active ones: old results keep their version until somebody asks."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, QuerySet

from spines.models import AnalysisImage, AnalysisStatus, Experiment, ModelKind, ModelState, ModelVersion
from spines.models.analyses import UNFINISHED


@dataclass(frozen=True, kw_only=True)
class EarlierNetworks:
    """Present results that the active networks did not both make, of so many analysed images."""

    images: int
    analysed: int
    detector: ModelVersion
    classifier: ModelVersion
    is_being_analysed: bool


def results_of_earlier_networks(experiment: Experiment) -> QuerySet[AnalysisImage]:
    """Present results that the active networks did not both make; none while a network is missing."""
    active = _active_networks()
    current = AnalysisImage.objects.filter(is_current=True, image__experiment=experiment)
    if len(active) < len(ModelKind):
        return current.none()
    return current.exclude(
        analysis__detector=active[ModelKind.DETECTOR], analysis__classifier=active[ModelKind.CLASSIFIER]
    )


def earlier_networks(experiment: Experiment) -> EarlierNetworks | None:
    """What to tell of results that earlier networks made; None where nothing is to be told."""
    earlier = results_of_earlier_networks(experiment)
    rows = AnalysisImage.objects.filter(image__experiment=experiment)
    images = earlier.count()
    if not images:
        return None
    active = _active_networks()
    return EarlierNetworks(
        images=images,
        analysed=rows.filter(is_current=True).count(),
        detector=active[ModelKind.DETECTOR],
        classifier=active[ModelKind.CLASSIFIER],
        is_being_analysed=rows.filter(status__in=UNFINISHED).exists(),
    )


def can_be_compared(experiment: Experiment) -> bool:
    """Whether an image of the experiment has two finished results."""
    done = AnalysisImage.objects.filter(image__experiment=experiment, status=AnalysisStatus.DONE)
    return done.order_by().values("image").annotate(n=Count("pk")).filter(n__gt=1).exists()


def _active_networks() -> dict[str, ModelVersion]:
    return {version.kind: version for version in ModelVersion.objects.filter(state=ModelState.ACTIVE)}
