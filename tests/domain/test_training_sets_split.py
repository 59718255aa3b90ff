"""Splitting by animal, and finding near-duplicates on both sides of a split. The leak check fails the build here."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from spines.training_sets.fingerprints import ALIKE, fingerprint, near_duplicates
from spines.training_sets.leaks import find_leaks_in_folder
from spines.training_sets.splitting import Member, grouped, split
from tests.domain.annotated_sets import copied, field, write_coco


def member(*keys: str, fixed: str = "", source: str = "s", **counts: int) -> Member:
    return Member(source=source, keys=keys, fixed=fixed, counts=counts or {"thin": 10})


def test_copies_are_found_however_they_were_changed() -> None:
    fields = [field(number) for number in range(12)]
    changed = {
        "shifted and noisy": copied(fields[3]),
        "turned": np.rot90(copied(fields[3], shift_px=(-6, 3))),
        "mirrored": copied(fields[3])[:, ::-1],
        "16 bits": fields[3].astype(np.uint16) * 200 + 90,
        "half the size": fields[3].reshape(64, 2, 64, 2).mean((1, 3)),
    }
    for how, copy in changed.items():
        pairs = near_duplicates([fingerprint(plane) for plane in (*fields, copy)])
        assert [(pair.first, pair.second) for pair in pairs] == [(3, 12)], how


def test_fields_that_differ_are_no_copies() -> None:
    assert near_duplicates([fingerprint(field(number)) for number in range(40)]) == []
    assert near_duplicates([fingerprint(np.zeros((64, 64)))] * 3) == []
    assert ALIKE < 1


def test_a_split_that_parts_near_duplicates_fails_the_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train = {f"train/{number}.png": field(number) for number in range(6)}
    val = {f"val/{number}.png": field(number) for number in range(10, 13)}
    write_coco(tmp_path, train, part="train")
    write_coco(tmp_path, val, part="val")
    call_command("check_leaks", str(tmp_path))
    assert "No leak" in capsys.readouterr().out
    write_coco(tmp_path, {**val, "val/copy.png": copied(field(4))}, part="val")
    with pytest.raises(CommandError, match="1 pairs among 10 pictures"):
        call_command("check_leaks", str(tmp_path))
    told = capsys.readouterr().out
    assert "train/4.png" in told
    assert "val/copy.png" in told


def test_a_split_that_parts_a_day_fails_the_check(tmp_path: Path) -> None:
    for part, number in (("train", 1), ("val", 2)):
        name = f"{part}/{number}.png"
        write_coco(tmp_path, {name: field(number)}, part=part, of_image={name: {"acquisition_date": "2023-01-04"}})
    _, leaks = find_leaks_in_folder(tmp_path)
    assert [leak.why for leak in leaks] == ["both have date:2023-01-04"]


def test_a_group_stays_on_one_side_and_shares_are_near_70_15_15() -> None:
    rng = np.random.default_rng(1)
    members = [
        member(f"animal:{n % 60}", thin=int(rng.integers(1, 20)), mushroom=int(rng.integers(20))) for n in range(180)
    ]
    found = split(members, seed=3)
    sides: dict[str, set[str]] = {}
    spines: Counter[str] = Counter()
    for one, part in zip(members, found.parts, strict=True):
        sides.setdefault(one.keys[0], set()).add(part)
        spines[part] += sum(one.counts.values())
    assert all(len(parts) == 1 for parts in sides.values())
    for part, share in (("train", 0.7), ("val", 0.15), ("test", 0.15)):
        assert spines[part] / spines.total() == pytest.approx(share, abs=0.03)


def test_a_split_depends_on_the_seed_and_not_on_the_order() -> None:
    members = [member(f"animal:{n}") for n in range(30)]
    parts = split(members, seed=1).parts
    assert split(members, seed=1).parts == parts
    assert split(members[::-1], seed=1).parts == parts[::-1]
    assert split(members, seed=2).parts != parts


@pytest.mark.parametrize(
    ("animals", "tested"), [(12, {1, 2, 3}), (23, {2, 3, 4, 5}), (24, {8}), (32, {8, 9}), (60, {8, 9, 10})]
)
def test_eight_groups_are_tested_on_where_that_is_a_third_at_most(animals: int, tested: set[int]) -> None:
    for seed in range(4):
        rng = np.random.default_rng(seed)
        members = [member(f"animal:{n}", thin=int(rng.integers(5, 60))) for n in range(animals)]
        parts = Counter(split(members, seed=seed).parts)
        assert parts["test"] in tested, (seed, parts)
        assert parts["val"] >= 1
        assert parts["train"] >= animals * 0.45


def test_groups_that_were_trained_on_stay_and_the_new_ones_fill_the_test_part() -> None:
    before = [member(f"animal:{n}", fixed="train" if n < 8 else "val" if n < 9 else "test") for n in range(10)]
    parts = split([*before, *(member(f"animal:{n}") for n in range(10, 30))]).parts
    assert list(parts[:10]) == [one.fixed for one in before]
    assert Counter(parts)["test"] == 8
    few_free = [member(f"animal:{n}", fixed="train" if n < 20 else "") for n in range(26)]
    assert Counter(split(few_free).parts)["test"] < 6, "all that is new is not taken from the training"


@pytest.mark.parametrize(("animals", "parts"), [(1, {"train"}), (2, {"train", "val"}), (3, {"train", "val", "test"})])
def test_few_animals_go_to_train_then_val_then_test(animals: int, parts: set[str]) -> None:
    assert set(split([member(f"animal:{n}", thin=10 + n) for n in range(animals)]).parts) == parts


def test_rare_classes_reach_every_part() -> None:
    members = [member(f"animal:{n}", thin=50, filopodia=2 if n < 3 else 0) for n in range(20)]
    assert set(split(members).parts[:3]) == {"train", "val", "test"}


def test_pairs_join_groups_and_a_group_in_two_parts_keeps_the_tested_one() -> None:
    assert len(set(grouped([["a"], ["b"], ["c"]], [(0, 2)]))) == 2
    members = [member("a", fixed="train"), member("b", fixed="test"), member("c"), member("d", fixed="val")]
    found = split(members, pairs=[(0, 1), (1, 2)])
    assert found.parts == ("", "test", "test", "val")
    assert found.mixed_groups == ("a",)
