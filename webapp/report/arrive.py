"""The essential ten of the ARRIVE guidelines 2.0, as far as the database can answer them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from spines.models import Experiment
from spines.selectors.designs.facts import subjects_with_images
from spines.selectors.designs.primary_measures import told_design
from spines.selectors.images.rating import blinding_in_words
from spines.selectors.results.comparison import Comparison
from spines.selectors.results.counts import GroupCounts
from spines.selectors.results.key_figures import Findings
from spines.selectors.results.provenance import Provenance
from spines.vocabulary.numbers import count, in_words, listed
from webapp.report.content import Facts, Paragraph, Section

REFERENCE = (
    "Percie du Sert N, Hurst V, Ahluwalia A et al. The ARRIVE guidelines 2.0: updated guidelines for reporting animal "
    "research. PLoS Biol 2020;18:e3000410. doi:10.1371/journal.pbio.3000410"
)
_LAB = "For the lab to add:"
_METHODS = (
    "Under Methods, with the software; the unit of analysis, residuals, leverage and what leaving out single animals "
    "does under Tests."
)
_PROCEDURES = (
    f"Images and their analysis under Methods. {_LAB} what was done to the animals, when and where, and how tissue was "
    "labelled and imaged."
)
_RESULTS = (
    "Counts, means with standard deviations, and effect sizes with 95 % intervals under Counts and Tests; every animal "
    "under Animals."
)


def arrive_section(
    experiment: Experiment, findings: Findings, made: Provenance, comparison: Comparison, groups: Sequence[GroupCounts]
) -> Section:
    """Ten items, each with what is known here and what the lab must add. `groups` are conditions."""
    told = told_design(experiment)
    return Section(
        heading="ARRIVE 2.0",
        blocks=(
            Paragraph(
                text="The essential ten of the guidelines (Percie du Sert et al. 2020): what Spinula knows, and what "
                "only the lab can say."
            ),
            Facts(
                rows=(
                    ("1 Study design", _design(told.words if told else "", comparison)),
                    ("2 Sample size", _sample_size(groups)),
                    ("3 Inclusion and exclusion", _exclusions(findings, made)),
                    ("4 Randomisation", f"{_LAB} whether and how animals were allocated, and in which order imaged."),
                    ("5 Blinding", _blinding(experiment)),
                    ("6 Outcome measures", _outcomes(told.primary if told else "", comparison)),
                    ("7 Statistical methods", _METHODS),
                    ("8 Experimental animals", _animals(experiment)),
                    ("9 Experimental procedures", _PROCEDURES),
                    ("10 Results", _RESULTS),
                )
            ),
        ),
    )


def _design(words: str, comparison: Comparison) -> str:
    compared = f"Compared: {listed(comparison.conditions)}. " if comparison.conditions else ""
    stated = (
        f"{words[0].upper()}{words[1:]}." if words else "No design was stated: all pairs of conditions are compared."
    )
    return f"{compared}{stated} The experimental unit is the animal."


def _sample_size(groups: Sequence[GroupCounts]) -> str:
    said = [f"{in_words(group.animals, 'animal')} of {group.key[1]}" for group in groups if group.key[1]]
    return f"{listed(said) or 'No animal'}. {_LAB} how the number was decided beforehand."


def _exclusions(findings: Findings, made: Provenance) -> str:
    said = [f"{in_words(n, 'image')} stood aside ({why})" for n, why in findings.aside.rows]
    if made.images_failed:
        said.append(f"{in_words(made.images_failed, 'image')} could not be analysed")
    if made.spines_rejected:
        said.append(f"{in_words(made.spines_rejected, 'detection')} rejected by people")
    left = f"{'; '.join(said)}." if said else "No image was left out and no detection rejected."
    return f"{left} {_LAB} criteria set beforehand, and animals that never came to be imaged."


def _blinding(experiment: Experiment) -> str:
    blind = blinding_in_words(experiment)
    return blind or (
        "Networks found and classified spines without knowing the condition; people who corrected them were not "
        f"blinded by Spinula. {_LAB} who knew the allocation at other stages."
    )


def _outcomes(primary: str, comparison: Comparison) -> str:
    named = f"Primary: {primary}." if primary else "No primary measure was named."
    others = [test.measure for test in comparison.tests.values() if not test.is_primary]
    return f"{named} Others: {listed(others)}." if others else named


def _animals(experiment: Experiment) -> str:
    animals = {subject.name: subject for subject in subjects_with_images(experiment)}.values()
    sexes = Counter(subject.get_sex_display().lower() or "of a sex not given" for subject in animals)
    ages = [subject.age_days for subject in animals if subject.age_days is not None]
    said = listed(f"{count(n)} {sex}" for sex, n in sorted(sexes.items()))
    aged = "ages not given"
    if ages:
        span = f"{min(ages)}" if min(ages) == max(ages) else f"{min(ages)} to {max(ages)}"
        aged = f"{span} days old" + (f" ({len(ages)} of {len(animals)} known)" if len(ages) < len(animals) else "")
    litters = {subject.litter for subject in animals if subject.litter}
    born = f"; of {in_words(len(litters), 'litter')}" if litters else ""
    known = f"{in_words(len(animals), 'animal')}: {said}; {aged}{born}." if animals else "No animal is named."
    return f"{known} {_LAB} species, strain, weight, source and health."
