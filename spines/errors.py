"""Errors that carry the sentence their user reads. Plain Python: HTTP status codes live in webapp alone."""

from collections.abc import Sequence


class DomainError(Exception):
    """Something a user can understand and mend. `sentence` says what is wrong and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NotSignedIn(DomainError):
    """Nobody known is asking: no token, or one that is wrong, revoked or expired."""


class NotAllowed(DomainError):
    """The user is known, the row is visible, the role does not suffice."""


class NotFound(DomainError):
    """There is no such row, or the user may not know of it: both read the same."""


class Conflict(DomainError):
    """The row is not in a state that admits this action, or it is there already."""


class Stale(Conflict):
    """Somebody changed the same since the user saw it. `changed` says what, a line each, the last at the end."""

    def __init__(self, sentence: str, changed: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.changed = tuple(changed)


class InvalidInput(DomainError):
    """What the user gave cannot be used."""


class UnreadableImage(InvalidInput):
    """A file that cannot be read as an image."""
