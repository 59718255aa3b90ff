"""Who works here: users, their labs and what each may do."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower

from spines.models.trash import Trashable


class User(AbstractUser):
    """A person. `is_staff` marks the site admins, who retrain and promote models, make labs and let people in."""

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A new password ends the user's API tokens, whichever way it was set; a hash made anew at sign-in does not."""
        new_password = getattr(self, "_password", None) is not None
        super().save(*args, **kwargs)
        if new_password and self.pk:
            self.api_tokens.all().delete()


class Lab(Trashable):
    """A group of people; every project, image and spine belongs to one. In the trash it is archived too."""

    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True, help_text="From then on its members do not see it")
    lets_train = models.BooleanField(
        default=False, help_text="Networks of this site may be trained on the lab's reviewed spines"
    )
    rule_preset = models.CharField(
        max_length=40, default="dendritic_spine_counter", help_text="Rules shown beside the network's class"
    )
    members = models.ManyToManyField(User, through="Membership", related_name="labs")

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(Lower("name"), name="lab_name_unique"),
            models.CheckConstraint(
                condition=models.Q(trashed_at=None) | models.Q(archived_at__isnull=False),
                name="lab_in_the_trash_is_archived",
            ),
        )

    def __str__(self) -> str:
        return self.name


class ApiToken(models.Model):
    """Lets a program act as its user through the API. Only a digest is kept; the token is shown once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80, help_text="What it is for")
    sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    may_write = models.BooleanField(default=True, help_text="It may change rows too; otherwise it reads")

    class Meta:
        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        return f"{self.name}, of {self.user}"


class Role(models.TextChoices):
    """What a member may do: a viewer reads, an annotator works on images, a manager rules."""

    VIEWER = "viewer", "Viewer"
    ANNOTATOR = "annotator", "Annotator"
    MANAGER = "manager", "Manager"

    @property
    def rank(self) -> int:
        """0 for the least, 2 for the most."""
        return [Role.VIEWER, Role.ANNOTATOR, Role.MANAGER].index(self)


class Membership(models.Model):
    """One user's role in one lab."""

    lab = models.ForeignKey(Lab, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.VIEWER)

    class Meta:
        ordering = ("lab", "user")
        constraints = (
            models.UniqueConstraint(fields=("lab", "user"), name="membership_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        )

    def __str__(self) -> str:
        return f"{self.user}, {self.role} of {self.lab}"


class Invitation(models.Model):
    """Lets one person in, once: into a lab with a role, or as administrator. Only a digest of its link is kept."""

    lab = models.ForeignKey(Lab, null=True, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(
        max_length=10, choices=Role.choices, blank=True, help_text="In the lab; empty: administrator"
    )
    for_whom = models.CharField(max_length=120, blank=True, help_text="Whom the inviter had in mind")
    sha256 = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ("-made_at", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(lab__isnull=True, role="") | models.Q(lab__isnull=False, role__in=Role.values),
                name="invitation_to_a_lab_or_to_administer",
            ),
        )

    def __str__(self) -> str:
        return f"{self.role or 'administrator'} of {self.lab or 'the site'}"
