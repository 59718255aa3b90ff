"""Spines and windows for the classifier: what a window shows is what its label says, and what serving would cut."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import center_of_mass

from spines.synthesis import Look
from spines.training.recipes import ClassifierRecipe
from tests.training.made_sets import CLASSES, dots, write_set
from worker.inference.card import SPINE_CLASSES
from worker.preprocess import crop_windows
from worker.training.classifier.batches import Spines, WindowSampler
from worker.training.classifier.features import FrozenWindows
from worker.training.data.binarise import binarise, load_outlines, otsu_threshold
from worker.training.data.sources import TrainingData, read_training_folder
from worker.training.data.windows import (
    LabelledSpine,
    class_counts,
    load_spines,
    make_spines,
    require_examples,
    serving_windows,
    split_by_group,
)
from worker.training.judging.classifier_figures import (
    choose_threshold,
    fit_temperature,
    probabilities,
)
from worker.training.run.errors import TrainingError

UNCHANGED = ClassifierRecipe(
    size_px=48,
    window_px=40.0,
    jitter_px=0,
    jitter_of_box=0,
    scales=(1.0, 1.0),
    wide_share=0,
    made_share=0,
    binarised_share=0,
    background_share=0,
    degraded_share=0,
    inverted_share=0,
)


def one_source(folder: Path, *, images: int, classes: tuple[str, ...] = CLASSES, **stated: object) -> TrainingData:
    for part in ("train", "val"):
        write_set(folder / "lab", part, images=images, classes=classes)
    entry = {"folder": "lab", "has_classes": True, **stated}
    (folder / "sources.json").write_text(json.dumps({"sources": [entry], "made": {"images": 0, "seed": 0}}))
    return read_training_folder(folder)


def sampler(spines: Spines, recipe: ClassifierRecipe) -> WindowSampler:
    return WindowSampler(spines, recipe=recipe, rng=np.random.default_rng(0))


def test_balls_are_left_out_of_the_four_classes(tmp_path: Path) -> None:
    spines = load_spines(one_source(tmp_path, images=2), "train")
    assert class_counts(spines) == dict.fromkeys(SPINE_CLASSES, 4)


def test_a_set_without_the_four_classes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no spine of the classes mushroom"):
        load_spines(one_source(tmp_path, images=1, classes=("ball",)), "train")


def test_sources_without_classes_teach_no_class(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no set with classes"):
        load_spines(one_source(tmp_path, images=1, has_classes=False), "train")


def test_too_few_examples_name_class_and_count(tmp_path: Path) -> None:
    spines = load_spines(one_source(tmp_path, images=2), "train")
    require_examples(spines)
    thin = SPINE_CLASSES.index("thin")
    few = [s for s in spines if s.label != thin] + [s for s in spines if s.label == thin][:2]
    with pytest.raises(TrainingError, match="has 2 of the class thin, and at least 4 are needed"):
        require_examples(few)


def test_a_corrupt_picture_is_named(tmp_path: Path) -> None:
    data = one_source(tmp_path, images=2)
    picture = tmp_path / "lab" / "train" / "1.png"
    picture.write_bytes(picture.read_bytes()[:200])
    with pytest.raises(TrainingError, match=r"1\.png cannot be read as a picture"):
        load_spines(data, "train")


def test_stacks_stay_on_one_side_and_the_rarest_class_on_both(tmp_path: Path) -> None:
    spines = load_spines(one_source(tmp_path, images=16), "train")
    groups = sorted({s.image.group for s in spines})
    rare = SPINE_CLASSES.index("filopodia")
    kept = [s for s in spines if s.label != rare or s.image.group in groups[:4]]
    inside, watched = split_by_group(kept, held_out_share=0.25, seed=1)
    assert {s.image.group for s in inside}.isdisjoint({s.image.group for s in watched})
    assert len(inside) + len(watched) == len(kept)
    assert len({s.image.group for s in watched if s.label == rare}) == 1


def test_training_windows_show_what_serving_windows_show(tmp_path: Path) -> None:
    spines = load_spines(one_source(tmp_path, images=1, classes=("thin",)), "train")[:1]
    served = serving_windows(spines, window_px=40, size_px=48)
    plain = crop_windows(spines[0].image.normalised, [spines[0].centre_px], window_px=40, size_px=48)
    np.testing.assert_array_equal(served[..., 0], plain)

    windows, classes = sampler(Spines(real=spines), UNCHANGED).batch(8)
    assert windows.shape == (8, 48, 48, 3)
    assert set(classes.argmax(axis=1)) == {SPINE_CLASSES.index("thin")}
    for window in windows[..., 0]:
        inner = window[12:36, 12:36]  # rotated: only the middle is sure to be the same spine alone
        assert center_of_mass(inner > 0.5) == pytest.approx((11.5, 11.5), abs=1.5)


def test_pixel_sizes_bring_pictures_to_one_scale_in_training_and_serving(tmp_path: Path) -> None:
    (spine, *_) = load_spines(one_source(tmp_path, images=1, classes=("thin",)), "train")
    fine = LabelledSpine(
        image=replace(spine.image, pixel_size_um=0.05),
        centre_px=spine.centre_px,
        sides_px=spine.sides_px,
        label=spine.label,
        px_per_reference_px=2.0,
    )
    np.testing.assert_array_equal(
        serving_windows([fine], window_px=20, size_px=48), serving_windows([spine], window_px=40, size_px=48)
    )
    recipe = replace(UNCHANGED, window_px=20.0)
    (near,), _ = sampler(Spines(real=[fine]), recipe).batch(1)
    (same,), _ = sampler(Spines(real=[spine]), UNCHANGED).batch(1)
    assert (near > 0.5).mean() == pytest.approx((same > 0.5).mean(), rel=0.2)


def test_rare_classes_are_drawn_more_often(tmp_path: Path) -> None:
    spines = load_spines(one_source(tmp_path, images=1, classes=("thin", "stubby")), "train")
    thin, stubby = ([s for s in spines if s.label == SPINE_CLASSES.index(name)] for name in ("thin", "stubby"))
    recipe = replace(UNCHANGED, size_px=16, balance=1.0)
    _, classes = sampler(Spines(real=thin[:1] + stubby * 9), recipe).batch(300)
    assert 0.4 < classes[:, thin[0].label].mean() < 0.6


def test_batches_mix_by_the_recipes_shares(tmp_path: Path) -> None:
    spines = load_spines(one_source(tmp_path, images=1, classes=("thin",)), "train")
    made = [replace(spine, label=SPINE_CLASSES.index("filopodia")) for spine in spines]
    recipe = replace(UNCHANGED, size_px=16, made_share=0.25, binarised_share=0.5)
    drawn = sampler(Spines(real=spines, made=made), recipe)
    _, classes = drawn.batch(400)
    assert 0.18 < classes[:, made[0].label].mean() < 0.32
    _, classes = sampler(Spines(real=spines), recipe).batch(50)
    assert (classes[:, spines[0].label] == 1).all()


def test_every_change_of_light_keeps_windows_in_range(tmp_path: Path) -> None:
    data = one_source(tmp_path, images=1)
    spines = load_spines(data, "train")
    recipe = replace(
        UNCHANGED, wide_share=0.5, background_share=1, degraded_share=1, inverted_share=0.5, binarised_share=0.3
    )
    windows, _ = sampler(Spines(real=spines, backgrounds=data.images(data.sources[0], "train")), recipe).batch(40)
    assert np.isfinite(windows).all()
    assert windows.min() == 0
    assert windows.max() == pytest.approx(1)


def test_made_spines_are_the_same_for_the_same_seed_and_hold_all_classes() -> None:
    made, again = (make_spines(6, seed=3, looks=(Look.TWO_PHOTON, Look.CUT_OUT)) for _ in range(2))
    assert [s.centre_px for s in made] == [s.centre_px for s in again]
    assert min(class_counts(made).values()) > 0


def test_a_silhouette_is_what_is_bright() -> None:
    grey = dots(64, [(32.0, 32.0)], sigma_px=6).astype(np.float32) / np.float32(255)
    assert otsu_threshold(np.where(grey > 0.5, 0.9, 0.1).astype(np.float32)) == pytest.approx(0.5, abs=0.02)
    for local in (False, True):
        shape = binarise(grey, local=local)
        assert set(np.unique(shape)) == {0, 1}
        assert shape[32, 32] == 1
        assert shape[:8].sum() == 0


def test_outlines_are_read_where_they_are(tmp_path: Path) -> None:
    from PIL import Image

    assert load_outlines(tmp_path) == []
    folder = tmp_path / "ghani_masks"
    folder.mkdir()
    mask = np.zeros((50, 50), np.uint8)
    mask[10:40, 20:30] = 255
    Image.fromarray(mask).save(folder / "1.png")
    (folder / "labels.csv").write_text("file,label\n1.png,thin\n")
    (outline,) = load_outlines(tmp_path)
    assert outline.boxes_px.tolist() == [[20, 10, 10, 30]]
    assert outline.classes == ("thin",)


def test_silhouettes_even_out_the_classes_of_a_frozen_base(tmp_path: Path) -> None:
    spines = load_spines(one_source(tmp_path, images=3), "train")
    rare = SPINE_CLASSES.index("filopodia")
    real = [s for s in spines if s.label != rare] + [s for s in spines if s.label == rare][:1]
    made = [replace(real[0], label=rare)]
    recipe = replace(UNCHANGED, size_px=16, views=2)
    frozen = FrozenWindows(Spines(real=real, made=made), recipe=recipe, rng=np.random.default_rng(0))
    assert frozen.classes.sum(axis=0).tolist() == [12] * 4
    of_rare = [(spine, binary) for spine, binary in frozen.drawn if spine.label == rare]
    assert sum(not binary for _, binary in of_rare) == 2
    assert sum(spine is made[0] for spine, _ in of_rare) == 5
    assert sum(len(batch) for batch in frozen.batches(8)) == 48


def test_temperature_and_threshold_are_found_on_overconfident_logits() -> None:
    rng = np.random.default_rng(1)
    logits = 2 * rng.standard_normal((4000, 4))
    chances = probabilities(logits[None], 1.0)
    labels = (chances.cumsum(axis=1) < rng.random((4000, 1))).sum(axis=1)
    asked = 3 * logits[None]  # three times too sure of itself
    temperature = fit_temperature(asked, labels)
    found = probabilities(asked, temperature)
    assert temperature == pytest.approx(3, rel=0.1)
    threshold = choose_threshold(found, labels)
    called, right = found.max(axis=1) >= threshold, found.argmax(axis=1) == labels
    assert right[called].mean() >= 0.95
    assert 0 < called.mean() < 1
