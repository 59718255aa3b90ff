"""The network's class beside that of a published rule: how often they agree. The rule is never the truth."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case, Count, F, QuerySet, Value, When
from django.db.models.fields.json import KeyTextTransform

from spines.measure.rules import RULE_PRESETS, RulePreset
from spines.models import Experiment, Spine
from spines.selectors.results.filters import CLASSES, ResultFilters
from spines.selectors.results.rows import spines_of
from spines.vocabulary.classes import NETWORK_KEYS

RULE_CLASSES: tuple[str, ...] = tuple(NETWORK_KEYS)


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Counts by the network's class (uncertain apart) and the rule's; spines without measures have no rule's class."""

    preset: RulePreset
    counts: dict[str, dict[str, int]]
    without_rule: int

    @property
    def compared(self) -> int:
        """Spines to which both give a class, uncertain ones left out."""
        return sum(sum(self.counts[name].values()) for name in RULE_CLASSES)

    @property
    def agree(self) -> int:
        """Spines to which both give the same."""
        return sum(self.counts[name][name] for name in RULE_CLASSES)

    @property
    def kappa(self) -> float | None:
        """Agreement beyond chance (Cohen 1960): 1 is perfect, 0 what chance gives; None where chance leaves no room."""
        n = self.compared
        if not n:
            return None
        by_rule = {name: sum(self.counts[row][name] for row in RULE_CLASSES) for name in RULE_CLASSES}
        by_network = {name: sum(self.counts[name].values()) for name in RULE_CLASSES}
        by_chance = sum(by_rule[name] * by_network[name] for name in RULE_CLASSES) / n**2
        return None if by_chance == 1 else (self.agree / n - by_chance) / (1 - by_chance)


def agreement(experiment: Experiment, filters: ResultFilters) -> Agreement:
    """Of the network's own class, not a person's, with that of the lab's rule preset. Added spines are left out."""
    key = experiment.lab.rule_preset
    spines: QuerySet[Spine] = spines_of(experiment, filters).exclude(spine_class="").order_by()
    network = Case(When(uncertain=True, then=Value("uncertain")), default=F("spine_class"))
    rows = spines.values_list(network, KeyTextTransform(key, "rule_classes")).annotate(n=Count("*"))
    counts = {name: dict.fromkeys(RULE_CLASSES, 0) for name in CLASSES}
    without_rule = 0
    for of_network, of_rule, n in rows:
        if of_rule is None:
            without_rule += n
        else:
            counts[of_network][of_rule] += n
    return Agreement(preset=RULE_PRESETS[key], counts=counts, without_rule=without_rule)
