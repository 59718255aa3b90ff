"""The README of a data package: what is in it, what the numbers mean and where they end."""

from __future__ import annotations

from textwrap import wrap
from typing import Any

from spines.export.dictionary import TABLES
from spines.measure.rules import RULE_PRESETS
from spines.selectors.results.standing import Aside
from spines.vocabulary import formula_guard

_TEXT = """\
{title}
{line}
{description}
Made on {created} by Spinula {version}.
{narrowed}{aside}
FILES
{files}
refit.R: repeats tests.csv and effects.csv in R, and says which figure differs.

datapackage.json describes every column with type, unit and meaning, and the keys between the
tables, as a Frictionless Data Package (https://specs.frictionlessdata.io). To check the zip:
  frictionless validate PACKAGE.zip

Text is UTF-8, numbers have a decimal point, times are UTC. An empty cell is a value that is not
known, never a zero.

{guard}
In R: x <- {in_r}
In pandas: x = {in_python}

NETWORKS
{networks}
{mixed}
DEFINITIONS
Dendrite length: arc length of the traced centreline.
Density: spines on a dendrite over its length. Of an image or an animal: the spines on all its
  dendrites over the sum of their lengths, not the mean of densities.
Spine length: along the spine's midline from the dendrite's surface to the tip.
Head width: the largest width at right angles to the midline in the outer part.
Neck width: the smallest width between head and dendrite; none without a constriction.
Neck length: from the dendrite's surface to where the head begins.
Nearest neighbour: the shortest way along the dendrite to another spine, whatever its class.
Class (spine_class): what a person said; else “uncertain” where the network's probability of its
  class is below the classifier's limit; else the network's class. Uncertain spines are counted
  apart from the four classes.

LIMITS
Everything is measured in one plane: the plane or projection that was analysed (images.csv). A
  projection shortens what points along the optical axis.
What is narrower than the microscope resolves, about 0.35 to 0.4 µm in two-photon images, looks as
  wide as that. Neck widths above all are then upper limits.
A spine has measures only where its outline can be trusted (column quality); means are over those.
Without a pixel size nothing is given in µm.
Shape is widely argued to be a continuum, and experts agree on the class of about 60 % of spines:
  compare measures as well as classes.
Spines nest in dendrites, cells and animals, and the animal is the unit of a statistic. Test with
  animals.csv or values.csv, or with a mixed model that has animal and cell as random effects. Tests that take
  each spine as a sample find differences that are not there (Lazic 2010, BMC Neuroscience 11:5).

RULE-DERIVED CLASSES, A SECOND OPINION AND NO GROUND TRUTH
{rules}

LICENCE
Which licence these data are under is for the lab to say; datapackage.json names none.
"""


def readme(descriptor: dict[str, Any]) -> str:
    """Plain text for a package that is described so."""
    only = "; ".join(f"{name}: {', '.join(of)}" for name, of in descriptor["narrowed_to"].items() if of)
    return _TEXT.format(
        title=descriptor["title"],
        line="=" * len(descriptor["title"]),
        description=descriptor["description"],
        created=descriptor["created"],
        version=descriptor["software"]["version"],
        narrowed=f"Narrowed to {only}.\n" if only else "",
        aside=_aside(Aside(by_reason=descriptor["images_standing_aside"])),
        files="\n".join(f"{table.name}.csv: {table.description}" for table in TABLES),
        networks="\n".join(_network(each) for each in descriptor["networks"]) or "None: nothing was analysed.",
        mixed="".join(f"MIXED: {sentence}\n" for sentence in descriptor["mixed_versions"]),
        guard="\n".join(wrap(formula_guard.RULE, 95)),
        in_r=formula_guard.UNGUARD_IN_R,
        in_python=formula_guard.UNGUARD_IN_PYTHON,
        rules="\n".join(
            f"rule_class_{preset}: {rules.name}.\n  {' '.join(rules.rules)}\n  {rules.citation}"
            for preset, rules in RULE_PRESETS.items()
        ),
    )


def _aside(aside: Aside) -> str:
    if not aside.images:
        return ""
    why = "\n".join(f"  {n}: {words}" for n, words in aside.rows)
    return (
        f"\nSTANDING ASIDE\nImages that were analysed and count nowhere until a person admits them: {aside.images}.\n"
        f"They are in images.csv alone, where counted is false.\n{why}\n"
    )


def _network(made: dict[str, Any]) -> str:
    return (
        f"{made['kind']}: {made['name']} {made['version']}, run by Spinula {made['software_version']}\n"
        f"  SHA-256 of its ONNX file: {made['sha256']}"
    )
