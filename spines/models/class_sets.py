"""A lab's own sets of spine classes."""

from __future__ import annotations

from django.db import models

from spines.models.labs import Lab, User
from spines.vocabulary.classes import ClassSet as Classes
from spines.vocabulary.own_classes import class_set


class ClassSet(models.Model):
    """The network's classes and `own`, a lab's own: rows of key, name, letter, keyboard, colour, line, meaning, onto.

    A set does not change once it is made: results are counted under its classes.
    """

    lab = models.ForeignKey(Lab, on_delete=models.CASCADE, related_name="class_sets")
    name = models.CharField(max_length=80)
    own = models.JSONField(default=list)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name", "pk")
        constraints = (models.UniqueConstraint(fields=("lab", "name"), name="class_set_name_unique"),)

    def __str__(self) -> str:
        return self.name

    def classes(self) -> Classes:
        """All its classes, the network's first."""
        return class_set(self.own)
