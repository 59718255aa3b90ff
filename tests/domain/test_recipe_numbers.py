"""Numbers of a recipe, checked when a training is asked for and not after minutes of it."""

from __future__ import annotations

from dataclasses import asdict, fields

import pytest

from spines.errors import InvalidInput
from spines.training.bounds import BOUNDS, CHOICES
from spines.training.overrides import argument, checked_overrides
from spines.training.recipes import CLASSIFIER_RECIPES, DETECTOR_RECIPES, ClassifierRecipe, DetectorRecipe

RECIPES = [*DETECTOR_RECIPES.values(), *CLASSIFIER_RECIPES.values()]


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_keeps_its_own_bounds_and_every_number_has_one(
    recipe: DetectorRecipe | ClassifierRecipe,
) -> None:
    written = {name: argument(value) for name, value in asdict(recipe).items()}
    assert checked_overrides(recipe, written).keys() == written.keys()
    numbers = {each.name for each in fields(recipe) if not isinstance(getattr(recipe, each.name), str | bool)}
    assert numbers <= BOUNDS.keys()
    assert "network" in CHOICES


@pytest.mark.parametrize(
    ("recipe", "given", "sentence"),
    [
        (DetectorRecipe(), {"batch": "0"}, "batch cannot be 0: give 1 to 1024"),
        (DetectorRecipe(), {"batch": "-8"}, "batch cannot be -8"),
        (DetectorRecipe(), {"crop_px": "100"}, "give a multiple of 32, such as 96"),
        (DetectorRecipe(), {"crop_px": "320.5"}, "give a value like 320"),
        (DetectorRecipe(), {"scales": "2,0.5"}, "give the smaller number first, as 0.5,2"),
        (DetectorRecipe(), {"scales": "1"}, "give a value like 0.5,2"),
        (DetectorRecipe(), {"scales": "0,2"}, "scales cannot be 0,2"),
        (DetectorRecipe(), {"network": "yolo_v8"}, "give one of yolo_nas_s, yolo_nas_m, yolo_nas_l"),
        (DetectorRecipe(), {"learning_rate": "nan"}, "learning_rate cannot be “nan”"),
        (DetectorRecipe(), {"learning_rate": "-0.001"}, "learning_rate cannot be -0.001"),
        (DetectorRecipe(), {"learning_rate": "1e300"}, "learning_rate cannot be"),
        (DetectorRecipe(), {"made_share": "1.5"}, "made_share cannot be 1.5: give 0 to 1"),
        (DetectorRecipe(), {"steps": str(10**12)}, "steps cannot be"),
        (DetectorRecipe(), {"check_images": "0"}, "check_images cannot be 0"),
        (ClassifierRecipe(), {"test_time_flips": "3"}, "give one of 1, 2, 4"),
        (ClassifierRecipe(), {"made_share": "0.7", "binarised_share": "0.4"}, "come to more than all of it"),
        (ClassifierRecipe(), {"dropout": "1"}, "dropout cannot be 1: give 0 to 0.95"),
    ],
)
def test_a_number_that_no_training_can_go_on_with_is_refused(
    recipe: DetectorRecipe | ClassifierRecipe, given: dict[str, str], sentence: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_overrides(recipe, given)
    assert sentence in refused.value.sentence
