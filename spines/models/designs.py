"""What an experiment compares, as stated: never changed, only followed by the next statement."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from spines.models.labs import User
from spines.models.studies import Experiment
from spines.statistics.design import Direction


class DesignReason(models.TextChoices):
    """Why there is a new statement of a design."""

    STATED = "stated", "Stated"
    RENAMED = "renamed", "A condition was renamed"
    MERGED = "merged", "Conditions were merged"


class StatedDesign(models.Model):
    """A design with who stated it and when. An experiment has one current; the others tell what was stated before.

    `factors` holds, in their order, {"name", "levels", "control", "within_animals", "amounts", "unit"} of
    `spines.statistics.design.Factor`; `cells` by a condition's id its levels, one a factor; `covariates` names of
    `spines.selectors.designs.facts.TAKEN_IN`. `primary_*` tell of the one measure that is tested by itself: a later
    statement of the same measure and direction keeps its day. `after_results`: images were analysed by then.
    """

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="designs")
    is_current = models.BooleanField(default=True)
    reason = models.CharField(max_length=7, choices=DesignReason.choices, default=DesignReason.STATED)
    factors = models.JSONField()
    cells = models.JSONField()
    covariates = models.JSONField(default=list, blank=True)
    has_common_spread = models.BooleanField(default=False, help_text="One variance serves the whole design")
    stated_at = models.DateTimeField(auto_now_add=True)
    stated_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    after_results = models.BooleanField(help_text="Images of the experiment were analysed when it was stated")
    primary_measure = models.CharField(max_length=80, blank=True, help_text="Tested by itself at 5 %")
    primary_direction = models.CharField(max_length=10, choices=[(d.value, d.value) for d in Direction], blank=True)
    primary_at = models.DateTimeField(null=True, blank=True)
    primary_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    primary_after_results = models.BooleanField(default=False)

    class Meta:
        ordering = ("-stated_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("experiment",), condition=Q(is_current=True), name="design_one_current_an_experiment"
            ),
            models.CheckConstraint(condition=~Q(factors=[]), name="design_has_a_factor"),
            models.CheckConstraint(condition=Q(reason__in=DesignReason.values), name="design_reason_known"),
            models.CheckConstraint(
                condition=Q(
                    primary_measure="", primary_direction="", primary_at__isnull=True, primary_after_results=False
                )
                | Q(
                    ~Q(primary_measure=""),
                    primary_direction__in=[direction.value for direction in Direction],
                    primary_at__isnull=False,
                ),
                name="design_primary_is_whole",
            ),
        )

    def __str__(self) -> str:
        return f"Design of {self.experiment}"
