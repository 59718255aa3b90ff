"""Which pictures the shipped networks were trained on: named where they are brought in, and never tested on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from spines.services.datasets.sources import Entry
from spines.training_sets.seen import Seen, SeenPictures, read_seen


def shipped_seen() -> SeenPictures:
    """The hashes that come with the networks."""
    return _read(settings.SPINULA_SEEN_PICTURES)


@lru_cache(maxsize=4)
def _read(path: Path) -> SeenPictures:
    return read_seen(path)


def seen_of(entries: Sequence[Entry]) -> list[Seen | None]:
    """Where the shipped networks saw each entry's picture, None for nowhere."""
    files = [entry.file.partition(".")[0] for entry in entries]
    return shipped_seen().find([entry.fingerprint for entry in entries], files)


def seen_in_words(seen: Sequence[Seen | None]) -> list[str]:
    """A sentence on the pictures that were seen; none where none was."""
    counts = Counter(each.name for each in seen if each is not None)
    if not counts:
        return []
    names = ", ".join(f"{count:,} of {name}" for name, count in sorted(counts.items()))
    total = counts.total()
    them = "1 picture is" if total == 1 else f"{total:,} pictures are"
    sentence = (
        f"{them} among those that the shipped networks were trained on ({names}). They may be trained on again, but "
        "figures on them would flatter: none is tested on."
    )
    return [sentence]
