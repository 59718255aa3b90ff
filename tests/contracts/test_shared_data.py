"""The split of the annotated sets that the shipped networks were trained on, where they are at hand."""

from pathlib import Path

import pytest

from spines.training_sets.leaks import find_leaks_in_folder
from webapp.serve.programs import PROJECT

DATA = Path(PROJECT).parent / "shared" / "data"


@pytest.mark.parametrize("source", ["wide512", "meng"])
def test_no_near_duplicate_stands_in_train_and_val(source: str) -> None:
    if not (DATA / source / "train.json").is_file():
        pytest.skip("the annotated sets lie outside of the repository")
    count, leaks = find_leaks_in_folder(DATA / source)
    assert count > 100
    assert [str(leak) for leak in leaks] == []
