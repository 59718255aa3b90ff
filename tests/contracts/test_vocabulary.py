"""How many files know a class or a measure by its name: few, so that what is added touches few."""

import subprocess

import pytest

from spines.vocabulary.classes import NETWORK_CLASSES
from spines.vocabulary.measures import LENGTH, MEASURES
from webapp.serve.programs import PROJECT

MOST_OF_CLASSES, MOST_OF_A_MEASURE = 12, 4
# Tests, documents, the networks' cards and migrations say of course what they are about.
ELSEWHERE = (":!tests", ":!*.md", ":!docs", ":!worker/pretrained", ":!spines/migrations")


def files_with(*words: str) -> list[str]:
    """Those that git tracks, or would, and that hold one of these words, in whatever case."""
    asked = [argument for word in words for argument in ("-e", word)]
    found = subprocess.run(
        ["git", "grep", "--untracked", "-lwi", *asked, "--", ".", *ELSEWHERE],
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    if found.returncode > 1:
        pytest.skip("git does not know this folder")
    return found.stdout.splitlines()


def test_few_files_name_a_class() -> None:
    found = files_with(*(name for each in NETWORK_CLASSES for name in (each.key, *each.also_called)))
    assert "spines/vocabulary/classes.py" in found
    assert len(found) <= MOST_OF_CLASSES, found


@pytest.mark.parametrize("key", [key for key in MEASURES if key != LENGTH.key])  # a dendrite's length is so called, too
def test_few_files_name_a_measure(key: str) -> None:
    found = files_with(key)
    assert "spines/vocabulary/measures.py" in found
    assert len(found) <= MOST_OF_A_MEASURE, found
