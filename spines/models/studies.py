"""How a lab orders its images: project, experiment, condition, animal, cell.

Spines nest in cells in animals, and the statistics need that nesting.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from spines.models.class_sets import ClassSet
from spines.models.labs import Lab, User
from spines.models.trash import Trashable
from spines.vocabulary.classes import DEFAULT
from spines.vocabulary.classes import ClassSet as Classes


class Project(Trashable):
    """Experiments that belong together."""

    lab = models.ForeignKey(Lab, on_delete=models.CASCADE, related_name="projects")
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("lab", "name"), condition=models.Q(trashed_at=None), name="project_name_unique"
            ),
        )

    def __str__(self) -> str:
        return self.name


class Experiment(Trashable):
    """One comparison: its images, animals and conditions."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="experiments")
    name = models.CharField(max_length=120)
    hypothesis = models.TextField(blank=True)
    filename_pattern = models.CharField(
        max_length=200, blank=True, help_text="How animal, cell and condition are read from file names"
    )
    blinded = models.BooleanField(default=False, help_text="Hide names, conditions and results from those who rate")
    unblinded_at = models.DateTimeField(null=True, blank=True, help_text="Ended all rating; cannot be undone")
    unblinded_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    unblinded_name = models.CharField(max_length=150, blank=True, help_text="Of who unblinded it, as it was then")
    unblind_reason = models.CharField(max_length=500, blank=True)
    class_set = models.ForeignKey(
        ClassSet,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="experiments",
        help_text="What its spines are sorted into; empty: the networks' classes",
    )
    score_threshold = models.FloatField(
        null=True, blank=True, help_text="Detection score from which on a box is a spine; empty: the network's own"
    )
    animals_recur = models.BooleanField(
        default=False, help_text="An animal may stand in several conditions, such as before and after"
    )
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(auto_now=True, db_index=True)

    class Meta:
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("project", "name"), condition=models.Q(trashed_at=None), name="experiment_name_unique"
            ),
            models.CheckConstraint(
                condition=models.Q(score_threshold__isnull=True)
                | models.Q(score_threshold__gte=0, score_threshold__lte=1),
                name="experiment_score_threshold_within_0_1",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def classes(self) -> Classes:
        """What its spines are sorted into."""
        return self.class_set.classes() if self.class_set else DEFAULT

    @property
    def is_sealed(self) -> bool:
        """Whether it is blinded and nobody unblinded it."""
        return self.blinded and self.unblinded_at is None

    @property
    def lab(self) -> Lab:
        """The lab that owns this experiment."""
        return self.project.lab


class BlindRater(models.Model):
    """Somebody who rates in a blinded experiment: it is sealed for them, whatever their role, until it is unblinded."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="blind_raters")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField(auto_now_add=True)
    had_access = models.BooleanField(default=False, help_text="As manager they could see names and conditions before")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("experiment", "user"), name="blind_rater_once"),)

    def __str__(self) -> str:
        return f"{self.user} in {self.experiment}"


class Condition(models.Model):
    """A treatment, genotype or age group of an experiment, or several crossed.

    Every table, chart, test and export has them in `position` order, the control first: there is no other order.
    """

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="conditions")
    name = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(default=0)
    former_names = ArrayField(
        models.CharField(max_length=80),
        default=list,
        blank=True,
        help_text="Names under which file names and sheets still mean it",
    )

    class Meta:
        ordering = ("position", "pk")
        constraints = (models.UniqueConstraint(fields=("experiment", "name"), name="condition_name_unique"),)

    def __str__(self) -> str:
        return self.name


class Sex(models.TextChoices):
    """Of the animal."""

    FEMALE = "female", "Female"
    MALE = "male", "Male"


class Subject(models.Model):
    """An animal in its condition. The animal is the unit of the statistics, and its name tells it.

    Where the experiment's animals recur, an animal has a row for each condition that it stands in; else it has one.
    """

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="subjects")
    condition = models.ForeignKey(Condition, null=True, blank=True, on_delete=models.SET_NULL, related_name="subjects")
    name = models.CharField(max_length=80)
    sex = models.CharField(max_length=6, choices=Sex.choices, blank=True)
    age_days = models.PositiveIntegerField(null=True, blank=True)
    litter = models.CharField(max_length=80, blank=True, help_text="Litter, cage or batch, whose animals are alike")
    factors = models.JSONField(default=dict, blank=True, help_text="Levels by factor: genotype, treatment, …")

    class Meta:
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(fields=("experiment", "name", "condition"), name="subject_once_a_condition"),
            models.UniqueConstraint(
                fields=("experiment", "name"),
                condition=models.Q(condition__isnull=True),
                name="subject_once_without_a_condition",
            ),
            models.CheckConstraint(condition=models.Q(sex="") | models.Q(sex__in=Sex.values), name="subject_sex_known"),
        )

    def __str__(self) -> str:
        return self.name


class Cell(models.Model):
    """A neuron of an animal. An image whose neuron nobody named hangs on the animal's cell named ""."""

    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="cells")
    name = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ("name", "pk")
        constraints = (models.UniqueConstraint(fields=("subject", "name"), name="cell_name_unique"),)

    def __str__(self) -> str:
        return self.name
