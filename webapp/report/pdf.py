"""A report as a PDF: A4 pages with selectable text, numbered, on white."""

from __future__ import annotations

import io
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from PIL import Image as Picture
from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, Image, KeepTogether, LongTable, PageTemplate
from reportlab.platypus import Paragraph as Text

from spines.background.progress import UNWATCHED, Progress
from webapp.report.build import DRAWN, STEPS
from webapp.report.content import Block, Chart, Facts, Paragraph, Points, Report, Table
from webapp.report.drawing import draw
from webapp.report.drawn_traces import INKS

rl_config.useA85 = 0  # pictures as bytes, not as text: a second less for a report

MARGIN = 18 * mm
WIDTH = A4[0] - 2 * MARGIN
FONT, BOLD = "DejaVuSans", "DejaVuSans-Bold"
NOT_SHOWN = "�"
_INK, _MUTED, _LINE = (HexColor(INKS[name]) for name in ("ink", "muted", "hairline"))


def _style(size: float, *, bold: bool = False, colour: Any = _INK, **more: Any) -> ParagraphStyle:
    font = BOLD if bold else FONT
    return ParagraphStyle("", fontName=font, fontSize=size, leading=1.4 * size, textColor=colour, **more)


TITLE = _style(17, bold=True, spaceAfter=6)
HEADING = _style(12, bold=True, spaceBefore=14, spaceAfter=5, keepWithNext=1)
CAPTION = _style(8.5, bold=True, spaceBefore=7, spaceAfter=3, keepWithNext=1)
LEAD = _style(10, spaceAfter=5)
BODY = _style(8.5, spaceAfter=4)
POINT = _style(8.5, leftIndent=10, bulletIndent=1, spaceAfter=2.5)
NOTE = _style(7, colour=_MUTED, spaceBefore=2, spaceAfter=5)
CELL, NUMBER = _style(7), _style(7, alignment=TA_RIGHT)
HEAD, NUMBER_HEAD = _style(7, colour=_MUTED), _style(7, colour=_MUTED, alignment=TA_RIGHT)
_LINES = [
    ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
    ("LINEBELOW", (0, 0), (-1, 0), 0.8, _MUTED),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 3),
    ("RIGHTPADDING", (0, 0), (-1, -1), 3),
    ("TOPPADDING", (0, 0), (-1, -1), 1.5),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
]


def report_pdf(report: Report, progress: Progress = UNWATCHED) -> bytes:
    """Set the report. Signs that DejaVu Sans lacks (Chinese, Japanese) are replaced, and said to be."""
    setter = _Setter(progress)
    story: list[Flowable] = [setter.text(report.title, TITLE), *setter.block(report.facts)]
    for section in report.sections:
        first, *others = section.blocks
        opening = [setter.text(section.heading, HEADING), *setter.block(first)]
        story += [KeepTogether(opening)] if isinstance(first, Chart) else opening
        for block in others:
            made = setter.block(block)
            story += [KeepTogether(made)] if isinstance(block, Chart) else made
    if setter.hidden:
        sentence = f"Of the names above, {len(setter.hidden)} signs are not in this document's font and stand as "
        story.append(setter.text(f"{sentence}{NOT_SHOWN}; the report's page shows them.", NOTE))
    drawn = io.BytesIO()
    template = BaseDocTemplate(
        drawn,
        pagesize=A4,
        title=f"{report.title}: report of dendritic spines",
        author=report.made_by,
        subject="Dendritic spines: counts, densities, shapes and tests",
        creator="Spinula",
        lang="en",
    )
    frame = Frame(MARGIN, MARGIN, WIDTH, A4[1] - 2 * MARGIN, 0, 0, 0, 0)
    foot = setter.known(f"{report.title[:80]} · Spinula, {report.made_at:%Y-%m-%d}")
    template.addPageTemplates(PageTemplate(frames=[frame], onPage=lambda canvas, _: _number(canvas, foot)))
    template.build(story)
    return drawn.getvalue()


def _number(canvas: Any, foot: str) -> None:
    canvas.setFont(FONT, 7)
    canvas.setFillColor(_MUTED)
    canvas.drawString(MARGIN, 10 * mm, foot)
    canvas.drawRightString(A4[0] - MARGIN, 10 * mm, f"page {canvas.getPageNumber()}")


@cache
def _registered_font() -> frozenset[int]:
    """Register DejaVu Sans, which matplotlib's package carries; the code points that it can show."""
    package = find_spec("matplotlib")
    assert package is not None
    assert package.origin is not None
    folder = Path(package.origin).parent / "mpl-data/fonts/ttf"
    for name in (FONT, BOLD):
        pdfmetrics.registerFont(TTFont(name, folder / f"{name}.ttf"))
    return frozenset(pdfmetrics.getFont(FONT).face.charToGlyph)


class _Setter:
    """Sets blocks one after the other, and remembers which signs it could not show."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._drawn = 0
        self._signs = _registered_font()
        self.hidden: set[str] = set()

    def known(self, text: str) -> str:
        """The text with a mark in place of each sign that the font lacks."""
        missing = {sign for sign in text if ord(sign) not in self._signs and not sign.isspace()}
        self.hidden |= missing
        return "".join(NOT_SHOWN if sign in missing else sign for sign in text)

    def text(self, text: str, style: ParagraphStyle, **more: Any) -> Text:
        """A paragraph."""
        return Text(escape(self.known(text)).replace("\n", "<br/>"), style, **more)

    def block(self, block: Block) -> list[Flowable]:
        """A block of the content."""
        match block:
            case Paragraph():
                return [self.text(block.text, LEAD if block.is_lead else BODY)]
            case Points():
                return [self.text(text, POINT, bulletText="•") for text in block.texts]
            case Facts():
                rows = [[self.text(name, HEAD), self.text(value, CELL)] for name, value in block.rows]
                return [LongTable(rows, colWidths=[0.14 * WIDTH, 0.86 * WIDTH], style=_LINES[2:])]
            case Table():
                return self._table(block)
            case Chart():
                return self._chart(block)

    def _table(self, table: Table) -> list[Flowable]:
        rows = [[self.text(name, NUMBER_HEAD if is_number else HEAD) for name, is_number in table.columns()]]
        rows += [[self.text(text, NUMBER if is_number else CELL) for text, is_number in row] for row in table.cells()]
        made: list[Flowable] = [
            self.text(table.caption, CAPTION),
            LongTable(rows, colWidths=_widths(table), repeatRows=1, style=_LINES),
        ]
        return [*made, self.text(table.note, NOTE)] if table.note else made

    def _chart(self, chart: Chart) -> list[Flowable]:
        self._drawn += 1
        self._progress.tell(STEPS - len(DRAWN) + self._drawn - 1, STEPS, f"Drawing “{chart.title[:100]}”")
        made: list[Flowable] = [self.text(chart.title, CAPTION)]
        if chart.figure is None:
            return [*made, self.text(chart.note, BODY)]
        opaque = io.BytesIO()
        with Picture.open(io.BytesIO(draw(chart.figure, file_format="png"))) as picture:
            picture.convert("RGB").save(opaque, "PNG", compress_level=1)  # else a mask is stored beside it
            made.append(Image(opaque, width=WIDTH, height=WIDTH * picture.height / picture.width))
        return [*made, self.text(f"{chart.caption} {chart.note}".strip(), NOTE)]


def _widths(table: Table) -> list[float]:
    """Columns share the page as their longest texts ask for: at least nine letters, at most 26."""
    longest = [
        max(
            max((len(line) for row in table.rows for line in row[at].split("\n")), default=0),
            max(map(len, name.split()), default=0),
        )
        for at, name in enumerate(table.head)
    ]
    asked = [min(max(letters, 9), 26) for letters in longest]
    return [WIDTH * letters / sum(asked) for letters in asked]
