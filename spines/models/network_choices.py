"""Networks that a lab or an experiment uses in place of everyone's."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from spines.models.labs import Lab, User
from spines.models.model_versions import ModelKind, ModelVersion
from spines.models.studies import Experiment


class Reach(models.TextChoices):
    """For whom a network is in use, the widest first."""

    EVERYONE = "everyone", "everyone"
    LAB = "lab", "the lab"
    EXPERIMENT = "experiment", "the experiment"


class NetworkChoice(models.Model):
    """A version in use for one lab or one experiment. `spines.selectors.models.in_use` says which one counts."""

    kind = models.CharField(max_length=10, choices=ModelKind.choices)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="choices")
    lab = models.ForeignKey(Lab, null=True, blank=True, on_delete=models.CASCADE, related_name="network_choices")
    experiment = models.ForeignKey(
        Experiment, null=True, blank=True, on_delete=models.CASCADE, related_name="network_choices"
    )
    reason = models.TextField(blank=True)
    chosen_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    chosen_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("kind", "pk")
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=ModelKind.values), name="network_choice_kind_known"),
            models.CheckConstraint(
                condition=Q(lab__isnull=True, experiment__isnull=False) | Q(lab__isnull=False, experiment__isnull=True),
                name="network_choice_of_a_lab_or_an_experiment",
            ),
            models.UniqueConstraint(fields=("kind", "lab"), name="network_choice_one_a_lab"),
            models.UniqueConstraint(fields=("kind", "experiment"), name="network_choice_one_an_experiment"),
        )

    def __str__(self) -> str:
        return f"{self.version} for {self.lab or self.experiment}"

    @property
    def reach(self) -> Reach:
        """Whether it is a lab's or an experiment's."""
        return Reach.EXPERIMENT if self.lab_id is None else Reach.LAB

    @property
    def owner(self) -> Lab:
        """The lab that it belongs to."""
        if self.lab is not None:
            return self.lab
        assert self.experiment is not None
        return self.experiment.lab
