"""Why a training cannot go on."""

from spines.errors import DomainError


class TrainingError(DomainError):
    """A training run cannot go on; the sentence says what to do about it."""
