"""The filters of an experiment's results, kept in the address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict

from spines.errors import InvalidInput
from spines.models import Experiment
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.key_figures import networks_behind

REVIEWED_CHOICES = [("", "all spines"), ("yes", "only reviewed"), ("no", "not reviewed")]
IS_REVIEWED = {"": None, "yes": True, "no": False}


def _share(label: str) -> forms.FloatField:
    widget = forms.NumberInput(attrs={"class": "input", "step": "0.05", "placeholder": "0"})
    return forms.FloatField(min_value=0, max_value=1, required=False, label=label, widget=widget)


class ResultFilterForm(forms.Form):
    """Conditions, animals, classes and networks may each come several times; none means all."""

    condition = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    animal = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    spine_class = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple, label="Class")
    detector = forms.TypedMultipleChoiceField(required=False, coerce=int, widget=forms.CheckboxSelectMultiple)
    classifier = forms.TypedMultipleChoiceField(required=False, coerce=int, widget=forms.CheckboxSelectMultiple)
    reviewed = forms.ChoiceField(
        choices=REVIEWED_CHOICES, required=False, widget=forms.Select(attrs={"class": "input"}), label="Review"
    )
    score = _share("Least detection score")
    probability = _share("Least class probability")

    def __init__(self, query: QueryDict, *, experiment: Experiment) -> None:
        super().__init__(query)
        self._choose("spine_class", [(each.key, each.name) for each in experiment.classes.styles.values()])
        self._choose("condition", [(name, name) for name in experiment.conditions.values_list("name", flat=True)])
        self._choose("animal", [(name, name) for name in experiment.subjects.values_list("name", flat=True)])
        for kind, versions in networks_behind(experiment).items():
            self._choose(kind, list(versions.items()))

    def _choose(self, field: str, choices: Sequence[tuple[Any, str]]) -> None:
        self.fields[field].choices = choices  # type: ignore[attr-defined]

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
        least_probability=asked["probability"] or 0.0,
        reviewed=IS_REVIEWED[asked["reviewed"]],
        detectors=tuple(asked["detector"]),
        classifiers=tuple(asked["classifier"]),
    )
    return AskedFilters(form=form, filters=filters, query=query_of(filters))


def query_of(filters: ResultFilters) -> str:
    """The filters as the query of an address."""
    query = QueryDict(mutable=True)
    query.setlist("condition", list(filters.conditions))
    query.setlist("animal", list(filters.animals))
    query.setlist("class", list(filters.classes))
    query.setlist("detector", list(map(str, filters.detectors)))
    query.setlist("classifier", list(map(str, filters.classifiers)))
    if filters.reviewed is not None:
        query["reviewed"] = "yes" if filters.reviewed else "no"
    if filters.least_score:
        query["score"] = f"{filters.least_score:g}"
    if filters.least_probability:
        query["probability"] = f"{filters.least_probability:g}"
    return query.urlencode()
