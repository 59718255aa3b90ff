"""Django's admin, for site admins: people, labs and what stands in the database."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from spines import models

admin.site.site_header = "Spinula administration"
admin.site.register(models.User, UserAdmin)


class MembershipInline(admin.TabularInline[models.Membership, models.Lab]):
    """Who is in the lab, with which role."""

    model = models.Membership
    autocomplete_fields = ("user",)
    extra = 1


@admin.register(models.Lab)
class LabAdmin(admin.ModelAdmin[models.Lab]):
    """Labs and their members."""

    list_display = ("name", "created_at")
    search_fields = ("name",)
    inlines = (MembershipInline,)


@admin.register(models.Project)
class ProjectAdmin(admin.ModelAdmin[models.Project]):
    """Projects by lab."""

    list_display = ("name", "lab", "created_at")
    list_filter = ("lab",)
    search_fields = ("name",)


@admin.register(models.Experiment)
class ExperimentAdmin(admin.ModelAdmin[models.Experiment]):
    """Experiments by lab."""

    list_display = ("name", "project", "blinded", "created_at")
    readonly_fields = ("blinded", "unblinded_at", "unblinded_by", "unblinded_name", "unblind_reason")
    list_filter = ("project__lab",)
    search_fields = ("name",)


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Rows that only services write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds these by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes these by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes these by hand."""
        return False


@admin.register(models.ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    """Networks."""

    list_display = ("name", "version", "kind", "state", "created_at")
    list_filter = ("kind", "state")


@admin.register(models.Analysis)
class AnalysisAdmin(ReadOnlyAdmin):
    """Runs of the pipeline."""

    list_display = ("pk", "experiment", "detector", "classifier", "created_by", "created_at", "finished_at")
    list_filter = ("experiment__project__lab",)
