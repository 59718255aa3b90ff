"""The form of a new reader study."""

from __future__ import annotations

from typing import Any

from django import forms

from spines.models import Experiment, Membership, Role, Task
from spines.services.reader_studies.drawing import SpinesFrom


class ReaderStudyForm(forms.Form):
    """What is drawn, and who rates it."""

    name = forms.CharField(max_length=120, label="Name", widget=forms.TextInput(attrs={"autocomplete": "off"}))
    task = forms.ChoiceField(label="Raters are to", choices=Task.choices, initial=Task.CLASSIFY)
    spines_from = forms.ChoiceField(
        label="Spines",
        choices=[
            (SpinesFrom.BY_CLASS, "Some of each class, by chance"),
            (SpinesFrom.UNSURE, "Some of those that the network was unsure of"),
            (SpinesFrom.ALL, "All"),
        ],
        initial=SpinesFrom.BY_CLASS,
        help_text="Of classes and outlines.",
    )
    per_class = forms.IntegerField(
        min_value=1,
        max_value=2000,
        initial=25,
        label="So many spines",
        help_text="Of each class, or of the unsure; all where there are fewer.",
    )
    per_animal = forms.IntegerField(
        min_value=1,
        max_value=2000,
        initial=2,
        label="Pictures of each animal",
        help_text="Where spines are found or corrected; all where there are fewer.",
    )
    again_percent = forms.IntegerField(
        min_value=0,
        max_value=50,
        initial=10,
        label="Per cent that come again",
        help_text="Turned and mirrored, to hold each rater against themselves.",
    )
    due_on = forms.DateField(label="Due", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    raters = forms.TypedMultipleChoiceField(
        coerce=int, label="Raters, two or more", widget=forms.CheckboxSelectMultiple, choices=[]
    )

    def __init__(self, *args: Any, experiment: Experiment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        able = Membership.objects.filter(lab=experiment.lab, role__in=(Role.ANNOTATOR, Role.MANAGER))
        people = able.filter(user__is_active=True).select_related("user").order_by("user__username")
        raters = self.fields["raters"]
        assert isinstance(raters, forms.TypedMultipleChoiceField)
        raters.choices = [(each.user.pk, each.user.get_full_name() or each.user.get_username()) for each in people]
