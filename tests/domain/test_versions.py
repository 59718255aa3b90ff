"""A figure never changes under the same version, and every result keeps the versions that made it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

import spines
from spines import release as releases
from spines.measure import shape
from spines.models import AnalysisImage
from spines.release import release
from spines.services.analyses.measuring import measure
from spines.services.review import boxes, measured_change
from tests.domain import golden_measures
from tests.domain.phantom_results import measured_image, result_of  # noqa: F401


def equal(now: Any, before: Any) -> bool:
    """Numbers to a ten-thousandth: machines differ in the last digits, formulas in more."""
    if isinstance(now, list | tuple):
        return len(now) == len(before) and all(map(equal, now, before))
    if isinstance(now, float):
        return before is not None and now == pytest.approx(before, rel=1e-4)
    return bool(now == before)


@pytest.mark.parametrize("of", list(golden_measures.VERSIONS))
def test_figures_change_only_with_their_version(of: str) -> None:
    before = golden_measures.golden()[of]
    assert before["version"] == golden_measures.VERSIONS[of], "run python -m tests.domain.golden_measures"
    assert equal(golden_measures.figures()[of], before["figures"]), (
        f"Figures of {of} changed: raise its number in spines/measure/versions.py, then run "
        "python -m tests.domain.golden_measures"
    )


def test_the_picture_shows_what_the_formulas_tell_apart() -> None:
    measured = golden_measures.golden()["measures"]["figures"]
    assert sum(spine[0] == "trusted" for spine in measured) >= 4
    assert any(spine[3] for spine in measured), "a neck"
    assert len({spine[-1] for spine in measured}) > 1, "classes by rule"


def test_a_formula_that_changes_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = shape.measure_shapes

    def a_little_longer(*args: Any, **kwargs: Any) -> Any:
        from dataclasses import replace

        return [replace(s, length_um=s.length_um and 1.001 * s.length_um) for s in real(*args, **kwargs)]

    monkeypatch.setattr("spines.measure.image.measure_shapes", a_little_longer)
    assert not equal(golden_measures.figures()["measures"], golden_measures.golden()["measures"]["figures"])


@pytest.mark.django_db
def test_a_result_keeps_what_made_it_and_an_edit_measures_it_as_a_whole_where_that_is_another(
    image: Any, annotator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = result_of(image)
    versions = golden_measures.VERSIONS
    assert (result.tracing_version, result.measures_version) == (versions["tracing"], versions["measures"])
    assert result.software_version == release()
    befores: list[Any] = []

    def measuring(*args: Any, **kwargs: Any) -> Any:
        befores.append(kwargs["before"])
        return measure(*args, **kwargs)

    monkeypatch.setattr(measured_change, "measure", measuring)
    for at, version in enumerate((versions["measures"], 0)):
        AnalysisImage.objects.filter(pk=result.pk).update(measures_version=version)
        box = (60.0 + 20 * at, 60.0, 12.0, 12.0)
        boxes.add_spine(user=annotator, image_id=image.pk, box_px=box, spine_class="thin")
        assert result_of(image).measures_version == versions["measures"]
    assert [before is None for before in befores] == [False, True]


def test_a_checkout_states_its_commit_and_an_image_its_release(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(releases, "_ROOT", tmp_path)
    release.cache_clear()
    settings.SPINULA_RELEASE = ""
    assert release() == spines.__version__
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    (tmp_path / "program.py").write_text("1\n")
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *command], check=True)
    commit = subprocess.run([*git, "rev-parse", "--short=12", "HEAD"], check=True, capture_output=True, text=True)
    release.cache_clear()
    assert release() == f"{spines.__version__}+{commit.stdout.strip()}"
    (tmp_path / "program.py").write_text("2\n")
    assert release() == f"{spines.__version__}+{commit.stdout.strip()}", "what the process began as"
    release.cache_clear()
    assert release().endswith(".changed")
    for built, stated in (("abc123", f"{spines.__version__}+abc123"), ("0.1.0", "0.1.0"), ("x" * 60, None)):
        settings.SPINULA_RELEASE = built
        release.cache_clear()
        assert len(release()) <= releases.LONGEST
        assert stated in (None, release())
    release.cache_clear()
