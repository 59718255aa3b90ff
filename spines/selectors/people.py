"""People and labs of the whole site, as administrators read them."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from spines.models import Lab, Role, User


def people_of_site() -> QuerySet[User]:
    """Everybody, with their labs; those who are switched off last."""
    return User.objects.prefetch_related("memberships__lab").order_by("-is_active", "username")


def labs_of_site() -> QuerySet[Lab]:
    """Labs outside the trash with how many members and managers (`n_members`, `n_managers`); archived ones last."""
    managers = Count("memberships", filter=Q(memberships__role=Role.MANAGER))
    labs = Lab.objects.filter(trashed_at=None).annotate(n_members=Count("memberships"), n_managers=managers)
    return labs.order_by("archived_at", "name")


def labs_with_what_is_in_them() -> QuerySet[Lab]:
    """Labs outside the trash with how much is in them (`n_members`, `n_projects`, `n_experiments`, `n_images`)."""
    return Lab.objects.filter(trashed_at=None).annotate(
        n_members=Count("memberships", distinct=True),
        n_projects=Count("projects", distinct=True),
        n_experiments=Count("projects__experiments", distinct=True),
        n_images=Count("projects__experiments__images", distinct=True),
    )
