"""What people said of spines beside the network's class: a table, and how well the two agree."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Case, Count, F, Value, When

from spines.models import Experiment
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.rows import spines_of
from spines.statistics.agreement import Interval, kappa_of_table, with_interval
from spines.vocabulary.classes import NETWORK_KEYS, UNCERTAIN

COLUMNS: tuple[str, ...] = (*NETWORK_KEYS, UNCERTAIN.key)


@dataclass(frozen=True, kw_only=True)
class PeopleAgreement:
    """Counts by what a person said (a class of the experiment, or that they cannot say) and the network's class."""

    counts: dict[str, dict[str, int]]
    compared: int
    """Spines to which both give a class; a class of a lab's own counts as the one that it stands for."""
    agree: int
    kappa: Interval


def people_agreement(experiment: Experiment, filters: ResultFilters) -> PeopleAgreement:
    """Of the spines that a network found and a person looked at; κ with an interval of a bootstrap over animals."""
    classes = experiment.classes
    spines = spines_of(experiment, filters).exclude(spine_class="").exclude(reviewed_class="").order_by()
    network = Case(When(uncertain=True, then=Value(UNCERTAIN.key)), default=F("spine_class"))
    animal = "analysis_image__image__cell__subject"
    rows: Any = spines.values_list("reviewed_class", network, animal).annotate(n=Count("*"))
    counts = {name: dict.fromkeys(COLUMNS, 0) for name in classes.answers}
    size = len(NETWORK_KEYS)
    tables: dict[int | None, np.ndarray] = defaultdict(lambda: np.zeros((size, size)))
    for said, of_network, of_animal, n in rows:
        counts.setdefault(said, dict.fromkeys(COLUMNS, 0))[of_network] += n
        onto = classes.onto.get(said)
        if onto is not None and of_network != UNCERTAIN.key:
            tables[of_animal][NETWORK_KEYS.index(onto), NETWORK_KEYS.index(of_network)] += n
    each = list(tables.values())
    whole = sum(each, np.zeros((size, size)))
    kappa = with_interval(lambda some: kappa_of_table(sum(some, np.zeros((size, size)))), each, list(tables))
    return PeopleAgreement(counts=counts, compared=int(whole.sum()), agree=int(np.trace(whole)), kappa=kappa)
