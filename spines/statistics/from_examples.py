"""A light classifier that learns a lab's own classes from tens of examples that people named.

Multinomial logistic regression with a ridge penalty on standardised features, the penalised likelihood maximised by
L-BFGS: one optimum, whatever the start. Its figures come from cross-validation in which no animal (or image) stands on
both sides. The idea of naming the rest from features and a few labels is the semi-supervised
learning of Shi 2014; label spreading and self-training were tried once on the same
features and were no better, so the rest of the spines is used for the scale of the features alone.
`manage.py measure_examples` says how many examples give how much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax, softmax

from spines.errors import Conflict
from spines.statistics.stratified import wilson

Floats = NDArray[np.float64]

PENALTY = 1.7
"""Half of it times the squared weights is added to the summed log loss: C of 0.3, elsewhere."""
LEAST_EXAMPLES = 20
LEAST_A_CLASS = 3
LEAST_GROUPS = 2
MOST_FOLDS = 10
PROPOSED_FROM = 0.5
"""Below this probability no class is proposed: the spine counts with the uncertain ones."""
SEED = 15
DRAWS = 1000


@dataclass(frozen=True, kw_only=True)
class Model:
    """What was learnt. `weights` (d + 1, k): of standardised features, the constant last."""

    classes: tuple[str, ...]
    middle: Floats
    spread: Floats
    weights: Floats
    temperature: float = 1.0

    def logits(self, features: Floats) -> Floats:
        """(n, k)."""
        scaled = (features - self.middle) / self.spread
        return np.asarray(scaled @ self.weights[:-1] + self.weights[-1], float)

    def probabilities(self, features: Floats) -> Floats:
        """(n, k), calibrated."""
        return np.asarray(softmax(self.logits(features) / self.temperature, axis=1), float)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """How good it was on spines of groups that it had not learnt from.

    `confusion` has a row for each class that people named, a column for each that was proposed. `called` is the share
    of examples whose class was sure enough to be proposed, `called_right` how many of those were right.
    """

    groups: int
    accuracy: float
    accuracy_95: tuple[float, float]
    macro_f1: float
    macro_f1_95: tuple[float, float]
    confusion: tuple[tuple[int, ...], ...]
    called: float
    called_right: float | None


def refuse_too_few(named: Sequence[str], groups: Sequence[str], *, group_word: str) -> tuple[str, ...]:
    """The classes that can be learnt, those with enough examples. Raises `Conflict` with what is missing."""
    counts = {name: list(named).count(name) for name in dict.fromkeys(named)}
    classes = tuple(name for name, n in counts.items() if n >= LEAST_A_CLASS)
    usable = [(name, group) for name, group in zip(named, groups, strict=True) if name in classes]
    if len(usable) < LEAST_EXAMPLES or len(classes) < 2:
        raise Conflict(
            f"There are {len(usable)} examples of {len(classes)} classes with at least {LEAST_A_CLASS} each. Name at "
            f"least {LEAST_EXAMPLES} spines of two classes or more, then learn from them."
        )
    if len({group for _, group in usable}) < LEAST_GROUPS:
        raise Conflict(
            f"All examples are of one {group_word}, so nothing would tell how good the classes are in another. Name "
            f"spines of at least {LEAST_GROUPS} {group_word}s."
        )
    return classes


def learnt(features: Floats, named: Sequence[str], classes: Sequence[str], *, everything: Floats) -> Model:
    """Learn from examples (n, d). `everything` (m, d) are all spines, whose spread scales the features."""
    middle, spread = everything.mean(axis=0), everything.std(axis=0)
    spread = np.where(spread > 1e-9, spread, 1.0)
    scaled = (features - middle) / spread
    wanted = np.array([[name == one for one in classes] for name in named], float)
    k, d = len(classes), features.shape[1]

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(d + 1, k)
        logits = scaled @ weights[:-1] + weights[-1]
        pull = softmax(logits, axis=1) - wanted
        slope = np.vstack([scaled.T @ pull + PENALTY * weights[:-1], pull.sum(axis=0) + 1e-6 * weights[-1]])
        value = -(wanted * log_softmax(logits, axis=1)).sum() + PENALTY / 2 * (weights[:-1] ** 2).sum()
        return float(value), slope.ravel()

    found = minimize(loss, np.zeros((d + 1) * k), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return Model(classes=tuple(classes), middle=middle, spread=spread, weights=found.x.reshape(d + 1, k))


def validated(
    features: Floats, named: Sequence[str], groups: Sequence[str], classes: Sequence[str], *, everything: Floats
) -> tuple[Figures, float]:
    """How good a model of these examples is in groups that it did not see, and the temperature that calibrates it.

    At most `MOST_FOLDS` parts of whole groups are left out in turn. Intervals are of groups drawn anew; that
    of the accuracy is never narrower than Wilson's of the single spines, which few groups alone would make it.
    """
    answers, of = np.array(named), np.array(groups)
    folds = folds_of(groups)
    logits = np.full((len(answers), len(classes)), 0.0)
    for fold in np.unique(folds):
        out = folds == fold
        there = [name for name in classes if name in set(answers[~out])]
        model = learnt(features[~out], list(answers[~out]), there, everything=everything)
        logits[out] = -30.0  # of a class that only the left out have
        logits[np.ix_(out, [list(classes).index(name) for name in there])] = model.logits(features[out])
    temperature = _temperature(logits, answers, classes)
    probabilities = softmax(logits / temperature, axis=1)
    said = np.array(classes)[probabilities.argmax(axis=1)]
    called = probabilities.max(axis=1) >= PROPOSED_FROM
    confusion = tuple(tuple(int(((answers == a) & (said == b)).sum()) for b in classes) for a in classes)
    accuracy_95, macro_95 = _intervals(answers, said, of, classes)
    figures = Figures(
        groups=len(np.unique(of)),
        accuracy=float((said == answers).mean()),
        accuracy_95=accuracy_95,
        macro_f1=macro_f1(answers, said, classes),
        macro_f1_95=macro_95,
        confusion=confusion,
        called=float(called.mean()),
        called_right=float((said == answers)[called].mean()) if called.any() else None,
    )
    return figures, temperature


def folds_of(groups: Sequence[str]) -> NDArray[np.intp]:
    """(n,) the part of each: whole groups, the largest first, each into the part that is smallest by then."""
    counts = {name: list(groups).count(name) for name in sorted(set(groups))}
    sizes = [0] * min(len(counts), MOST_FOLDS)
    part = {}
    for name in sorted(counts, key=lambda each: -counts[each]):
        part[name] = sizes.index(min(sizes))
        sizes[part[name]] += counts[name]
    return np.array([part[name] for name in groups], np.intp)


def macro_f1(answers: NDArray[np.str_], said: NDArray[np.str_], classes: Sequence[str]) -> float:
    """The mean F1 of the classes that are among the answers."""
    scores = []
    for name in classes:
        if not (answers == name).any():
            continue
        both = ((answers == name) & (said == name)).sum()
        scores.append(2 * both / ((answers == name).sum() + (said == name).sum()))
    return float(np.mean(scores))


def _intervals(
    answers: NDArray[np.str_], said: NDArray[np.str_], groups: NDArray[np.str_], classes: Sequence[str]
) -> tuple[tuple[float, float], tuple[float, float]]:
    random, names = np.random.default_rng(SEED), np.unique(groups)
    rows_of = [np.flatnonzero(groups == name) for name in names]
    accuracies, scores = [], []
    by_spine = wilson(float((said == answers).mean()), len(answers))
    for _ in range(DRAWS):
        rows = np.concatenate([rows_of[at] for at in random.integers(0, len(names), len(names))])
        accuracies.append(float((said[rows] == answers[rows]).mean()))
        scores.append(macro_f1(answers[rows], said[rows], classes))
    low, high = _middle_95(accuracies)
    return (min(low, by_spine[0]), max(high, by_spine[1])), _middle_95(scores)


def _middle_95(drawn: Sequence[float]) -> tuple[float, float]:
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def _temperature(logits: Floats, answers: NDArray[np.str_], classes: Sequence[str]) -> float:
    """By which logits of left out examples are divided so that their log loss is least (Guo 2017), 0.25 to 4."""
    at = np.array([list(classes).index(name) for name in answers])

    def loss(log_t: float) -> float:
        return -float(log_softmax(logits / np.exp(log_t), axis=1)[np.arange(len(at)), at].mean())

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.25), np.log(4)), method="bounded").x))
