"""What a density is: spines on dendrites over the length of those dendrites. Pages, exports, API, report and statistics
divide here; the database's view `spines_density` divides by the same rule, which a test holds it to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from spines.vocabulary.classes import LEFT_OUT
from spines.vocabulary.numbers import PER_10_UM


def per_um(spines: float, length_um: float | None) -> float | None:
    """Spines a µm of dendrite; None without a length, which is not known without a pixel size.

    >>> per_um(12, 10.0), per_um(3, None), per_um(0, 0.0)
    (1.2, None, None)
    """
    return spines / length_um if length_um else None


def per_10_um(density_per_um: float | None) -> float | None:
    """The same for ten micrometres, as many papers quote it."""
    return None if density_per_um is None else PER_10_UM.times * density_per_um


@dataclass(frozen=True, kw_only=True)
class Density:
    """A density: which spines it counts, in words and by class. `counts` None: of all classes."""

    key: str
    words: str
    counts: frozenset[str] | None = None
    leaves_out: frozenset[str] = frozenset()

    @property
    def column(self) -> str:
        """As a table heads it."""
        return f"{self.key}_per_um"

    @property
    def column_per_10_um(self) -> str:
        """As a table heads the same for ten micrometres."""
        return f"{self.key}_per_10_um"

    def spines(self, by_class: Mapping[str, int]) -> int:
        """How many of these spines it counts."""
        return sum(
            n
            for name, n in by_class.items()
            if name not in self.leaves_out and (self.counts is None or name in self.counts)
        )

    def of(self, by_class: Mapping[str, int], length_um: float | None) -> float | None:
        """Of spines by class on so much dendrite."""
        return per_um(self.spines(by_class), length_um)


UNIT, UNIT_PER_10_UM = "1/µm", "1/(10 µm)"
ALL = Density(key="spines", words="All spines")


def without(classes: frozenset[str]) -> Density:
    """Of all spines but those of these classes: `LEFT_OUT` and what stands for it."""
    return Density(key=f"without_{LEFT_OUT}", words=f"Spines other than {LEFT_OUT}", leaves_out=classes)


def of_class(name: str) -> Density:
    """Of the spines of one class."""
    return Density(key=name, words=f"Spines of class {name}", counts=frozenset((name,)))


def densities(classes: tuple[str, ...], left_out: frozenset[str] = frozenset((LEFT_OUT,))) -> tuple[Density, ...]:
    """Every density of a table, in its order."""
    return (ALL, without(left_out), *map(of_class, classes))


def columns(
    by_class: Mapping[str, int], length_um: float | None, of: tuple[Density, ...]
) -> Iterator[tuple[str, float | None]]:
    """Columns of a table and their values: per µm and per 10 µm of each density."""
    for density in of:
        found = density.of(by_class, length_um)
        yield density.column, found
        yield density.column_per_10_um, per_10_um(found)
