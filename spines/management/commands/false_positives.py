"""`manage.py false_positives`: how often tests find a difference where there is none."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from spines.statistics.simulation import OF_ANIMALS, POOLED, UNEQUAL, WALD_Z, NullDesign, false_positives
from spines.statistics.textbook import textbook_estimates


class Command(BaseCommand):
    """Simulate experiments without an effect, and fit two published examples."""

    help = (
        "Simulate experiments in which conditions do not differ and animals do, and print how often each test says "
        "p < 0.05. Then fit two published mixed-model examples and print both estimates."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--experiments", type=int, default=1000, help="how many to simulate (default 1000)")
        parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same figures (default 1)")
        parser.add_argument("--unequal", action="store_true", help="measure much of some animals and little of others")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["experiments"] < 1 or options["seed"] < 0:
            raise CommandError("--experiments must be 1 or more, --seed 0 or more.")
        design = UNEQUAL if options["unequal"] else NullDesign()
        self.stdout.write(
            f"{options['experiments']} experiments without an effect, seed {options['seed']}: two conditions of "
            f"{_range(design.animals)} animals with {_range(design.cells)} cells with {_range(design.dendrites)} "
            f"dendrites of {design.dendrite_um:g} µm and about {design.dendrite_um * design.spines_per_um:g} spines.\n"
            f"Head widths: SD between animals {design.animal_sd_um} µm, cells {design.cell_sd_um}, dendrites "
            f"{design.dendrite_sd_um}, spines {design.spine_sd_um}.\n"
        )
        found = false_positives(experiments=options["experiments"], seed=options["seed"], design=design)
        self.stdout.write("| test | p < 0.05 | 95 % interval |\n|---|---|---|")
        for test in (*OF_ANIMALS, WALD_Z, *POOLED):
            low, high = found.rates[test].interval
            self.stdout.write(f"| {test} | {found.rates[test].rate:.1%} | {low:.1%}–{high:.1%} |")
        self.stdout.write("")
        self.stdout.write("| published example | figure | published | here |\n|---|---|---|---|")
        for estimate in textbook_estimates():
            self.stdout.write(
                f"| {estimate.example} | {estimate.figure} | {estimate.published:g} | {estimate.fitted:.5g} |"
            )


def _range(ends: tuple[int, int]) -> str:
    return "–".join(map(str, ends))
