"""Results that other networks made than those in use: old results keep their version until somebody asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from spines.models import AnalysisImage, AnalysisStatus, Experiment, ModelKind
from spines.models.analyses import UNFINISHED
from spines.selectors.models.in_use import InUse, networks_in_use


@dataclass(frozen=True, kw_only=True)
class EarlierNetworks:
    """Present results that the networks in use did not both make, of so many analysed images."""

    images: int
    analysed: int
    detector: InUse
    classifier: InUse
    is_being_analysed: bool


def results_of_earlier_networks(experiment: Experiment) -> QuerySet[AnalysisImage]:
    """Present results that the networks in use for the experiment did not both make; none while one is missing."""
    return _earlier(experiment, networks_in_use(experiment=experiment))


def earlier_networks(experiment: Experiment) -> EarlierNetworks | None:
    """What to tell of results that earlier networks made; None where nothing is to be told."""
    used = networks_in_use(experiment=experiment)
    images = _earlier(experiment, used).count()
    if not images:
        return None
    rows = AnalysisImage.objects.filter(image__experiment=experiment)
    return EarlierNetworks(
        images=images,
        analysed=rows.filter(is_current=True).count(),
        detector=used[ModelKind.DETECTOR],
        classifier=used[ModelKind.CLASSIFIER],
        is_being_analysed=rows.filter(status__in=UNFINISHED).exists(),
    )


def can_be_compared(experiment: Experiment) -> bool:
    """Whether an image of the experiment has two finished results."""
    done = AnalysisImage.objects.filter(image__experiment=experiment, status=AnalysisStatus.DONE)
    return done.order_by().values("image").annotate(n=Count("pk")).filter(n__gt=1).exists()


def _earlier(experiment: Experiment, used: Mapping[str, InUse]) -> QuerySet[AnalysisImage]:
    current = AnalysisImage.objects.filter(is_current=True, image__experiment=experiment)
    if len(used) < len(ModelKind):
        return current.none()
    detector, classifier = used[ModelKind.DETECTOR].version, used[ModelKind.CLASSIFIER].version
    return current.exclude(analysis__detector=detector, analysis__classifier=classifier)
