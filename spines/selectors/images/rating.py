"""The images of a sealed experiment as a rater meets them: in an order of their own, that stays."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet, TextField, Value
from django.db.models.functions import MD5, Cast, Concat

from spines.models import AnalysisImage, BlindRater, Experiment, Image, User
from spines.selectors.images.viewing import Neighbours


def in_rating_order(images: QuerySet[Image], user: User) -> QuerySet[Image]:
    """Shuffled by rater: each meets them in another order, and always in the same."""
    seed = Concat(Value(f"{user.pk}:"), Cast("pk", TextField()), output_field=TextField())
    return images.annotate(shuffled=MD5(seed)).order_by("shuffled", "pk")


def neighbours_in_rating_order(image: Image, user: User) -> Neighbours:
    """Around an image, in the rater's order."""
    order = list(in_rating_order(image.experiment.images.all(), user).values_list("pk", flat=True))
    at = order.index(image.pk)
    return Neighbours(
        before=order[at - 1] if at else None,
        after=order[at + 1] if at + 1 < len(order) else None,
        position=at + 1,
        total=len(order),
    )


def rated_images(experiment: Experiment, user: User) -> QuerySet[Image]:
    """All images of the experiment in the rater's order; `is_analysed`, and `is_reviewed`: somebody marked it so."""
    current = AnalysisImage.objects.filter(image=OuterRef("pk"), is_current=True)
    return in_rating_order(experiment.images.select_related("experiment"), user).annotate(
        is_analysed=Exists(current), is_reviewed=Exists(current.exclude(reviewed_at=None))
    )


def reviewed_count(experiment: Experiment) -> int:
    """How many images somebody marked as reviewed."""
    marked = AnalysisImage.objects.filter(image__experiment=experiment, is_current=True).exclude(reviewed_at=None)
    return marked.count()


def blinding_in_words(experiment: Experiment) -> str:
    """How the experiment was scored, for report and pages; empty where it is not blinded."""
    if not experiment.blinded:
        return ""
    raters = BlindRater.objects.filter(experiment=experiment)
    n, knowing = raters.count(), raters.filter(had_access=True).count()
    who = f"{n} rater{'s' if n != 1 else ''} blind to file name, animal and condition"
    if knowing:
        who += f", {knowing} of whom could see them as manager before"
    if experiment.unblinded_at is None:
        return f"Scored by {who} so far; not unblinded yet."
    return (
        f"Scored by {who}. Unblinded on {experiment.unblinded_at:%-d %b %Y, %H:%M %Z} by {experiment.unblinded_name}: "
        f"{experiment.unblind_reason.rstrip('.')}. Nothing was rated after that."
    )
