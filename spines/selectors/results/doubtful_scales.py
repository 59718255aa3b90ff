"""Which pixel sizes are doubtful and not yet answered for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Avg, Case, CharField, Count, F, Q, QuerySet, Value, When

from spines.models import AnalysisImage, Experiment
from spines.vocabulary.picture_scale import ScaleDoubt, doubt_sentence, two_digits


def is_open(result: str = "", *, image: str = "image__") -> Q:
    """Results whose image still has the pixel size that it was analysed with, and nobody called it right.

    `result` and `image` lead there from the rows that are asked for, which are results where nothing is said.
    """
    size, confirmed = f"{image}pixel_size_um", f"{image}pixel_size_confirmed_um"
    unconfirmed = Q(**{confirmed: None}) | ~Q(**{confirmed: F(size)})
    return Q(**{f"{result}pixel_size_um": F(size)}) & unconfirmed


def open_doubt(result: str = "", *, image: str = "image__") -> Case:
    """As a column: a `ScaleDoubt`, empty where there is none or it is answered; arguments as in `is_open`."""
    is_asked = When(is_open(result, image=image), then=F(f"{result}scale_doubt"))
    return Case(is_asked, default=Value(""), output_field=CharField())


def doubtful_results(experiments: Iterable[Experiment]) -> QuerySet[AnalysisImage]:
    """Current results whose image's pixel size is doubtful and not yet answered for."""
    results = AnalysisImage.objects.filter(is_open(), image__experiment__in=list(experiments), is_current=True)
    return results.exclude(scale_doubt=ScaleDoubt.NONE)


@dataclass(frozen=True, kw_only=True)
class DoubtfulSizes:
    """Images of one doubt and one stated pixel size; `seen_pixel_um` is the mean of what they look like, if known."""

    doubt: ScaleDoubt
    pixel_size_um: float
    seen_pixel_um: float | None
    images: int

    @property
    def stated_um(self) -> str:
        """The stated size, exactly, as a form sends it back."""
        return repr(self.pixel_size_um)

    @property
    def suggested_um(self) -> str:
        """What the images look like, to two digits; empty where they do not tell."""
        return two_digits(self.seen_pixel_um)

    @property
    def sentence(self) -> str:
        """What is doubtful, in words."""
        return doubt_sentence(self.doubt, pixel_size_um=self.pixel_size_um, seen_pixel_um=self.seen_pixel_um)


def doubtful_sizes(experiment: Experiment) -> list[DoubtfulSizes]:
    """The questions that an experiment's images ask, the most frequent first."""
    groups = (
        doubtful_results([experiment])
        .order_by()
        .values_list("scale_doubt", "pixel_size_um")
        .annotate(n=Count("*"), seen=Avg("seen_pixel_um"))
        .order_by("-n", "scale_doubt", "pixel_size_um")
    )
    return [
        DoubtfulSizes(doubt=ScaleDoubt(doubt), pixel_size_um=size, seen_pixel_um=seen, images=n)
        for doubt, size, n, seen in groups
    ]
