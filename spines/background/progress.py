"""How a long act says how far it is, and learns that nobody wants it any more. Plain Python."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

Row = TypeVar("Row")


class Stopped(Exception):
    """Nobody wants the work any more, or another worker has it: nothing is written."""


class Progress:
    """What an act is given that may take long. This one, for acts that nobody watches, does nothing."""

    def tell(self, done: int, total: int, stage: str = "") -> None:
        """So many of so many steps are done; `stage` says what is being done. Raises Stopped."""

    def counted(self, rows: Iterable[Row], total: int, stage: str, *, every: int = 500) -> Iterator[Row]:
        """The same rows one by one, told as they pass."""
        for done, row in enumerate(rows):
            if done % every == 0:
                self.tell(min(done, total), total, stage)
            yield row

    def settle(self, **result: Any) -> None:
        """Called within the transaction that writes: what came of the work is kept with it, and it is done.

        Before this it can be cancelled and leaves nothing; afterwards it is as done as what it wrote. Raises Stopped.
        """


UNWATCHED = Progress()
