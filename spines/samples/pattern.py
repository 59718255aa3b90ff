"""File name patterns: `{condition}_{animal}_{cell}_{*}.tif`.

A pattern is written like the file names themselves:

- `{condition}`, `{animal}` and `{cell}` stand where these are in the name, at least one of them, each once.
  What they take ends where the text that follows them in the pattern first comes: `{animal}_{cell}` takes
  "m1" and "c2_b" from "m1_c2_b". They never take nothing.
- `{*}`, or `*` alone, stands for anything that does not matter, nothing among it.
- All other text stands for itself, in capitals or not.
- A pattern without a dot fits names with any ending (.tif, .ome.tif, .czi), which no field takes.
- `/` stands between folders: `{condition}/{animal}/{cell}_*.tif`. A pattern is held against the last folders
  of a path, as many as it has; one without `/` against the name alone.

Two placeholders need text between them: nothing would say where one ends.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from spines.errors import InvalidInput
from spines.samples.fields import LONGEST_NAME, SampleFields, as_name

FIELD_NAMES = ("condition", "animal", "cell")
LONGEST_PATTERN = 200

_PLACEHOLDER = re.compile(r"\{([^{}/]*)\}|\*")
_ENDING = re.compile(r"(\.ome)?\.[A-Za-z][A-Za-z0-9]{0,4}$")


@dataclass(frozen=True)
class _Part:
    """Literal text, or a placeholder: a field's name, or "*"."""

    text: str
    is_placeholder: bool


class FilenamePattern:
    """A pattern ready for use. Raises InvalidInput with what is wrong with `text` and how to mend it."""

    def __init__(self, text: str) -> None:
        self.text = as_name(text)
        _check_length(self.text)
        segments = [list(_parts(segment)) for segment in self.text.replace("\\", "/").strip("/").split("/")]
        _check(self.text, segments)
        self._has_dot = any("." in part.text for part in segments[-1])
        self._segments = [_compile(segment) for segment in segments]

    def extract(self, path: str) -> SampleFields | None:
        """The fields in a file name or relative path, None where the pattern does not fit.

        >>> fields = FilenamePattern("{condition}_{animal}_{*}.tif").extract("EE_m12_dendrite3.tif")
        >>> fields.condition, fields.animal
        ('EE', 'm12')
        """
        names = unicodedata.normalize("NFC", path).replace("\\", "/").strip("/").split("/")[-len(self._segments) :]
        if len(names) < len(self._segments):
            return None
        found = self._match([*names[:-1], _ENDING.sub("", names[-1])])
        if found is None and self._has_dot:
            found = self._match(names)
        if found is None or any(not value or len(value) > LONGEST_NAME for value in found.values()):
            return None
        animal, cell, condition = (found.get(field, "") for field in ("animal", "cell", "condition"))
        return SampleFields(animal=animal, cell=cell, condition=condition)

    def _match(self, names: list[str]) -> dict[str, str] | None:
        found: dict[str, str] = {}
        for segment, name in zip(self._segments, names, strict=True):
            match = segment.fullmatch(name)
            if match is None:
                return None
            found.update({field: as_name(value) for field, value in match.groupdict().items()})
        return found


def _parts(segment: str) -> Iterator[_Part]:
    end = 0
    for placeholder in _PLACEHOLDER.finditer(segment):
        if placeholder.start() > end:
            yield _Part(segment[end : placeholder.start()], is_placeholder=False)
        yield _Part((placeholder.group(1) or "*").strip().lower() or "*", is_placeholder=True)
        end = placeholder.end()
    if end < len(segment):
        yield _Part(segment[end:], is_placeholder=False)


def _check_length(text: str) -> None:
    if not text:
        raise InvalidInput("The pattern is empty: write one like {condition}_{animal}_{cell}_{*}.")
    if any(unicodedata.category(character) == "Cc" for character in text):
        raise InvalidInput("The pattern has control characters, which no name has: type it anew.")
    if len(text) > LONGEST_PATTERN:
        raise InvalidInput(
            f"The pattern is longer than {LONGEST_PATTERN} characters: use {{*}} for what does not matter."
        )


def _check(text: str, segments: list[list[_Part]]) -> None:
    parts = [part for segment in segments for part in segment]
    placeholders = [part.text for part in parts if part.is_placeholder]
    known = ", ".join(f"{{{name}}}" for name in FIELD_NAMES)
    if any("{" in part.text or "}" in part.text for part in parts if not part.is_placeholder):
        raise InvalidInput(f"A brace in “{text}” has no partner: write placeholders as {{animal}}.")
    for name in placeholders:
        if name not in (*FIELD_NAMES, "*"):
            raise InvalidInput(f"{{{name}}} is no placeholder: use {known}, and {{*}} for anything else.")
        if name != "*" and placeholders.count(name) > 1:
            raise InvalidInput(f"{{{name}}} stands in the pattern twice: put {{*}} in one of the places.")
    if not set(placeholders) & set(FIELD_NAMES):
        raise InvalidInput(f"The pattern takes nothing from a name: put at least one of {known} in it.")
    if not all(segments):
        raise InvalidInput("Two slashes follow each other in the pattern: put a folder between them, {*} for any.")
    for segment in segments:
        for left, right in pairwise(segment):
            if left.is_placeholder and right.is_placeholder:
                raise InvalidInput(
                    f"Nothing stands between {{{left.text}}} and {{{right.text}}}: put the text between them that "
                    "separates them in the names, such as _."
                )


def _compile(segment: list[_Part]) -> re.Pattern[str]:
    """Each placeholder takes the text up to the first place where what follows comes, and never gives it back:
    the atomic groups keep the time in proportion to the name's length, whatever the pattern."""
    expression = ""
    last = max((i for i, part in enumerate(segment) if part.is_placeholder), default=-1)
    for i, part in enumerate(segment):
        if not part.is_placeholder:
            # literal text after a placeholder is part of that placeholder's group
            expression += re.escape(part.text) if i == 0 else ""
            continue
        following = re.escape(segment[i + 1].text) if i + 1 < len(segment) else ""
        quantity = ".*" if part.text == "*" else ".+"
        taken = quantity if i == last else f"{quantity}?"
        group = taken if part.text == "*" else f"(?P<{part.text}>{taken})"
        # what follows the last placeholder is at the name's end
        expression += f"{group}{following}" if i == last else f"(?>{group}{following})"
    return re.compile(expression, re.IGNORECASE | re.DOTALL)
