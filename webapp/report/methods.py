"""The methods section of a report: text that a paper can quote, made from what really happened."""

from __future__ import annotations

from importlib import metadata

from spines.measure.rules import RULE_PRESETS
from spines.models import Experiment, Reach
from spines.models.results import QUALITY_WORDS
from spines.release import release
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.key_figures import Findings
from spines.selectors.results.provenance import NetworkUse, Provenance
from spines.selectors.review.from_examples import applied_in
from spines.statistics.methods import MethodsText
from spines.vocabulary.numbers import count, in_words, listed, number
from spines.vocabulary.picture_scale import ScaleSource
from webapp.report.content import Facts, Paragraph, Section

PACKAGES = ("numpy", "scipy", "scikit-image", "statsmodels", "openvino", "onnxruntime-gpu")
PROJECTIONS = {
    "max": "maximum intensity projection",
    "mean": "mean intensity projection",
    "plane": "a single plane",
}

SCALES: dict[str, str] = {
    ScaleSource.STATED: "their pixel size, as the picture did not tell or a person confirmed it",
    ScaleSource.SEEN: "the size of what was found in them",
    ScaleSource.BOTH: "their pixel size and the size of what was found in them, which agree",
    ScaleSource.ASSUMED: "an assumption, as neither a pixel size nor the picture told it",
}

DEFINITIONS = (
    (
        "Dendrite length",
        "Arc length of the traced centreline in the picture's plane, in µm; spines are no part of it.",
    ),
    (
        "Density",
        (
            "Spines on a dendrite over its length, per µm. An animal's density is the spines on its dendrites over the "
            "length of its dendrites. Spines on no dendrite of an image that has some are listed apart and enter "
            "no figure."
        ),
    ),
    ("Spine length", "Along the spine's midline from the dendrite's surface to the tip."),
    ("Head width", "The largest width across the midline in its outer part."),
    (
        "Neck width, neck length",
        (
            "The smallest width between head and dendrite; from the dendrite's surface to where the head begins. Only "
            "where there is a constriction."
        ),
    ),
    ("Area", "Of the spine's outline."),
    (
        "Intensity ratio",
        (
            "The spine's summed intensity above background over the mean intensity above background of the shaft "
            "beside it, in µm²: a proxy for volume."
        ),
    ),
    (
        "Class share",
        (
            "Spines of a class over an animal's spines of certain class; uncertain ones over all its spines. A spine "
            "is uncertain when its likeliest class is less probable than the classifier's threshold and no person has "
            "named its class."
        ),
    ),
)


def methods_section(
    experiment: Experiment, filters: ResultFilters, findings: Findings, made: Provenance, *, statistics: MethodsText
) -> Section:
    """Images, networks, corrections, definitions, statistics, software. `statistics` says how conditions compare."""
    return Section(
        heading="Methods",
        blocks=(
            Paragraph(text=_images(findings, made)),
            Paragraph(text=_finding(made)),
            Paragraph(text=_corrections(findings, made)),
            *([Paragraph(text=examples)] if (examples := _examples(experiment, made)) else []),
            Paragraph(text=_measuring(experiment, made)),
            Facts(rows=DEFINITIONS),
            Paragraph(text=statistics.paragraph),
            Paragraph(text=_exclusions(filters, findings, made)),
            Paragraph(text=_software(made)),
            *([Paragraph(text=" ".join(made.mixed))] if made.mixed else []),
        ),
    )


def _images(findings: Findings, made: Provenance) -> str:
    text = f"{in_words(findings.images, 'image')} of {in_words(findings.animals, 'animal')} were analysed"
    looks = [
        PROJECTIONS.get(name, name) + (f" ({count(n)})" if len(made.projections) > 1 else "")
        for name, n in made.projections.items()
    ]
    text += f", each as {listed(looks)}." if looks else "."
    if len(made.channels) > 1:
        text += f" Channels: {listed(f'{channel + 1} ({count(n)})' for channel, n in made.channels.items())}."
    if made.dark_on_light:
        text += (
            f" {in_words(made.dark_on_light, 'image').capitalize()} with neurons dark on light "
            f"{'was' if made.dark_on_light == 1 else 'were'} turned light on dark, colour brightfield as the "
            "absorbance along its stain, before anything was found or measured."
        )
    return f"{text} {_pixel_sizes(made)}{_scales(made)}"


def _pixel_sizes(made: Provenance) -> str:
    if made.least_pixel_um is None or made.most_pixel_um is None:
        return "None of them had a pixel size, so nothing is given in µm."
    low, high = number(made.least_pixel_um, 4), number(made.most_pixel_um, 4)
    size = f"{low} µm" if low == high else f"{low} to {high} µm"
    sources = []
    if made.pixel_sizes_of_files:
        sources.append(f"from the files of {in_words(made.pixel_sizes_of_files, 'image')}")
    if made.pixel_sizes_entered:
        sources.append(f"entered by hand for {in_words(made.pixel_sizes_entered, 'image')}")
    return f"Pixel size: {size}, {listed(sources)}."


def _scales(made: Provenance) -> str:
    """How the images came to the scale at which the networks saw them."""
    if not made.scale_sources:
        return ""
    said = listed(f"{SCALES[source]} ({in_words(n, 'image')})" for source, n in made.scale_sources.items())
    text = f" The scale at which the networks saw them followed {said}."
    if made.doubtful_pixel_sizes:
        text += f" The pixel size of {in_words(made.doubtful_pixel_sizes, 'image')} is doubtful and was not confirmed."
    return text


def _finding(made: Provenance) -> str:
    text = f"Spines were found with {listed(map(_detector, made.detectors))}"
    return f"{text} and classified with {listed(map(_classifier, made.classifiers))}.{_thresholds(made)}"


def _thresholds(made: Provenance) -> str:
    """From which score on a box counts, where the experiment has a threshold of its own."""
    own = {used.stated("score_threshold") for used in made.detectors}
    if not made.thresholds or set(made.thresholds) <= own:
        return ""
    scores = [
        f"{threshold:.2f}" + (f" ({in_words(n, 'image')})" if len(made.thresholds) > 1 else "")
        for threshold, n in made.thresholds.items()
    ]
    return f" In this experiment a box counts as a spine from a score of {listed(scores)} on."


def _detector(used: NetworkUse) -> str:
    said = []
    if (threshold := used.stated("score_threshold")) is not None:
        said.append(f"own threshold: score ≥ {threshold:g}")
    if (overlap := used.stated("nms_iou")) is not None:
        said.append(f"non-maximum suppression at an overlap of {overlap:g}")
    if (scale := used.stated("target_pixel_size_um")) is not None:
        said.append(f"images resampled to {scale:g} µm a pixel by their scale")
    return _network("the YOLO-NAS detector", used, said)


def _classifier(used: NetworkUse) -> str:
    said = []
    if (threshold := used.stated("uncertain_below")) is not None:
        said.append(f"uncertain below a probability of {threshold:g}")
    if (temperature := used.stated("temperature")) is not None:
        said.append(f"probabilities calibrated with temperature {temperature:.3g}")
    return _network("the InceptionV3 classifier", used, said)


def _network(what: str, used: NetworkUse, said: list[str]) -> str:
    said += [f"chosen for {Reach(reach).label}" for reach in used.chosen_for if reach != Reach.EVERYONE]
    details = "; ".join([*said, f"sha256 {used.version.sha256}", in_words(used.images, "image")])
    return f"{what} {used.version} ({details})"


def _corrections(findings: Findings, made: Provenance) -> str:
    seen = f"{count(findings.reviewed)} of {in_words(findings.spines, 'spine')} had their class confirmed or corrected "
    seen += f"by a person; {in_words(made.spines_added, 'spine')} were added by hand and "
    seen += f"{in_words(made.spines_rejected, 'detection')} rejected, which count nowhere"
    whole = f"; in {in_words(made.images_called_right, 'image')} all boxes were called right" * bool(
        made.images_called_right
    )
    return seen + whole + "."


def _examples(experiment: Experiment, made: Provenance) -> str:
    """Empty where no classifier from examples is applied."""
    version = applied_in(experiment)
    if version is None or not made.spines_of_examples:
        return ""
    figures = version.figures
    low, high = figures["accuracy_95"]
    return (
        f"{in_words(made.spines_of_examples, 'spine')} that no person named have the class that a classifier from "
        f"examples proposed (version {version.number}: multinomial logistic regression with a ridge penalty on "
        f"{version.features}; {in_words(version.examples, 'example')} named by people; tested on each "
        f"{version.grouped_by} in turn, {100 * figures['accuracy']:.0f} % of the examples were right, 95 % interval "
        f"{100 * low:.0f} to {100 * high:.0f} %, macro-F1 {figures['macro_f1']:.2f}, of "
        f"{in_words(figures['groups'], version.grouped_by)}; applied {version.applied_at:%Y-%m-%d} by "
        f"{version.applied_by or 'an account that is gone'}; seed {version.seed})."
    )


def _measuring(experiment: Experiment, made: Provenance) -> str:
    text = (
        "Dendrites were traced automatically (ridge filter, skeleton, side branches that are spines pruned): "
        f"{count(made.dendrites_traced)} traced, {count(made.dendrites_edited)} of them changed by hand, and "
        f"{count(made.dendrites_drawn)} drawn by hand. A spine belongs to the dendrite it sits on. Where the outline "
        "of a spine could not be trusted it was given no measures "
        f"({', '.join(words for quality, words in QUALITY_WORDS.items() if quality != 'trusted')})."
    )
    preset = RULE_PRESETS.get(experiment.lab.rule_preset)
    if preset is not None:
        text += f" Rule-derived classes, a second opinion and never ground truth, follow {preset.name}."
    return text


def _exclusions(filters: ResultFilters, findings: Findings, made: Provenance) -> str:
    left_out = [
        (findings.images_without_pixel_size, "had no pixel size and give no density or measure in µm"),
        (findings.images_to_measure_again, "got their pixel size after the analysis and give no density yet"),
        (findings.images_without_dendrite, "have no dendrite and give no density, though their spines count"),
        (made.images_failed, "of the experiment could not be analysed"),
        (findings.images_without_result - made.images_failed, "of the experiment have no result yet"),
        *((n, f"stood aside and enter no figure ({why})") for n, why in findings.aside.rows),
        (findings.images_without_animal, "belong to no animal and enter no test"),
    ]
    said = [f"{in_words(n, 'image')} {why}" for n, why in left_out if n > 0]
    text = f"Left out: {'; '.join(said)}." if said else "No image of the experiment was left out."
    if findings.apart:
        text += f" {in_words(findings.apart, 'spine')} sat on no dendrite and entered no figure."
    if findings.images_other_lab:
        text += (
            f" {in_words(findings.images_other_lab, 'image')} looked like those of another laboratory than the "
            "networks were trained on and are included."
        )
    return text


def _software(made: Provenance) -> str:
    versions = [f"{name} {found}" for name in PACKAGES if (found := _version_of(name))]
    ran = listed(made.software_versions) or release()
    inference = f" (inference by {listed(made.backends)})" if made.backends else ""
    formulas = [
        f"{name} version {listed(map(str, versions_of))}"
        for name, versions_of in (("tracing", made.tracing_versions), ("formulas", made.measures_versions))
        if versions_of
    ]
    made_with = f", {listed(formulas)}" if formulas else ""
    return (
        f"Analysed with Spinula {ran}{inference}{made_with}; "
        f"this report by Spinula {release()} with {listed(versions)}. "
        f"Cite: The Spinula developers. Spinula: dendritic spines found, classified and measured in a browser, "
        f"version {ran}; and the sources that the networks' cards name."
    )


def _version_of(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
