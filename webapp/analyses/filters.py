"""What the Analyses page is narrowed to, kept in its address."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, QuerySet

from spines.access import Visitor, labs_for
from spines.models import Analysis, AnalysisImage, AnalysisStatus, Lab
from spines.models.analyses import UNFINISHED

STATES = [
    ("", "Any state"),
    ("unfinished", "Waiting or running"),
    ("failed", "With failures"),
    ("finished", "Finished"),
]


class AnalysisFilter(forms.Form):
    """Lab and state; what is not valid does not narrow."""

    lab = forms.ModelChoiceField(Lab.objects.none(), required=False, empty_label="All labs")
    state = forms.ChoiceField(choices=STATES, required=False)

    def __init__(self, *args: Any, user: Visitor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labs = self.fields["lab"]
        assert isinstance(labs, forms.ModelChoiceField)
        labs.queryset = labs_for(user)
        for field in self.fields.values():
            field.widget.attrs |= {"class": "input", "data-submits-form": ""}

    def narrow(self, analyses: QuerySet[Analysis]) -> QuerySet[Analysis]:
        """The analyses that pass."""
        self.full_clean()
        wanted = self.cleaned_data
        if wanted.get("lab"):
            analyses = analyses.filter(experiment__project__lab=wanted["lab"])
        rows = AnalysisImage.objects.filter(analysis=OuterRef("pk"))
        match wanted.get("state"):
            case "unfinished":
                return analyses.filter(Exists(rows.filter(status__in=UNFINISHED)))
            case "failed":
                return analyses.filter(Exists(rows.filter(status=AnalysisStatus.FAILED)))
            case "finished":
                return analyses.exclude(finished_at=None)
        return analyses
