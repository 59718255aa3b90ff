"""`manage.py measure_statistics`: false positives, coverage and power of the tests, over made experiments."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from statsmodels.stats.proportion import proportion_confint

from spines.statistics.trials import TRIALS, run
from spines.vocabulary.numbers import SHARE, count


class Command(BaseCommand):
    """Make experiments of many designs and print what the tests say of them."""

    help = (
        "Make experiments of many designs, with and without an effect, and print how often p is below 0.05 without "
        "one, how often the 95 % interval holds the effect, and how often the effect is found, beside a reference test."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--experiments", type=int, default=1000, help="of each kind (default 1000)")
        parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same figures (default 1)")
        parser.add_argument("--only", default="", help="designs whose name holds this")

    def handle(self, *args: Any, **options: Any) -> None:
        experiments, seed, only = options["experiments"], options["seed"], options["only"].lower()
        if experiments < 1 or seed < 0:
            raise CommandError("--experiments must be 1 or more, --seed 0 or more.")
        chosen = [trial for trial in TRIALS if only in trial.name.lower()]
        if not chosen:
            raise CommandError(f"No design's name holds {options['only']}: {'; '.join(t.name for t in TRIALS)}.")
        low, high = proportion_confint(round(0.05 * experiments), experiments, method="wilson")
        self.stdout.write(
            f"{count(experiments)} experiments of each kind without an effect and as many with one, seed {seed}. "
            f"Of so many, a share of 5 % comes out at {SHARE.mean(low)} to {SHARE.mean(high)} %.\n\n"
            "| experiment | question | p < 0.05 without effect, % | interval holds the effect, % | effect found, % "
            "| reference: without, with effect, % |\n|---|---|---|---|---|---|"
        )
        for trial in chosen:
            for found in run(trial, experiments=experiments, seed=seed):
                self.stdout.write(
                    f"| {found.trial} | {found.question} | {SHARE.mean(found.false_positives)} "
                    f"| {SHARE.mean(found.coverage)} | {SHARE.mean(found.power)} | {found.reference}: "
                    f"{SHARE.mean(found.reference_false_positives)}, {SHARE.mean(found.reference_power)} |"
                )
                self.stdout.flush()
