"""Forms for a new project and a new experiment."""

from __future__ import annotations

from django import forms

from spines.models import Experiment, Project


class ProjectForm(forms.ModelForm[Project]):
    """Name and a free description."""

    class Meta:
        model = Project
        fields = ("name", "description")
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}
        help_texts = {"name": "What its experiments have in common, for example “Spine loss after stroke”."}


class ExperimentForm(forms.ModelForm[Experiment]):
    """Name, what is asked, and whether reviewers are blind to it."""

    class Meta:
        model = Experiment
        fields = ("name", "hypothesis", "blinded")
        widgets = {"hypothesis": forms.Textarea(attrs={"rows": 3})}
        labels = {"blinded": "Blind the review"}
        help_texts = {
            "name": "The images of one comparison, for example “CA1, control against enriched”.",
            "hypothesis": "What you expect, written down before you look.",
            "blinded": "Hides file names, animals, conditions and results from everybody in the lab but its "
            "managers, until one of them unblinds it. Only managers make these.",
        }


class ChangedExperimentForm(forms.ModelForm[Experiment]):
    """Of one that is there: whether its review is blinded is not changed here."""

    class Meta:
        model = Experiment
        fields = ("name", "hypothesis")
        widgets = ExperimentForm.Meta.widgets
        help_texts = ExperimentForm.Meta.help_texts
