"""Classes that a light classifier proposes for an experiment, learnt from those that people named in it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from spines.models.labs import Lab, User
from spines.models.model_versions import ModelVersion
from spines.models.studies import Experiment


class ExampleClassifier(models.Model):
    """A version: from what it learnt, how good it is, what it proposes, and whether that counts.

    `proposals` is {spine id: [class, probability]}; below `PROPOSED_FROM` the class is `uncertain`. `figures` are as
    `spines.statistics.from_examples.Figures` names them. At most one version of an experiment is applied.
    """

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="example_classifiers")
    number = models.PositiveIntegerField()
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    classifier = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    classes = models.JSONField(help_text="Class → examples of it, in the order of the confusion")
    examples = models.PositiveIntegerField()
    left_out = models.PositiveIntegerField(default=0, help_text="Named, but of a class of too few, or not comparable")
    grouped_by = models.CharField(max_length=6, help_text="What cross-validation left out: animal or image")
    features = models.TextField(help_text="For people")
    figures = models.JSONField()
    seed = models.PositiveIntegerField()
    proposals = models.JSONField()
    applied_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    applied_at = models.DateTimeField(null=True, blank=True, help_text="Since when it counts; empty: it does not")

    class Meta:
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=("experiment", "number"), name="example_classifier_number"),
            models.UniqueConstraint(
                fields=("experiment",), condition=Q(applied_at__isnull=False), name="example_classifier_one_applied"
            ),
        )

    def __str__(self) -> str:
        return f"Examples, version {self.number}"

    @property
    def lab(self) -> Lab:
        """The lab that owns the experiment."""
        return self.experiment.project.lab
