"""People and labs of the whole site, as administrators read them."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from spines.models import Lab, Role, User


def people_of_site() -> QuerySet[User]:
    """Everybody, with their labs; those who are switched off last."""
    return User.objects.prefetch_related("memberships__lab").order_by("-is_active", "username")


def labs_of_site() -> QuerySet[Lab]:
    """All labs with how many members and managers (`n_members`, `n_managers`); archived ones last."""
    managers = Count("memberships", filter=Q(memberships__role=Role.MANAGER))
    return Lab.objects.annotate(n_members=Count("memberships"), n_managers=managers).order_by("archived_at", "name")
