"""`manage.py measure_accuracy`: how well dendrites and spines are measured, on phantoms and masks of known size."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from spines.accuracy.dendrites import (
    LengthRow,
    dendrite_table,
    density_table,
    field_table,
    made_length_table,
    mask_table,
)
from spines.accuracy.levels import level_errors
from spines.accuracy.qualities import quality_shares
from spines.accuracy.shapes import (
    SPEED_SIDE_PX,
    SPEED_SPINES,
    SizeErrors,
    errors_by_head_width,
    neck_widths,
    seconds_an_image,
    size_errors,
)
from spines.errors import DomainError


class Command(BaseCommand):
    """Print the tables of accuracy."""

    help = (
        "Measure phantoms of known size over pixel size, blur, noise and rotation, and print bias and spread of every "
        "measure; then how long a picture takes on one core."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--quick", action="store_true", help="a third of the pictures a row")
        parser.add_argument(
            "--masks",
            type=Path,
            metavar="FOLDER",
            help="pictures of dendrites cut out on black, their annotations in FOLDER.json, to compare lengths on",
        )

        parser.add_argument(
            "--annotated",
            type=Path,
            metavar="FOLDER",
            help="pictures with annotated spines in FOLDER.json, to tell how many of these can be measured",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["masks"] is not None:
                self._lengths("Dendrite length against the masks' own centrelines", mask_table(options["masks"]))
            if options["annotated"] is not None:
                shares = quality_shares(options["annotated"])
                rows = ((quality.replace("_", " "), f"{share:.1%}") for quality, share in shares.items())
                self._table("Annotated spines that can be measured", ("quality", "share"), rows)
        except DomainError as error:
            raise CommandError(error.sentence) from error
        if options["masks"] is None and options["annotated"] is None:
            self._everything(quick=options["quick"])

    def _everything(self, *, quick: bool) -> None:
        pictures, phantoms = (2, 1) if quick else (6, 2)
        self._dendrites(pictures)
        self._levels()
        self._sizes("Head width, length and area, measured less true", size_errors(phantoms=phantoms))
        self._sizes("Head width, length and area by true head width", errors_by_head_width())
        self._table(
            "Neck width reported for a true width",
            ("blur µm", "true µm", "reported µm", "spread µm", "given"),
            (
                (
                    f"{row.lateral_fwhm_um:.2f}",
                    f"{row.true_um:.2f}",
                    f"{row.reported_um:.3f}" if row.reported else "none",
                    f"{row.spread_um:.3f}" if row.reported else "",
                    f"{row.reported:.0%}",
                )
                for row in neck_widths()
            ),
        )
        if hasattr(os, "sched_setaffinity"):
            # The processor's time is then that of one core, whatever else the machine has and does.
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        self.stdout.write(
            f"\nTracing and measuring {SPEED_SIDE_PX}² pixels with {SPEED_SPINES} spines on one core: "
            f"{seconds_an_image():.2f} s"
        )

    def _dendrites(self, pictures: int) -> None:
        self._lengths("Dendrite length on phantoms", dendrite_table(pictures))
        self._lengths("Dendrite length on made pictures", made_length_table(pictures))
        self._table(
            "Density, with the true boxes",
            ("density", "pictures", "bias", "spread", "spines seated"),
            (
                (row.kind, str(row.pictures), f"{row.bias:+.1%}", f"{row.spread:.1%}", f"{row.seated:.1%}")
                for row in density_table(pictures)
            ),
        )
        self._table(
            "Tracing of whole fields",
            ("pictures", "how many", "in-focus dendrite traced", "of the traced, dendrite"),
            ((row.kind, str(row.pictures), f"{row.found:.1%}", f"{row.right:.1%}") for row in field_table(pictures)),
        )

    def _levels(self) -> None:
        self._table(
            "Width read at half of the peak and at a third, less true, without noise",
            ("blur µm", "width µm", "ball: half", "ball: a third", "disc: half", "disc: a third"),
            (
                (
                    f"{row.lateral_fwhm_um:.2f}",
                    f"{row.width_um:.1f}",
                    f"{row.ball_at_half_um:+.3f}",
                    f"{row.ball_at_edge_level_um:+.3f}",
                    f"{row.disc_at_half_um:+.3f}",
                    f"{row.disc_at_edge_level_um:+.3f}",
                )
                for row in level_errors()
            ),
        )

    def _lengths(self, title: str, rows: Iterable[LengthRow]) -> None:
        self._table(
            title,
            ("kind", "pictures", "bias", "spread", "largest"),
            (
                (row.kind, str(row.pictures), f"{row.bias:+.1%}", f"{row.spread:.1%}", f"{row.largest:.1%}")
                for row in rows
            ),
        )

    def _sizes(self, title: str, rows: Iterable[SizeErrors]) -> None:
        self._table(
            title,
            ("condition", "spines", "untrusted", "head µm", "spread", "length µm", "spread", "area", "spread"),
            (
                (
                    row.condition,
                    str(row.spines),
                    f"{row.untrusted:.0%}",
                    f"{row.head_bias_um:+.3f}",
                    f"{row.head_spread_um:.3f}",
                    f"{row.length_bias_um:+.3f}",
                    f"{row.length_spread_um:.3f}",
                    f"{row.area_bias:+.1%}",
                    f"{row.area_spread:.1%}",
                )
                for row in rows
            ),
        )

    def _table(self, title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Write a Markdown table, a row as soon as it is known."""
        self.stdout.write(f"\n{title}\n\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
        for row in rows:
            self.stdout.write(f"| {' | '.join(row)} |")
            self.stdout.flush()
