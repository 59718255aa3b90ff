"""What a training is asked for with, and a set that is brought in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from spines.models import ModelKind
from spines.selectors.datasets.contents import LabChoice, SetChoice, lab_choices, set_choices
from spines.selectors.training.runs import active_to_start_from, versions_to_start_from
from spines.services.datasets.freezing import DatasetSelection
from spines.training_sets import SetFormat
from spines.vocabulary.classes import NETWORK_KEYS
from webapp.training.recipes import RecipeRow, about, recipe_rows, recipes_of

MINUTES = {ModelKind.CLASSIFIER: 25, ModelKind.DETECTOR: 120}
MADE_IMAGES = {ModelKind.CLASSIFIER: 100, ModelKind.DETECTOR: 200}
MOST_MADE_IMAGES = 5000
LARGEST_SEED = 2**31 - 1
CHOSEN = "chosen"
"""A hidden field: the data were chosen by hand, so an empty list means none and not the default."""


class RunForm(forms.Form):
    """A training of one kind of network; what is not given takes the default."""

    recipe = forms.ChoiceField()
    minutes = forms.FloatField(min_value=0.05, max_value=60 * 24 * 14, required=False, label="Train for")
    start_from = forms.ChoiceField(required=False, label="Start from")
    seed = forms.IntegerField(min_value=0, max_value=LARGEST_SEED, required=False, label="Seed of the training")
    steps = forms.IntegerField(min_value=1, required=False, label="Steps, instead of minutes")
    labs = forms.MultipleChoiceField(required=False, label="Reviewed spines of labs")
    sets = forms.MultipleChoiceField(required=False, label="Imported sets")
    made_images = forms.IntegerField(min_value=0, max_value=MOST_MADE_IMAGES, required=False, label="Made images")
    made_seed = forms.IntegerField(min_value=0, max_value=LARGEST_SEED, required=False, label="Seed of made images")
    split_seed = forms.IntegerField(min_value=0, max_value=LARGEST_SEED, required=False, label="Seed of the split")

    def __init__(self, data: QueryDict, *, kind: ModelKind) -> None:
        self.kind = kind
        self.lab_choices: list[LabChoice] = lab_choices()
        self.set_choices: list[SetChoice] = set_choices(kind)
        self.versions = list(versions_to_start_from(kind))
        super().__init__(self._with_defaults(data))
        self._choices("recipe", recipes_of(kind))
        self._choices("start_from", ["", *(str(version.pk) for version in self.versions)])
        self._choices("labs", [str(each.lab.pk) for each in self.lab_choices if each.lets_train])
        self._choices("sets", [str(each.imported_set.pk) for each in self.set_choices if each.is_usable])

    def _choices(self, name: str, values: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(value, value) for value in values]

    def _with_defaults(self, data: QueryDict) -> QueryDict:
        """Before anything was chosen: everything that may be trained on, going on from the active network."""
        if CHOSEN in data:
            return data
        given = data.copy()
        active = active_to_start_from(self.kind)
        given.update(
            {
                "recipe": data.get("recipe", next(iter(recipes_of(self.kind)))),
                "minutes": str(MINUTES[self.kind]),
                "start_from": str(active.pk) if active else "",
                "seed": "0",
                "made_images": str(MADE_IMAGES[self.kind]),
                "made_seed": "0",
                "split_seed": "0",
            }
        )
        given.setlist("labs", [str(e.lab.pk) for e in self.lab_choices if e.lets_train and e.reviewed_spines])
        given.setlist("sets", [str(e.imported_set.pk) for e in self.set_choices if e.is_usable])
        return given

    @property
    def recipe_rows(self) -> list[RecipeRow]:
        """The numbers of the chosen recipe, with what the form puts in their place."""
        recipes = recipes_of(self.kind)
        chosen = recipes.get(self["recipe"].value() or "", next(iter(recipes.values())))
        return recipe_rows(chosen, self._overrides())

    @property
    def about_recipe(self) -> list[str]:
        """What the numbers mean, a paragraph each."""
        return about(self.kind)

    def _overrides(self) -> dict[str, str]:
        given = {name.removeprefix("set-"): self.data[name] for name in self.data if name.startswith("set-")}
        return {name: value.strip() for name, value in given.items() if value.strip()}

    @property
    def selection(self) -> DatasetSelection:
        """The data that the form asks for; after `is_valid`."""
        wanted = self.cleaned_data
        return DatasetSelection(
            lab_ids=tuple(sorted(int(pk) for pk in wanted["labs"])),
            imported_set_ids=tuple(sorted(int(pk) for pk in wanted["sets"])),
            made_images=wanted["made_images"] or 0,
            made_seed=wanted["made_seed"] or 0,
            split_seed=wanted["split_seed"] or 0,
        )

    @property
    def start_from_id(self) -> int | None:
        """The version that it goes on from, or None for the beginning; after `is_valid`."""
        chosen = self.cleaned_data["start_from"]
        return int(chosen) if chosen else None

    @property
    def overrides(self) -> dict[str, Any]:
        """What differs from the recipe, and the budget, the usual minutes where none is given; after `is_valid`."""
        wanted = self.cleaned_data
        budget = {"steps": wanted["steps"]} if wanted["steps"] else {"minutes": wanted["minutes"] or MINUTES[self.kind]}
        return self._overrides() | budget


class ScaleForm(forms.Form):
    """What is said later of a set's scale."""

    pixel_size_um = forms.FloatField(required=False, label="Pixel size, µm")
    spine_side_px = forms.FloatField(required=False, label="Or how large a spine is, px")


class SetForm(forms.Form):
    """An annotated set in a zip."""

    file = forms.FileField(max_length=255, label="Zip of the set", widget=forms.ClearableFileInput())
    set_format = forms.ChoiceField(label="Format", choices=[(f.value, f.value.upper()) for f in SetFormat])
    name = forms.CharField(max_length=120)
    licence = forms.CharField(max_length=120, help_text="For example CC BY 4.0. It goes into the cards of networks.")
    source = forms.CharField(max_length=300, help_text="Where it comes from, as a paper would cite it.")
    pixel_size_um = forms.FloatField(
        required=False,
        label="Pixel size, µm",
        widget=forms.NumberInput(attrs={"step": "any"}),
        help_text="For pictures that state none themselves: nothing else matters as much.",
    )
    spine_side_px = forms.FloatField(
        required=False,
        label="Or how large a spine is, px",
        widget=forms.NumberInput(attrs={"step": "any"}),
        help_text="The usual side of a spine in the pictures, where the pixel size is not known.",
    )
    class_names = forms.CharField(
        required=False,
        label="Names of classes",
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": f"0 = {NETWORK_KEYS[1]}\n1 = {NETWORK_KEYS[0]}"}),
        help_text=f"One a line, the set's own name = {', '.join(NETWORK_KEYS)} or spine. "
        "Empty where the set uses these words.",
    )
    box_factor = forms.FloatField(
        min_value=0.05,
        max_value=1,
        initial=1,
        required=False,
        label="Shrink boxes to",
        help_text="Below 1 where the set marks spines with squares that are too large.",
    )
    reference_side_px = forms.IntegerField(
        min_value=16,
        required=False,
        label="Side at the usual scale, px",
        help_text="Where pictures of another side show spines larger or smaller.",
    )
    partly_marked = forms.BooleanField(
        required=False,
        label="Not every spine of a picture is marked",
        help_text="Then nothing is learnt, and no report is an error, away from the marked ones.",
    )

    def clean_class_names(self) -> dict[str, str]:
        """The set's name of each class → ours."""
        names: dict[str, str] = {}
        for line in self.cleaned_data["class_names"].splitlines():
            theirs, equals, ours = line.rpartition("=")
            if line.strip() and not equals:
                raise forms.ValidationError(f"“{line.strip()}” is not of the form 0 = {NETWORK_KEYS[0]}.")
            if equals:
                names[theirs.strip()] = ours.strip().lower()
        return names
