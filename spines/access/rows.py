"""Which rows a user may reach.

A row of another lab and a row that does not exist read the same: `NotFound`.

A blinded experiment is sealed for everybody who may rate in it: for all but its lab's managers, and for managers who
rate. What is reached through `experiments_for`, `get_image` and the like is never sealed: a page that is not made for
raters cannot show them anything. The few that are take `…_to_rate`.
"""

from __future__ import annotations

from typing import TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from spines.models import (
    Analysis,
    AnalysisImage,
    ApiToken,
    BlindRater,
    ClassSet,
    Dendrite,
    Experiment,
    Image,
    Lab,
    Membership,
    Project,
    ReaderStudy,
    Role,
    Spine,
    StudyRater,
    User,
    Work,
)

Visitor = User | AnonymousUser
Row = TypeVar("Row", bound=Model)


def seal(user: Visitor, experiment: str) -> Exists:
    """Whether the experiment at this path of a row is sealed for the user."""
    of_user = {"user_id": user.pk or 0}
    manages = Membership.objects.filter(role=Role.MANAGER, lab=OuterRef("project__lab"), **of_user)
    rates = BlindRater.objects.filter(experiment=OuterRef("pk"), **of_user)
    sealed = Experiment.objects.filter(~Exists(manages) | Exists(rates), blinded=True, unblinded_at=None)
    return Exists(sealed.filter(pk=OuterRef(experiment)))


def labs_for(user: Visitor) -> QuerySet[Lab]:
    """The labs that the user is a member of, without those that were archived."""
    return (
        Lab.objects.filter(memberships__user=user, archived_at=None) if isinstance(user, User) else Lab.objects.none()
    )


def labs_managed_by(user: Visitor) -> QuerySet[Lab]:
    """The labs that the user is a manager of, without those that were archived."""
    managed = Membership.objects.filter(user_id=user.pk or 0, role=Role.MANAGER)
    return Lab.objects.filter(pk__in=managed.values("lab"), archived_at=None)


def _of(user: Visitor, experiment: str = "") -> Q:
    """Where an experiment, at this path, is of the user's labs and not in the trash."""
    to = f"{experiment}__" if experiment else ""
    kept = {f"{to}trashed_at": None, f"{to}project__trashed_at": None}
    return Q(**{f"{to}project__lab__in": labs_for(user)}, **kept)


def projects_for(user: Visitor) -> QuerySet[Project]:
    """Projects of the user's labs that are not in the trash, with their lab."""
    return Project.objects.filter(lab__in=labs_for(user), trashed_at=None).select_related("lab")


def experiments_to_rate(user: Visitor) -> QuerySet[Experiment]:
    """Experiments of the user's labs outside the trash, with project and lab; `sealed_now` marks the sealed ones."""
    experiments = Experiment.objects.filter(_of(user)).annotate(sealed_now=seal(user, "pk"))
    return experiments.select_related("project__lab", "class_set")


def images_to_rate(user: Visitor) -> QuerySet[Image]:
    """Images of the user's labs, those of sealed experiments too, with experiment, project and lab."""
    return Image.objects.filter(_of(user, "experiment")).select_related(
        "experiment__project__lab", "experiment__class_set", "cell__subject__condition"
    )


def analyses_to_rate(user: Visitor) -> QuerySet[Analysis]:
    """Analyses of the user's labs, the sealed too, with experiment, project, lab and model versions."""
    return (
        Analysis.objects.filter(_of(user, "experiment"))
        .select_related("experiment__project__lab", "detector", "classifier", "created_by")
        .defer("detector__evaluation", "classifier__evaluation")
    )


def results_to_rate(user: Visitor) -> QuerySet[AnalysisImage]:
    """Per-image results of the user's labs, the sealed too."""
    return (
        AnalysisImage.objects.filter(_of(user, "analysis__experiment"))
        .select_related("analysis__detector", "analysis__classifier", "image")
        .defer("analysis__detector__evaluation", "analysis__classifier__evaluation")
    )


def spines_to_rate(user: Visitor) -> QuerySet[Spine]:
    """Spines of the user's labs, the sealed too."""
    return Spine.objects.filter(_of(user, "analysis_image__analysis__experiment"))


def dendrites_to_rate(user: Visitor) -> QuerySet[Dendrite]:
    """Dendrites of the user's labs, the sealed too."""
    return Dendrite.objects.filter(_of(user, "analysis_image__analysis__experiment"))


def experiments_for(user: Visitor) -> QuerySet[Experiment]:
    """Experiments of the user's labs that are not sealed for them, with project and lab."""
    return experiments_to_rate(user).filter(~seal(user, "pk"))


def experiments_sealed_for(user: Visitor) -> QuerySet[Experiment]:
    """Experiments of the user's labs that are sealed for them."""
    return experiments_to_rate(user).filter(seal(user, "pk"))


def images_for(user: Visitor) -> QuerySet[Image]:
    """Images of experiments that are not sealed for the user, with experiment, project and lab."""
    return images_to_rate(user).filter(~seal(user, "experiment"))


def analyses_for(user: Visitor) -> QuerySet[Analysis]:
    """Analyses of experiments that are not sealed for the user, with lab and model versions."""
    return analyses_to_rate(user).filter(~seal(user, "experiment"))


def results_for(user: Visitor) -> QuerySet[AnalysisImage]:
    """Per-image results of experiments that are not sealed for the user."""
    return results_to_rate(user).filter(~seal(user, "analysis__experiment"))


def spines_for(user: Visitor) -> QuerySet[Spine]:
    """Spines of experiments that are not sealed for the user."""
    return spines_to_rate(user).filter(~seal(user, "analysis_image__analysis__experiment"))


def dendrites_for(user: Visitor) -> QuerySet[Dendrite]:
    """Dendrites of experiments that are not sealed for the user."""
    return dendrites_to_rate(user).filter(~seal(user, "analysis_image__analysis__experiment"))


def tokens_for(user: Visitor) -> QuerySet[ApiToken]:
    """The user's own API tokens, newest first."""
    return ApiToken.objects.filter(user=user) if isinstance(user, User) else ApiToken.objects.none()


def works_for(user: Visitor) -> QuerySet[Work]:
    """Long work of the user's labs; of none what the user asked for, and all of it for site admins."""
    if not isinstance(user, User):
        return Work.objects.none()
    of_none = Q(lab=None) if user.is_staff else Q(lab=None, asked_by=user)
    work = Work.objects.filter(of_none | Q(lab__in=labs_for(user))).filter(~seal(user, "experiment"))
    return work.select_related("experiment__project__lab", "lab", "asked_by")


def class_sets_for(user: Visitor) -> QuerySet[ClassSet]:
    """Class sets of the user's labs."""
    return ClassSet.objects.filter(lab__in=labs_for(user)).select_related("lab")


def reader_studies_for(user: Visitor) -> QuerySet[ReaderStudy]:
    """Studies that the user rates in, and those that they manage where the experiment is not sealed for them."""
    if not isinstance(user, User):
        return ReaderStudy.objects.none()
    of_labs = ReaderStudy.objects.filter(_of(user, "experiment"))
    rates = Q(pk__in=StudyRater.objects.filter(user=user).values("study"))
    manages = Q(experiment__project__lab__in=user.memberships.filter(role=Role.MANAGER).values("lab"))
    studies = of_labs.filter(rates | (manages & Q(~seal(user, "experiment"))))
    return studies.select_related("experiment__project__lab", "experiment__class_set")


def trashed_labs_for(user: Visitor) -> QuerySet[Lab]:
    """All labs that are in the trash, for site admins; none for anybody else."""
    labs = Lab.objects.filter(trashed_at__isnull=False) if user.is_staff else Lab.objects.none()
    return labs.select_related("trashed_by").order_by("-trashed_at")


def trashed_projects_for(user: Visitor) -> QuerySet[Project]:
    """Projects of the user's labs that are in the trash."""
    return Project.objects.filter(lab__in=labs_for(user), trashed_at__isnull=False).select_related("lab", "trashed_by")


def trashed_experiments_for(user: Visitor) -> QuerySet[Experiment]:
    """Experiments of the user's labs that are in the trash by themselves, not with their project."""
    trashed = Experiment.objects.filter(project__lab__in=labs_for(user), trashed_at__isnull=False)
    return trashed.filter(project__trashed_at=None).select_related("project__lab", "trashed_by")
