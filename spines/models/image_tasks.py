"""Images that somebody is to review, by a day; and who has the page of an image open."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from spines.models.images import Image
from spines.models.labs import User

LONGEST_NOTE = 200


class ImageTask(models.Model):
    """One image for one person; done once they mark it as reviewed, or say that they are through with it."""

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="tasks")
    assignee = models.ForeignKey(User, on_delete=models.CASCADE, related_name="image_tasks")
    due_on = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=LONGEST_NOTE, blank=True, help_text="What is asked, beyond reviewing it")
    assigned_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    assigned_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("assigned_at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("image", "assignee"), condition=Q(done_at__isnull=True), name="image_task_open_once"
            ),
        )
        indexes = (models.Index(fields=("assignee",), condition=Q(done_at__isnull=True), name="image_task_waiting"),)

    def __str__(self) -> str:
        return f"{self.image} for {self.assignee}"


class ImagePresence(models.Model):
    """Somebody has the page of an image open: it says so every 20 s, and is forgotten when it does not."""

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="presences")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("image", "user"), name="image_presence_once"),)

    def __str__(self) -> str:
        return f"{self.user} at {self.image}"
