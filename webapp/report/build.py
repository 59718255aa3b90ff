"""Put a report together: what was asked, found, drawn, counted and tested, and how."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence

from django.utils import timezone

from spines.background.progress import UNWATCHED, Progress
from spines.models import Experiment, User
from spines.selectors.designs.primary_measures import told_design
from spines.selectors.designs.stated import stated_design
from spines.selectors.images.rating import blinding_in_words
from spines.selectors.results.charts import class_shares
from spines.selectors.results.comparison import Comparison, comparison_of
from spines.selectors.results.counts import (
    ResultTally,
    by_animal,
    by_condition,
    tallies,
)
from spines.selectors.results.densities import densities
from spines.selectors.results.effects import DesignEffects, effects_of_design
from spines.selectors.results.filters import ResultFilters, all_classes, shown_classes
from spines.selectors.results.fitted_model import fitted_model
from spines.selectors.results.key_figures import Findings, findings_from
from spines.selectors.results.measures import animal_measures
from spines.selectors.results.provenance import provenance_of
from spines.selectors.results.unchanged import while_unchanged
from spines.statistics.alike import Check
from spines.statistics.design import Design
from spines.statistics.methods import methods_text
from spines.statistics.types import MeasureTest
from spines.vocabulary.measures import HEAD_WIDTH, LENGTH, MEASURES
from spines.vocabulary.numbers import DENDRITE_UM, count, in_words, listed
from webapp.report import tables
from webapp.report.arrive import REFERENCE, arrive_section
from webapp.report.content import Block, Chart, Facts, Paragraph, Points, Report, Section
from webapp.report.diagnostics import diagnostics
from webapp.report.methods import methods_section
from webapp.results.charts import CHARTS
from webapp.results.comparison import checks_of, sensitivity_of
from webapp.results.figures.by_design import is_drawn_by_design
from webapp.results.figures.common import ChartChoice
from webapp.results.shown_effects import effects_in_words, shown_effects
from webapp.results.shown_influence import shown_influence
from webapp.results.shown_tests import reasons_of

DRAWN = (
    ("density", ChartChoice()),
    ("class-shares", ChartChoice()),
    ("superplot", ChartChoice(measure=HEAD_WIDTH.key)),
    ("superplot", ChartChoice(measure=LENGTH.key)),
    ("cumulative", ChartChoice(measure=HEAD_WIDTH.key)),
    ("head-length", ChartChoice()),
)
"""Which of the results page's charts a report shows, in this order."""
STEPS = 3 + len(DRAWN)
"""Of a report as PDF: what it counts, tests and shows, then each chart drawn."""

LIMITS = (
    (
        "Spines were found and classified by networks, whose errors the models' cards state; spines over or under the "
        "shaft are missed or given no length."
    ),
    (
        "Necks thinner than the microscope resolves (about 0.35–0.4 µm full width at half maximum for two-photon) come "
        "out too wide."
    ),
)


NOTHING = Paragraph(text="No image has a result under these filters, so there is nothing to draw.")


def build_report(
    experiment: Experiment, filters: ResultFilters, *, user: User, address: str, progress: Progress = UNWATCHED
) -> Report:
    """Everything under these filters. Seconds for 100,000 spines: aggregates of the database, and the tests."""
    progress.tell(0, STEPS, "Counting")
    rows = tallies(experiment, all_classes(filters))
    findings = findings_from(rows, experiment, filters)
    progress.tell(1, STEPS, "Testing")
    comparison = comparison_of(experiment, filters)
    tests, reading = list(comparison.tests.values()), comparison.reading()
    checks = checks_of(experiment, filters, comparison)
    effects, errors = effects_of_design(experiment, filters), sensitivity_of(experiment, filters, comparison)
    sentences = (*effects_in_words(effects), *reading.sentences)
    statistics = methods_text(tests, effects=effects.how if effects else "")
    progress.tell(2, STEPS, "Reading what the charts show")
    made = provenance_of(experiment, filters)
    now = timezone.localtime()
    made_by = user.get_full_name() or user.get_username()
    return Report(
        title=experiment.name,
        made_at=now,
        made_by=made_by,
        facts=Facts(
            rows=(
                ("Lab", experiment.lab.name),
                ("Project", experiment.project.name),
                ("Hypothesis", experiment.hypothesis or "none written down"),
                *_design(experiment),
                ("Blinding", blinding_in_words(experiment) or "not blinded"),
                ("Shown", filters_in_words(filters)),
                (
                    "Made",
                    f"{timezone.localtime(now):%Y-%m-%d %H:%M %Z} by {user.get_full_name() or user.get_username()}",
                ),
                ("Address", address),
            )
        ),
        sections=(
            Section(heading="What was found", blocks=tuple(_what_was_found(findings, sentences, checks))),
            Section(heading="Counts", blocks=_counts(experiment, filters)),
            Section(heading="Charts", blocks=tuple(_charts(experiment, filters)) if rows else (NOTHING,)),
            Section(
                heading="Tests",
                blocks=(
                    *_tests(tests),
                    *_effects(effects),
                    *diagnostics(comparison, fitted_model(experiment, filters)),
                    *_influence(comparison),
                    *_errors(errors),
                ),
            ),
            methods_section(experiment, filters, findings, made, statistics=statistics),
            Section(heading="Limits", blocks=(Points(texts=(*reading.caveats, *LIMITS)),)),
            arrive_section(experiment, findings, made, comparison, by_condition(rows)),
            Section(heading="References", blocks=(Points(texts=tuple(sorted((*statistics.references, REFERENCE)))),)),
            Section(heading="Animals", blocks=(tables.animals_table(by_animal(rows)),)),
        ),
    )


def _design(experiment: Experiment) -> Iterator[tuple[str, str]]:
    """The stated design in one line, and the primary measure with its day."""
    told = told_design(experiment)
    if told is None:
        yield "Design", "none stated: every pair of conditions is compared between animals"
        return
    yield "Design", " ".join((f"{told.words}; stated on {told.stated}.", *told.notes))
    yield "Primary measure", f"{told.primary}; tested by itself at 5 %" if told.primary else "none named"


def filters_in_words(filters: ResultFilters) -> str:
    """What a report is narrowed to.

    >>> filters_in_words(ResultFilters())
    'all results of the experiment'
    """
    said = [
        f"{name} {listed(chosen)}"
        for name, chosen in (
            ("conditions", filters.conditions),
            ("animals", filters.animals),
            ("classes", filters.classes),
        )
        if chosen
    ]
    if filters.least_score:
        said.append(f"detection score at least {filters.least_score:g}")
    if filters.least_probability:
        said.append(f"class probability at least {filters.least_probability:g}")
    if filters.reviewed is not None:
        said.append("only spines that a person reviewed" if filters.reviewed else "only spines that nobody reviewed")
    if filters.detectors or filters.classifiers:
        said.append("chosen versions of the networks, which the methods name")
    return "; ".join(said) or "all results of the experiment"


def _what_was_found(findings: Findings, sentences: Sequence[str], checks: Sequence[Check]) -> Iterator[Block]:
    found = f"Spinula found {in_words(findings.spines, 'spine')} in {in_words(findings.images, 'image')}"
    found += f" of {in_words(findings.animals, 'animal')}"
    if findings.dendrite_um:
        found += f", {count(findings.on_dendrites)} of them on {DENDRITE_UM.value(findings.dendrite_um)} µm of dendrite"
    yield Paragraph(text=f"{found}.", is_lead=True)
    aside = findings.aside
    if aside.images:
        why = listed(f"{count(n)}: {words}" for n, words in aside.rows)
        stand = in_words(aside.images, "analysed image stands", "analysed images stand")
        yield Paragraph(text=f"{stand} aside and count in no figure of this report until a person admits them ({why}).")
    yield Points(texts=tuple(sentences))
    if unlike := [check.sentence for check in checks if check.sentence]:
        yield Paragraph(text="What else could make a difference between conditions:")
        yield Points(texts=tuple(unlike))


@while_unchanged
def _counts(experiment: Experiment, filters: ResultFilters) -> tuple[Block, ...]:
    return tuple(_counted(experiment, filters, tallies(experiment, all_classes(filters))))


def _counted(experiment: Experiment, filters: ResultFilters, rows: Sequence[ResultTally]) -> Iterator[Block]:
    yield tables.counts_table(by_condition(rows))
    if of_conditions := densities(rows):
        yield tables.density_table(of_conditions)
    yield tables.shares_table(
        class_shares(experiment, filters),
        [experiment.classes.styles[name] for name in shown_classes(experiment.classes, filters)],
    )
    of_animals = animal_measures(experiment, filters)
    if any(any(animal.counts.values()) for animal in of_animals):
        yield tables.measures_table(of_animals)


def _charts(experiment: Experiment, filters: ResultFilters) -> list[Chart]:
    design = stated_design(experiment)
    by_design = [("by-design", ChartChoice())] if is_drawn_by_design(design) else []
    return _figures(experiment, filters, (*by_design, *DRAWN), design)


@while_unchanged
def _figures(
    experiment: Experiment, filters: ResultFilters, drawn: Sequence[tuple[str, ChartChoice]], _design: Design | None
) -> list[Chart]:
    """Charts ask for the stated design themselves: `_design` says under which these were made."""
    return list(_made(experiment, filters, drawn))


def _made(experiment: Experiment, filters: ResultFilters, drawn: Sequence[tuple[str, ChartChoice]]) -> Iterator[Chart]:
    for name, choice in drawn:
        chart = CHARTS[name]
        figure = chart.figure(experiment, filters, choice)
        meta = figure.layout.meta or {}
        measured = f"{MEASURES[choice.measure].label}: {chart.title[0].lower()}{chart.title[1:]}"
        yield Chart(
            title=measured if chart.by_measure else chart.title,
            caption=re.sub("; click it to open it(s image)?", "", chart.caption),
            note=meta.get("note", ""),
            figure=None if meta.get("empty") else figure.to_plotly_json(),
            digest=hashlib.sha256(figure.to_json().encode()).hexdigest(),
        )


def _influence(comparison: Comparison) -> Iterator[Block]:
    """What leaving out single animals does to the measure that the experiment asks of."""
    if influence := shown_influence(comparison):
        yield Paragraph(text=f"Leaving one animal out at a time, {influence.measure}:")
        yield Points(texts=tuple(influence.sentences))


def _errors(sentences: Sequence[str]) -> Iterator[Block]:
    """What the detector's errors could do to densities."""
    if sentences:
        yield Paragraph(text="What the detector's errors could do to densities:")
        yield Points(texts=tuple(sentences))


def _effects(effects: DesignEffects | None) -> Iterator[Block]:
    """The effects that a stated design asks on its primary measure, on density where none is named."""
    if effects is None:
        return
    if effects.fault:
        yield Paragraph(text=effects.fault)
    rows, _ = shown_effects(effects)
    if rows:
        yield tables.effects_table(rows, effects.how)


def _tests(tests: Sequence[MeasureTest]) -> Iterator[Block]:
    if any(test.pairs for test in tests):
        yield tables.tests_table(tests)
    said: dict[str, list[str]] = {}
    for test in tests:
        for sentence in test.notes:
            said.setdefault(sentence, []).append(test.measure)
    if not tests:
        yield Paragraph(text="There is nothing to compare.")
    if reasons := reasons_of(tests):
        yield Points(texts=tuple(f"({letter}) {reason}" if letter else reason for letter, reason in reasons))
    yield Points(
        texts=tuple(
            sentence if len(measures) == len(tests) else f"{'; '.join(measures)}: {sentence}"
            for sentence, measures in said.items()
        )
    )
