"""The filters of an experiment's results, kept in the address."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.http import QueryDict

from spines.errors import InvalidInput
from spines.models import Experiment, SpineClass
from spines.selectors.results import ResultFilters

CLASS_CHOICES = [*SpineClass.choices, ("uncertain", "Uncertain")]


class ResultFilterForm(forms.Form):
    """Conditions, animals and classes may each come several times; none means all."""

    condition = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    animal = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    spine_class = forms.MultipleChoiceField(
        choices=CLASS_CHOICES, required=False, widget=forms.CheckboxSelectMultiple, label="Class"
    )
    score = forms.FloatField(
        min_value=0,
        max_value=1,
        required=False,
        label="Least score",
        widget=forms.NumberInput(attrs={"class": "input", "step": "0.05", "placeholder": "0"}),
    )

    def __init__(self, query: QueryDict, *, experiment: Experiment) -> None:
        super().__init__(query)
        self._choose("condition", experiment.conditions.values_list("name", flat=True))
        self._choose("animal", experiment.subjects.values_list("name", flat=True))

    def _choose(self, field: str, names: object) -> None:
        self.fields[field].choices = [(name, name) for name in names]  # type: ignore[attr-defined]

    def add_prefix(self, field_name: str) -> str:
        """Short names in the address."""
        return {"spine_class": "class"}.get(field_name, field_name)


@dataclass(frozen=True, kw_only=True)
class AskedFilters:
    """The form as it is shown, the filters it stands for, and the same as an address."""

    form: ResultFilterForm
    filters: ResultFilters
    query: str

    @property
    def any(self) -> bool:
        """Whether anything is narrowed."""
        return self.filters != ResultFilters()


def asked_filters(query: QueryDict, experiment: Experiment) -> AskedFilters:
    """The filters of an address, or an `InvalidInput` that says which one cannot be."""
    form = ResultFilterForm(query, experiment=experiment)
    if not form.is_valid():
        field, messages = next(iter(form.errors.items()))
        raise InvalidInput(
            f"The address narrows by “{form.add_prefix(field)}” in a way this experiment does not have: "
            f"{messages[0]} Open the results without filters."
        )
    asked = form.cleaned_data
    filters = ResultFilters(
        conditions=tuple(asked["condition"]),
        animals=tuple(asked["animal"]),
        classes=tuple(asked["spine_class"]),
        least_score=asked["score"] or 0.0,
    )
    return AskedFilters(form=form, filters=filters, query=_address(filters))


def _address(filters: ResultFilters) -> str:
    query = QueryDict(mutable=True)
    query.setlist("condition", list(filters.conditions))
    query.setlist("animal", list(filters.animals))
    query.setlist("class", list(filters.classes))
    if filters.least_score:
        query["score"] = f"{filters.least_score:g}"
    return query.urlencode()
