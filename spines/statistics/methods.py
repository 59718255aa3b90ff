"""How the tests were made, in the words that a methods section needs."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

from spines.statistics.small_samples import MOST_EXACT
from spines.statistics.types import LEAST_ANIMALS, MeasureTest, ModelKind, PairTest
from spines.vocabulary.numbers import count, listed

REFERENCES = (
    (
        "Cumming G, Finch S. A primer on the understanding, use, and calculation of confidence intervals that are "
        "based on central and noncentral distributions. Educ Psychol Meas 2001;61:532–574. doi:10.1177/0013164401614002"
    ),
    (
        "Fieller EC. Some problems in interval estimation. J R Stat Soc B 1954;16:175–185. "
        "doi:10.1111/j.2517-6161.1954.tb00159.x"
    ),
    (
        "Haldane JBS. The estimation and significance of the logarithm of a ratio of frequencies. Ann Hum Genet "
        "1956;20:309–311. doi:10.1111/j.1469-1809.1955.tb01285.x"
    ),
    (
        "Hedges LV. Distribution theory for Glass's estimator of effect size and related estimators. J Educ Stat "
        "1981;6:107–128. doi:10.3102/10769986006002107"
    ),
    "Holm S. A simple sequentially rejective multiple test procedure. Scand J Stat 1979;6:65–70.",
    (
        "Janssen A. Studentized permutation tests for non-i.i.d. hypotheses and the generalized Behrens–Fisher "
        "problem. Stat Probab Lett 1997;36:9–21. doi:10.1016/S0167-7152(97)00043-6"
    ),
    (
        "Kenward MG, Roger JH. Small sample inference for fixed effects from restricted maximum likelihood. Biometrics "
        "1997;53:983–997. doi:10.2307/2533558"
    ),
    (
        "Lazic SE. The problem of pseudoreplication in neuroscientific studies: is it affecting your analysis? BMC "
        "Neurosci 2010;11:5. doi:10.1186/1471-2202-11-5"
    ),
    (
        "Lord SJ, Velle KB, Mullins RD, Fritz-Laylin LK. SuperPlots: communicating reproducibility and variability in "
        "cell biology. J Cell Biol 2020;219:e202001064. doi:10.1083/jcb.202001064"
    ),
    (
        "Paternoster V et al. The importance of data structure in statistical analysis of dendritic spine morphology. "
        "J Neurosci Methods 2018;296:93–98. doi:10.1016/j.jneumeth.2017.12.022"
    ),
    (
        "Phipson B, Smyth GK. Permutation p-values should never be zero. Stat Appl Genet Mol Biol 2010;9:39. "
        "doi:10.2202/1544-6115.1585"
    ),
    (
        "Ruszczycki B et al. Sampling issues in quantitative analysis of dendritic spines morphology. BMC "
        "Bioinformatics 2012;13:213. doi:10.1186/1471-2105-13-213"
    ),
    (
        "Satterthwaite FE. An approximate distribution of estimates of variance components. Biometrics 1946;2:110–114. "
        "doi:10.2307/3002019"
    ),
    (
        "Shaffer JP. Modified sequentially rejective multiple test procedures. J Am Stat Assoc 1986;81:826–831. "
        "doi:10.1080/01621459.1986.10478341"
    ),
    (
        "Welch BL. The generalization of ‘Student’s’ problem when several different population variances are involved. "
        "Biometrika 1947;34:28–35. doi:10.1093/biomet/34.1-2.28"
    ),
)


@dataclass(frozen=True, kw_only=True)
class MethodsText:
    """Sentences by what they are about; those that do not concern the tests in hand are empty."""

    unit: str
    model: str
    compared: str
    paired: str
    litters: str
    density: str
    logarithms: str
    effect_size: str
    permutation: str
    primary: str
    effects: str
    correction: str
    small_groups: str
    software: str
    references: tuple[str, ...] = REFERENCES

    @property
    def paragraph(self) -> str:
        """All sentences in order, without the references."""
        parts = (
            self.unit,
            self.model,
            self.compared,
            self.paired,
            self.litters,
            self.density,
            self.logarithms,
            self.effect_size,
        )
        rest = (self.permutation, self.primary, self.effects, self.correction, self.small_groups, self.software)
        return " ".join(filter(None, (*parts, *rest)))


def methods_text(tests: Sequence[MeasureTest], *, effects: str = "") -> MethodsText:
    """The wording for these tests: what was compared how, exact permutations or random ones, what was corrected.

    `effects` says how those of a stated design were told, where there are some.
    """
    kinds: dict[ModelKind, list[str]] = {}
    for test in tests:
        for kind in dict.fromkeys(pair.kind for pair in test.pairs if pair.kind):
            kinds.setdefault(kind, []).append(test.measure)
    pairs = [pair for test in tests for pair in test.pairs]
    tested = [pair for pair in pairs if pair.p_value is not None]
    permuted = [pair for pair in pairs if pair.permutation_p is not None]
    between = kinds.keys() & {ModelKind.ANIMALS, ModelKind.RATES, ModelKind.LOGS}
    within = kinds.keys() & {ModelKind.DIFFERENCES, ModelKind.RATE_DIFFERENCES, ModelKind.LOG_DIFFERENCES}
    rates = kinds.keys() & {ModelKind.RATES, ModelKind.RATE_DIFFERENCES}
    logarithms = kinds.get(ModelKind.LOGS, []) + kinds.get(ModelKind.LOG_DIFFERENCES, [])
    return MethodsText(
        unit="The animal was the statistical unit (Lazic 2010; Paternoster et al. 2018). Groups are given as mean ± "
        "standard deviation of animals' means, each animal's mean being taken over all its spines or all its dendrite "
        "length.",
        model="Two conditions of different animals were compared by Welch's t (1947) with Satterthwaite's degrees of "
        "freedom (1946) over animals' means, so each condition has a variance of its own, and other conditions do not "
        "enter (in R: t.test(value ~ condition), a value an animal)."
        if between
        else "",
        compared=" ".join(
            f"{kind.value[0].upper()}{kind.value[1:]}: {', '.join(names)}." for kind, names in kinds.items()
        ),
        paired="Conditions of the same animals were compared by Student's t of the differences within animals (in R: "
        "t.test(second, first, paired = TRUE))."
        if within
        else "",
        litters="Animals of a litter are alike: the same differences were estimated by restricted maximum likelihood "
        "with a variance of litters beside those of the conditions, with Kenward and Roger's standard errors and "
        "degrees of freedom (1997), and animals were not exchanged."
        if any(pair.takes_litters for pair in tested)
        else "",
        density=(
            "95 % intervals of ratios are Fieller's (1954) with the quantile of the test"
            + (
                "; densities were compared by the logarithm of the ratio of their means (delta method)."
                if rates
                else "."
            )
        )
        if tested
        else "",
        logarithms=f"Of {', '.join(dict.fromkeys(logarithms))} logarithms were compared, with half a spine added to "
        "either count (Haldane 1956); the means given are geometric."
        if logarithms
        else "",
        effect_size="Effect sizes are Hedges' g of animals' means (Hedges 1981), with 95 % intervals from the "
        "noncentral t distribution (Cumming & Finch 2001)"
        + ("; within animals, of their differences." if within else ".")
        if tested
        else "",
        permutation=_permutation(permuted, is_between=bool(between), is_within=bool(within)) if permuted else "",
        primary=_primary(tests),
        effects=effects,
        correction=_correction(tests),
        small_groups=f"Where a group had fewer than {LEAST_ANIMALS} animals, no p-value was computed."
        if any(min(pair.animals, default=0) < LEAST_ANIMALS for pair in pairs)
        else "",
        software=f"Python {platform.python_version()}, scipy {version('scipy')}, numpy {version('numpy')}.",
    )


def _permutation(pairs: Sequence[PairTest], *, is_between: bool, is_within: bool) -> str:
    dealt = [
        *(["dealt animals out to the two groups, by Welch's t (Janssen 1997),"] if is_between else []),
        *(["swapped the two conditions of animals"] if is_within else []),
    ]
    if any(pair.permutation_is_exact is False for pair in pairs):
        ways = f"every possible way, or where these are more than {MOST_EXACT:,}, in so many random ways from a fixed "
        ways += "seed (Phipson & Smyth 2010)."
    else:
        ways = "every possible way."
    return f"Permutation tests {listed(dealt) or 'dealt animals out to the two groups'} in {ways}"


def _primary(tests: Sequence[MeasureTest]) -> str:
    named = [test.measure for test in tests if test.is_primary]
    return f"The primary measure, named beforehand, was {listed(named)}, tested by itself." if named else ""


def _correction(tests: Sequence[MeasureTest]) -> str:
    families: dict[str, int] = {}
    for test in tests:
        tested = sum(pair.p_value is not None for pair in test.pairs)
        families[test.family] = families.get(test.family, 0) + tested
    variants = [test.measure for test in tests if not test.family and any(p.p_value is not None for p in test.pairs)]
    said = [f"{family} ({count(n)})" for family, n in families.items() if family and n > 1]
    text = ""
    if said:
        text = f"p-values were corrected for the comparisons of their family (Holm 1979): {listed(said)}; those of "
        text += "models and of permutation tests each by themselves."
    if any(pair.composition_p is not None for test in tests for pair in test.pairs):
        text += (
            " Shares were first tested together, by permutation of animals with the sum of squares of Welch's t, and "
        )
        text += "each corrected for what their adding up to one leaves open (Shaffer 1986)."
    if variants:
        text += f" {listed(variants)[0].upper()}{listed(variants)[1:]} asked what another measure asks, and was not a "
        text += "hypothesis of its own."
    return text.strip()
