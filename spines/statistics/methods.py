"""How the tests were made, in the words that a methods section needs."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

from spines.statistics.small_samples import MOST_EXACT
from spines.statistics.types import LEAST_ANIMALS, MeasureTest, ModelKind

REFERENCES = (
    (
        "Bates D, Mächler M, Bolker B, Walker S. Fitting linear mixed-effects models using lme4. J Stat Softw "
        "2015;67(1). doi:10.18637/jss.v067.i01"
    ),
    "Breslow NE. Extra-Poisson variation in log-linear models. Appl Stat 1984;33:38–44. doi:10.2307/2347661",
    (
        "Cumming G, Finch S. A primer on the understanding, use, and calculation of confidence intervals that are "
        "based on central and noncentral distributions. Educ Psychol Meas 2001;61:532–574. doi:10.1177/0013164401614002"
    ),
    (
        "Fieller EC. Some problems in interval estimation. J R Stat Soc B 1954;16:175–185. "
        "doi:10.1111/j.2517-6161.1954.tb00159.x"
    ),
    (
        "Hedges LV. Distribution theory for Glass's estimator of effect size and related estimators. J Educ Stat "
        "1981;6:107–128. doi:10.3102/10769986006002107"
    ),
    "Holm S. A simple sequentially rejective multiple test procedure. Scand J Stat 1979;6:65–70.",
    (
        "Lazic SE. The problem of pseudoreplication in neuroscientific studies: is it affecting your analysis? BMC "
        "Neurosci 2010;11:5. doi:10.1186/1471-2202-11-5"
    ),
    (
        "Lord SJ, Velle KB, Mullins RD, Fritz-Laylin LK. SuperPlots: communicating reproducibility and variability in "
        "cell biology. J Cell Biol 2020;219:e202001064. doi:10.1083/jcb.202001064"
    ),
    (
        "Luke SG. Evaluating significance in linear mixed-effects models in R. Behav Res Methods 2017;49:1494–1502. "
        "doi:10.3758/s13428-016-0809-y"
    ),
    (
        "Paternoster V et al. The importance of data structure in statistical analysis of dendritic spine morphology. "
        "J Neurosci Methods 2018;296:93–98. doi:10.1016/j.jneumeth.2017.12.022"
    ),
    (
        "Phipson B, Smyth GK. Permutation p-values should never be zero. Stat Appl Genet Mol Biol 2010;9:39. "
        "doi:10.2202/1544-6115.1585"
    ),
    "Pinheiro JC, Bates DM. Mixed-Effects Models in S and S-PLUS. Springer 2000.",
    (
        "Ruszczycki B et al. Sampling issues in quantitative analysis of dendritic spines morphology. BMC "
        "Bioinformatics 2012;13:213. doi:10.1186/1471-2105-13-213"
    ),
    (
        "Schluchter MD, Elashoff JT. Small-sample adjustments to tests with unbalanced repeated measures assuming "
        "several covariance structures. J Stat Comput Simul 1990;37:69–87. doi:10.1080/00949659008811295"
    ),
)


@dataclass(frozen=True, kw_only=True)
class MethodsText:
    """Sentences by what they are about; those that do not concern the tests in hand are empty."""

    unit: str
    model: str
    fitted: str
    inference: str
    density: str
    effect_size: str
    permutation: str
    correction: str
    small_groups: str
    software: str
    references: tuple[str, ...] = REFERENCES

    @property
    def paragraph(self) -> str:
        """All sentences in order, without the references."""
        parts = (self.unit, self.model, self.fitted, self.inference, self.density, self.effect_size)
        return " ".join(filter(None, (*parts, self.permutation, self.correction, self.small_groups, self.software)))


def methods_text(tests: Sequence[MeasureTest]) -> MethodsText:
    """The wording for these tests: which models were fitted to which measures, exact permutations or random ones."""
    kinds: dict[ModelKind, list[str]] = {}
    for test in tests:
        if test.model:
            kinds.setdefault(test.model.kind, []).append(test.measure)
    counts = kinds.pop(ModelKind.NEGATIVE_BINOMIAL, [])
    pairs = [pair for test in tests for pair in test.pairs]
    tested = [pair for pair in pairs if pair.p_value is not None]
    by_chance = any(pair.permutation_is_exact is False for pair in tested)
    return MethodsText(
        unit="The animal was the statistical unit (Lazic 2010; Paternoster et al. 2018). Groups are given as mean ± "
        "standard deviation of animals' means, each animal's mean being taken over all its spines or all its dendrite "
        "length.",
        model="Dendrite or image means were compared by a linear mixed model with condition as fixed effect, animal as "
        "random intercept and cell within animal as variance component, weighted by the number of spines or the length "
        "that a mean is over, fitted by restricted maximum likelihood. Where cells or animals could not be told apart "
        "from the rest or had no variance, the model without them was fitted; without animals, that is a linear model "
        "of animals' means."
        if kinds
        else "",
        fitted=" ".join(
            f"{kind.value[0].upper()}{kind.value[1:]}: {', '.join(names)}." for kind, names in kinds.items()
        ),
        inference="Differences were tested with Student's t on as many degrees of freedom as animals less conditions "
        "(Schluchter & Elashoff 1990; Pinheiro & Bates 2000), since normal quantiles give too many false positives "
        "with few animals (Luke 2017); 95 % intervals of ratios are Fieller's (1954)."
        if kinds and tested
        else "",
        density=f"Counts ({', '.join(counts)}) were compared by negative binomial regression of animals' totals with "
        "the logarithm of dendrite length as offset, the dispersion chosen such that Pearson's χ² equals its degrees "
        "of freedom (Breslow 1984), with Student's t on animals less conditions degrees of freedom."
        if counts
        else "",
        effect_size="Effect sizes are Hedges' g of animals' means (Hedges 1981), with 95 % intervals from the "
        "noncentral t distribution (Cumming & Finch 2001)."
        if tested
        else "",
        permutation=(
            "Permutation tests dealt animals' means out to the two groups in "
            + (
                f"every possible way, or where these are more than {MOST_EXACT:,}, in so many random ways from a fixed "
                "seed (Phipson & Smyth 2010)."
                if by_chance
                else "every possible way."
            )
            if tested
            else ""
        ),
        correction=f"p-values were corrected for all {len(tested)} comparisons of the table (Holm 1979), those of "
        "models and of permutation tests each by themselves."
        if len(tested) > 1
        else "",
        small_groups=f"Where a group had fewer than {LEAST_ANIMALS} animals, no p-value was computed."
        if len(tested) < len(pairs)
        else "",
        software=f"Python {platform.python_version()}, statsmodels {version('statsmodels')}, scipy {version('scipy')}, "
        f"numpy {version('numpy')}.",
    )
