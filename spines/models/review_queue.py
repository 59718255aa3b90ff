"""The review queue of an experiment: what each person answered in it, and which spine is whose to answer now."""

from __future__ import annotations

from django.db import models

from spines.models.labs import User
from spines.models.results import LONGEST_CLASS, Spine


class ReviewOrder(models.TextChoices):
    """In which order a person goes through an experiment's spines."""

    UNCERTAIN = "uncertain", "Least sure first"
    DISAGREEING = "disagreeing", "Where opinions differ"
    DENDRITE = "dendrite", "Along each dendrite"
    RANDOM = "random", "A random sample"
    ALL = "all", "Everything"


class ReviewClaim(models.Model):
    """A spine that lies before somebody: nobody else is given it until then."""

    spine = models.OneToOneField(Spine, on_delete=models.CASCADE, primary_key=True, related_name="review_claim")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.spine} for {self.user}"


class ReviewStep(models.Model):
    """That somebody went by a spine in the queue, and how; the last time, where they went back to it.

    What is said of the spine stands in the spine alone, *cannot say* too; this tells who was asked, in which order.

    `answer` is a class, or one of `models.reader_studies`: no spine, or cannot say. `blind`: the answer was given
    without seeing what the network says.
    """

    spine = models.ForeignKey(Spine, on_delete=models.CASCADE, related_name="review_steps")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    order = models.CharField(max_length=11, choices=ReviewOrder.choices)
    answer = models.CharField(max_length=LONGEST_CLASS)
    blind = models.BooleanField(default=False)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("spine", "user"), name="review_step_once"),)

    def __str__(self) -> str:
        return f"{self.answer} of {self.spine} by {self.user}"
