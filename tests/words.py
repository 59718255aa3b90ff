"""Every sentence that a reader meets, by file: `make words`. To be read whole; a test searches it for words of ours.

Of templates the text between tags and what `title`, `aria-label`, `alt` and `placeholder` say, with `…` where a value
is put in; of Python the texts of exceptions, messages, forms and whatever else is a sentence; of scripts likewise.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHON_FOLDERS = ("spines", "webapp", "worker")
SAID_BY_ATTRIBUTES = re.compile(r'\b(?:title|aria-label|alt|placeholder|data-\w+)="([^"]*\s[^"]*)"')
INLINE = "a|abbr|b|button|code|em|i|kbd|span|strong|sub|sup|time|var"
IS_SENTENCE = re.compile(r"^[A-Z“„…{][^_]*\s\S+.*[.:!?…]?$", re.DOTALL)


def of_template(text: str) -> Iterator[str]:
    """What a template says, a block of text at a time."""
    text = re.sub(r"{%\s*comment\b.*?endcomment\s*%}|{#.*?#}|<(script|style|svg)\b.*?</\1>", "", text, flags=re.DOTALL)
    text = re.sub(r"{%\s*(if|elif|else|empty|for)\b[^%]*%}", "|", text)
    text = re.sub(r"{%.*?%}", "", re.sub(r"{{.*?}}", "…", text, flags=re.DOTALL), flags=re.DOTALL)
    yield from (said for said in SAID_BY_ATTRIBUTES.findall(text) if re.search(r"[A-Za-z]{2}", said))
    text = re.sub(rf"</?(?:{INLINE})\b[^>]*>", "", text)
    for block in re.split(r"<[^>]*>", text):
        said = " ".join(block.split()).strip("| ")
        if re.search(r"[A-Za-z]{2}", said):
            yield said


def of_python(text: str) -> Iterator[str]:
    """The sentences among a module's strings, docstrings left out."""
    tree = ast.parse(text)
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in documentation:
            continue
        if isinstance(node, ast.JoinedStr):
            said = "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            said = node.value
        else:
            continue
        if said.count(" ") >= 2 and IS_SENTENCE.match(said) and not said.startswith(("SELECT", "UPDATE", "INSERT")):
            yield " ".join(said.split())


def of_script(text: str) -> Iterator[str]:
    """The sentences among a script's strings."""
    text = re.sub(r"/\*.*?\*/|^\s*//.*?$", "", text, flags=re.DOTALL | re.MULTILINE)
    for said in re.findall(r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`', text):
        line = " ".join(re.sub(r"\$\{[^}]*\}", "…", said[0] or said[1]).split())
        if line.count(" ") >= 2 and IS_SENTENCE.match(line):
            yield line


def inventory() -> Iterator[tuple[str, str]]:
    """File and sentence, in the order of files."""
    for path in sorted((ROOT / "templates").rglob("*.html")):
        yield from ((str(path.relative_to(ROOT)), said) for said in of_template(path.read_text()))
    for folder in PYTHON_FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not {"migrations", "commands", "settings"} & set(path.parts):
                yield from ((str(path.relative_to(ROOT)), said) for said in of_python(path.read_text()))
    for path in sorted((ROOT / "static/js").rglob("*.js")):
        yield from ((str(path.relative_to(ROOT)), said) for said in of_script(path.read_text()))


if __name__ == "__main__":
    last = ""
    for file, sentence in inventory():
        sys.stdout.write(f"  {sentence}\n" if file == last else f"\n{file}\n  {sentence}\n")
        last = file
