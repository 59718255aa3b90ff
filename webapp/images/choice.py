"""Which images of an experiment a form means."""

from __future__ import annotations

from django.db.models import Q

from spines.access import get_experiment, require_role
from spines.errors import InvalidInput
from spines.models import Role
from spines.selectors.analyses.earlier_networks import results_of_earlier_networks
from spines.selectors.images.chosen import chosen_images as images_of
from spines.selectors.images.listing import images_with_state
from spines.selectors.results.doubtful_scales import doubtful_results
from webapp.requests import UserRequest, is_number


def chosen_images(request: UserRequest, experiment_id: int) -> list[int]:
    """The ids of what `which` names, else of the ticked images.

    all, new, aside, no_pixel_size, doubtful_pixel_size (of one `doubt` and `stated_um`), no_animal, or
    earlier_networks: results that the active networks did not make.
    """
    experiment = get_experiment(request.user, experiment_id)
    require_role(request.user, experiment.lab, Role.ANNOTATOR)
    images = experiment.images.order_by("original_name", "pk")
    match request.POST.get("which"):
        case "all":
            return list(images.values_list("pk", flat=True))
        case "new":
            return list(images.exclude(results__is_current=True).values_list("pk", flat=True))
        case "aside":
            return list(images_with_state(experiment).filter(~Q(aside="")).values_list("pk", flat=True))
        case "earlier_networks":
            return list(results_of_earlier_networks(experiment).values_list("image", flat=True))
        case "no_pixel_size":
            return list(images.filter(pixel_size_um=None).values_list("pk", flat=True))
        case "doubtful_pixel_size":
            doubtful = doubtful_results([experiment]).filter(scale_doubt=request.POST.get("doubt", ""))
            stated_um = request.POST.get("stated_um")
            return [pk for pk, size in doubtful.values_list("image", "pixel_size_um") if repr(size) == stated_um]
        case "no_animal":
            return list(images.filter(cell=None).values_list("pk", flat=True))
    ticked = [int(pk) for pk in request.POST.getlist("image") if is_number(pk)]
    if not ticked:
        raise InvalidInput("No image is ticked. Tick at least one, then try again.")
    return list(images_of(experiment, ticked).values_list("pk", flat=True))
