"""Several people score the same spines apart, so that how well they agree can be told.

A study keeps its own sample: a new analysis replaces an experiment's spines, and what people said of a box stays.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from spines.models.images import Image
from spines.models.labs import Lab, User
from spines.models.results import LONGEST_CLASS
from spines.models.studies import Experiment
from spines.vocabulary import classes

NO_SPINE, CANNOT_SAY, SPINE = "not_a_spine", classes.CANNOT_SAY.key, "spine"
"""Answers beside the classes. `CANNOT_SAY` is no opinion: it stands apart from the network's uncertain. `SPINE` is what
who marked a place said of it where they gave no class."""
LONGEST_NOTE = 300


class Task(models.TextChoices):
    """What raters are asked to do."""

    CLASSIFY = "classify", "Give spines a class"
    FIND = "find", "Find spines from nothing"
    CORRECT = "correct", "Correct what the network found"
    OUTLINE = "outline", "Outline spines"

    @property
    def is_of_pictures(self) -> bool:
        """Whether an item is a whole picture; else it is a spine."""
        return self in (Task.FIND, Task.CORRECT)

    @property
    def is_drawn(self) -> bool:
        """Whether raters draw; else they choose an answer."""
        return self != Task.CLASSIFY


class ReaderStudy(models.Model):
    """A sample of an experiment, and the people who judge it without knowing what the others say."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="reader_studies")
    name = models.CharField(max_length=120)
    task = models.CharField(max_length=8, choices=Task.choices, default=Task.CLASSIFY)
    sample = models.CharField(max_length=200, blank=True, help_text="What was drawn, in words")
    seed = models.PositiveIntegerField(help_text="Of the draw and of the orders")
    due_on = models.DateField(null=True, blank=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True, help_text="Nobody answers any more; results are open")

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = (models.UniqueConstraint(fields=("experiment", "name"), name="reader_study_name_unique"),)

    def __str__(self) -> str:
        return self.name

    @property
    def lab(self) -> Lab:
        """The lab that owns it."""
        return self.experiment.project.lab


class StudyRater(models.Model):
    """Somebody who answers in a study."""

    study = models.ForeignKey(ReaderStudy, on_delete=models.CASCADE, related_name="raters")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="reader_studies")

    class Meta:
        ordering = ("user__username",)
        constraints = (models.UniqueConstraint(fields=("study", "user"), name="study_rater_once"),)

    def __str__(self) -> str:
        return f"{self.user} in {self.study}"


class StudyItem(models.Model):
    """A box to judge, as it was when the study was made: a spine's, or a whole picture's where spines are to be marked.

    One that comes again (`again_of`) is turned and mirrored. When a study of pictures is closed, each spine that
    somebody marked becomes an item too, `found_in` its picture. `network_marks` are the network's boxes in a picture
    then, in the form of `StudyAnswer.marks`.
    """

    study = models.ForeignKey(ReaderStudy, on_delete=models.CASCADE, related_name="items")
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="+")
    x_px = models.FloatField()
    y_px = models.FloatField()
    width_px = models.FloatField()
    height_px = models.FloatField()
    network_class = models.CharField(max_length=LONGEST_CLASS, blank=True)
    animal = models.CharField(max_length=80, blank=True)
    again_of = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="again")
    found_in = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="found")
    network_marks = models.JSONField(default=list)
    dendrite_um = models.FloatField(null=True, help_text="Length of the picture's dendrites then, where it has a scale")
    turn = models.PositiveSmallIntegerField(default=0, help_text="Quarter turns, and 4 more where it is mirrored")
    decided = models.CharField(max_length=LONGEST_CLASS, blank=True, help_text="By adjudication")
    decided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ("pk",)
        constraints = (models.CheckConstraint(condition=Q(turn__lte=7), name="study_item_turn_known"),)

    def __str__(self) -> str:
        return f"Item {self.pk} of {self.study}"


class StudyAnswer(models.Model):
    """What one rater says of one item. It may be changed until the study is closed; the trail keeps each.

    Where raters draw, `marks` is their own layer over the picture, in pixels of the image: {"box_px": [x, y, width,
    height], "class": key or ""} each, or {"outline_px": [[x, y], …]}; `version` counts how often it was saved.
    """

    item = models.ForeignKey(StudyItem, on_delete=models.CASCADE, related_name="answers")
    rater = models.ForeignKey(StudyRater, on_delete=models.CASCADE, related_name="answers")
    answer = models.CharField(max_length=LONGEST_CLASS, blank=True)
    marks = models.JSONField(default=list)
    version = models.PositiveIntegerField(default=0)
    is_done = models.BooleanField(default=True, help_text="They are through with it")
    note = models.CharField(max_length=LONGEST_NOTE, blank=True)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("item", "rater")
        constraints = (models.UniqueConstraint(fields=("item", "rater"), name="study_answer_once"),)

    def __str__(self) -> str:
        return f"{self.answer} by {self.rater.user}"
