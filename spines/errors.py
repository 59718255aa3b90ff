"""Errors that carry the sentence their user reads. Plain Python: HTTP status codes live in webapp alone."""

from collections.abc import Sequence

_MOST_IN_A_SENTENCE = 8


class DomainError(Exception):
    """Something a user can understand and mend. `sentence` says what is wrong and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence

    @property
    def sentences(self) -> tuple[str, ...]:
        """All that is wrong, a sentence each."""
        return (self.sentence,)


class NotSignedIn(DomainError):
    """Nobody known is asking: no token, or one that is wrong, revoked or expired."""


class NotAllowed(DomainError):
    """The user is known, the row is visible, the role does not suffice."""


class Sealed(NotAllowed):
    """The experiment is blinded and the user may rate in it: names, conditions and results are locked for them."""


class NotFound(DomainError):
    """There is no such row, or the user may not know of it: both read the same."""


class Conflict(DomainError):
    """The row is not in a state that admits this action, or it is there already."""


class Stale(Conflict):
    """Somebody changed the same since the user saw it. `changed` says what, a line each, the last at the end."""

    def __init__(self, sentence: str, changed: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.changed = tuple(changed)


class Busy(DomainError):
    """The machine cannot do this now, and will later: nobody has to change anything."""


class InvalidInput(DomainError):
    """What the user gave cannot be used."""


class SeveralFaults(InvalidInput):
    """All that is wrong with what the user gave: `sentences` has one a fault, `sentence` the first of them together."""

    def __init__(self, sentences: Sequence[str]) -> None:
        shown = " ".join(sentences[:_MOST_IN_A_SENTENCE])
        rest = len(sentences) - _MOST_IN_A_SENTENCE
        super().__init__(f"{shown} And {rest} more faults like these." if rest > 0 else shown)
        self._sentences = tuple(sentences)

    @property
    def sentences(self) -> tuple[str, ...]:
        """All that is wrong, a sentence each."""
        return self._sentences


class UnreadableImage(InvalidInput):
    """A file that cannot be read as an image."""
