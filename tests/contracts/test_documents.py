"""What README, CONTRIBUTING and docs name is there: files, modules, commands and their options, settings, links."""

from __future__ import annotations

import importlib.util
import re
import shlex
from argparse import REMAINDER, ArgumentParser, _SubParsersAction
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from webapp.serve.programs import PROJECT

DOCUMENTS = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *sorted((PROJECT / "docs").rglob("*.md"))]
FOLDERS = "spines|webapp|worker|templates|static|tests|docs|requirements|types|.ci"
PACKAGES = ("spines", "webapp", "worker", "tests")
# Names of files that are not the repository's: what exports, datasets and other people's programs call theirs.
OTHERS = {"score.py"}
ENDINGS = r"\.(?:py|js|html|css|toml|yml)"

LINK = re.compile(r"(?<!!)\[[^\]\n]+\]\(([^)\s]+)\)|!\[[^\]\n]*\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PATH = re.compile(rf"(?<![\w/.<-])(?:{FOLDERS})/[\w./<>*{{}},-]*")
FILE = re.compile(rf"(?<![\w/.<>-])[\w-]+{ENDINGS}\b(?![/-])")
DOTTED = re.compile(r"(?<![\w./-])(?:spines|webapp|worker|services|selectors|tests)(?:\.\w+)+")
FROM_ENVIRONMENT = re.compile(r"""\benv(?:iron)?(?:\.\w+)?[(\[]\s*["'](SPINULA_[A-Z_]+)["']""")
REQUEST = re.compile(r"(?:GET|HEAD|POST|PUT|PATCH|DELETE) ")
SETTING = re.compile(r"\b(?:SPINULA|AWS|DATABASE|REDIS)_[A-Z0-9_]+\b")

documents = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))


def code_of(document: Path) -> list[str]:
    """Each span of code, each line of a code block."""
    text = document.read_text()
    spans = [found.group(1) for found in CODE.finditer(text) if found.group(1)]
    return spans + [line for _, block in FENCE.findall(text) for line in block.splitlines()]


def shell_of(document: Path) -> list[list[str]]:
    """Each command line of code, in words, continued lines joined and comments left out."""
    text = document.read_text()
    blocks = [block for language, block in FENCE.findall(text) if language in {"sh", "bash", ""}]
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    spans = [found.group(1) for found in CODE.finditer(text) if found.group(1)]
    return [words for line in [*lines, *spans] if (words := split(line))]


def split(line: str) -> list[str]:
    """The words of a line; none where it is no shell."""
    try:
        return shlex.split(line, comments=True)
    except ValueError:
        return []


@cache
def tracked() -> tuple[Path, ...]:
    """The repository's own files."""
    tops = [*FOLDERS.split("|"), "."]
    return tuple(
        path.relative_to(PROJECT)
        for top in tops
        for path in ((PROJECT / top).rglob("*") if top != "." else PROJECT.iterdir())
        if path.is_file() and "__pycache__" not in path.parts
    )


def exists(path: str) -> bool:
    """Whether a path is there; `<…>` and `*` stand for anything, `{a,b}` for either."""
    pattern = re.sub(r"<[^>]*>", "*", path).rstrip("/.,")
    if "{" in pattern:
        before, _, rest = pattern.partition("{")
        choices, _, after = rest.partition("}")
        return all(exists(f"{before}{choice}{after}") for choice in choices.split(","))
    return any(PROJECT.glob(pattern))


def resolves(dotted: str) -> bool:
    """Whether a module, or a name that one defines, is there; `services` and `selectors` are those of spines."""
    name = f"spines.{dotted}" if dotted.startswith(("services.", "selectors.")) else dotted
    parts = name.split(".")
    for n in range(len(parts), 0, -1):
        stem = PROJECT.joinpath(*parts[:n])
        for file in (stem.with_suffix(".py"), stem / "__init__.py"):
            if file.is_file():
                text = file.read_text()
                return all(re.search(rf"^\s*(?:def|class)? ?{part}\b", text, re.MULTILINE) for part in parts[n:])
    return False


@cache
def slugs(document: Path) -> frozenset[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ +(.+)$", text, flags=re.MULTILINE)
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings)
    return frozenset(re.sub(r"[^\w\- ]", "", heading).strip().replace(" ", "-") for heading in plain)


@documents
def test_links_lead_somewhere(document: Path) -> None:
    text = re.sub(r"^```.*?^```|`[^`\n]*`", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)
    lost = []
    for found in LINK.finditer(text):
        target = found.group(1) or found.group(2)
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = document.parent / path if path else document
        if not file.exists() or (anchor and anchor not in slugs(file.resolve())):
            lost.append(target)
    assert lost == []


@documents
def test_paths_are_there(document: Path) -> None:
    named = {path for code in code_of(document) if not REQUEST.match(code) for path in PATH.findall(code)}
    assert sorted(path for path in named if not exists(path)) == []


@documents
def test_files_named_without_a_folder_are_there(document: Path) -> None:
    names = {path.name for path in tracked()} | OTHERS
    spans = [found.group(1) for found in CODE.finditer(document.read_text()) if found.group(1)]
    named = {name for span in spans for name in FILE.findall(re.sub(r"\S*[/<>*]\S*", "", span))}
    assert sorted(named - names) == []


@documents
def test_modules_and_their_names_are_there(document: Path) -> None:
    spans = [found.group(1) for found in CODE.finditer(document.read_text()) if found.group(1)]
    named = {dotted for span in spans for dotted in DOTTED.findall(span)}
    modules = {dotted for dotted in named if not re.search(rf"(?:{ENDINGS}|\.csv|\.json)$", dotted)}
    assert sorted(dotted for dotted in modules if not resolves(dotted)) == []


def make_targets() -> set[str]:
    """The targets that people call."""
    (line,) = re.findall(r"^\.PHONY: (.+)$", (PROJECT / "Makefile").read_text(), flags=re.MULTILINE)
    return set(line.split())


def commands(document: Path) -> Iterator[tuple[str, list[str]]]:
    """What follows `make`, `manage.py` and `python -m` in a document's code, with the words behind it."""
    for words in shell_of(document):
        for n, word in enumerate(words[:-1]):
            name, rest = words[n + 1], words[n + 2 :]
            if word == "make" and re.fullmatch(r"[a-z-]+", name):
                yield f"make {name}", rest
            elif word.endswith("manage.py") and re.fullmatch(r"[a-z_]+", name):
                yield f"manage.py {name}", rest
            elif word == "-m" and n and "python" in words[n - 1] and name.split(".")[0] in PACKAGES:
                yield f"-m {name}", rest


def stated_in(folder: Path) -> set[str]:
    """The options that the programs of a folder state."""
    return {option for path in folder.rglob("*.py") for option in re.findall(r'"(--[a-z-]+)"', path.read_text())}


def options_of(command: str) -> set[str]:
    """The options that a command of manage.py takes."""
    return options(load_command_class(get_commands()[command], command).create_parser("manage.py", command))


def options(parser: ArgumentParser) -> set[str]:
    """The options of a parser and of those below it."""
    found = {option for action in parser._actions for option in action.option_strings}
    if any(action.nargs == REMAINDER for action in parser._actions):  # handed on to a training
        found |= stated_in(PROJECT / "worker/training")
    below = (action.choices for action in parser._actions if isinstance(action, _SubParsersAction))
    return found | {option for choices in below for inner in choices.values() for option in options(inner)}


@documents
def test_commands_are_there_and_take_what_they_are_given(document: Path) -> None:
    lost = []
    for called, rest in commands(document):
        kind, name = called.split(" ")
        if kind == "make":
            known = name in make_targets()
        elif kind == "-m":
            known = importlib.util.find_spec(name) is not None
        else:
            known = name in get_commands()
        given = {word.strip("[]").partition("=")[0] for word in rest if re.match(r"\[?--[a-z]", word)}
        if known and kind == "manage.py":
            lost += [f"{name} {option}" for option in sorted(given - options_of(name))]
        if known and kind == "-m":
            source = Path(str(importlib.util.find_spec(name).origin)).parent  # type: ignore[union-attr]
            lost += [f"{name} {option}" for option in sorted(given - stated_in(source))]
        lost += [] if known else [called]
    assert lost == []


@documents
def test_settings_are_read(document: Path) -> None:
    named = {name for code in code_of(document) for name in SETTING.findall(code)}
    assert sorted(named - names_in_code()) == []


@cache
def names_in_code() -> frozenset[str]:
    """Every name of a setting that the program, its tests or its containers have."""
    files = [path for path in tracked() if path.suffix in {".py", ".yml"} or path.name in {"Makefile", "Dockerfile"}]
    return frozenset(name for path in files for name in SETTING.findall((PROJECT / path).read_text()))


def test_every_setting_of_the_environment_has_a_row() -> None:
    files = [*(PROJECT / "webapp/settings").glob("*.py"), *(PROJECT / "webapp/serve").glob("*.py")]
    read = {name for path in files for name in FROM_ENVIRONMENT.findall(path.read_text())}
    assert len(read) > 20
    assert sorted(read - set(SETTING.findall((PROJECT / "docs/settings.md").read_text()))) == []


def test_every_test_that_security_names_is_there() -> None:
    text = (PROJECT / "docs/security.md").read_text()
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", text)
    assert len(named) > 30
    missing = [
        f"{path}::{test}"
        for path, test in named
        if not (PROJECT / path).exists() or (test and f"def {test}(" not in (PROJECT / path).read_text())
    ]
    assert missing == []
