"""The numbers of a recipe, in words."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from spines.models import ModelKind
from spines.training.overrides import argument
from spines.training.recipes import CLASSIFIER_RECIPES, DETECTOR_RECIPES, ClassifierRecipe, DetectorRecipe

Recipe = DetectorRecipe | ClassifierRecipe


@dataclass(frozen=True, kw_only=True)
class RecipeRow:
    """One number: its name, the recipe's value, and what stands in its place."""

    name: str
    label: str
    value: str
    override: str

    @property
    def field(self) -> str:
        """Name of the form's field."""
        return f"set-{self.name}"


def recipes_of(kind: ModelKind) -> Mapping[str, Recipe]:
    """The recipes of a kind of network by name."""
    return DETECTOR_RECIPES if kind == ModelKind.DETECTOR else CLASSIFIER_RECIPES


def in_words(name: str) -> str:
    """A field's name as a label, its unit last.

    >>> in_words("crop_px"), in_words("learning_rate")
    ('Crop, px', 'Learning rate')
    """
    words, unit = (name[:-3], ", px") if name.endswith("_px") else (name, "")
    return words.replace("_", " ").capitalize() + unit


def about(kind: ModelKind) -> list[str]:
    """What the numbers mean, in the words of the recipe's own documentation; a paragraph each."""
    text = inspect.getdoc(DetectorRecipe if kind == ModelKind.DETECTOR else ClassifierRecipe) or ""
    return [" ".join(paragraph.split()) for paragraph in text.split("\n\n")[1:]]


def recipe_rows(recipe: Recipe | None, overrides: Mapping[str, Any]) -> list[RecipeRow]:
    """Every number of a recipe with what was put in its place; none for a recipe that is gone."""
    if recipe is None:
        return []
    return [
        RecipeRow(
            name=each.name,
            label=in_words(each.name),
            value=argument(getattr(recipe, each.name)),
            override=argument(overrides[each.name]) if overrides.get(each.name) not in (None, "") else "",
        )
        for each in fields(recipe)
    ]
