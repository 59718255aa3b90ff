"""The verdict on a trained network: from its test part and from the domains that the one in use knows.

A difference says something from `LEAST_GROUPS` independent groups on. *Better* means: the whole interval of the
difference lies above 0 on the new pictures, and on no old domain below what may be lost. *Worse* means: the whole
interval lies below 0 on the new pictures, or below what may be lost reaches it on an old domain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from spines.training_sets.splitting import ENOUGH_GROUPS
from spines.vocabulary.verdicts import LEAST_GROUPS, MARGINS, Verdict

Entry = Mapping[str, Any]
"""A domain's name, number of groups and difference, as the comparison states them."""


def verdict_on(difference: Mapping[str, float], *, groups: int, margin: float) -> Verdict:
    """What the difference on one domain says by itself."""
    if groups < LEAST_GROUPS:
        return Verdict.NONE
    if difference["low"] > 0:
        return Verdict.BETTER
    if difference["low"] > -margin:
        return Verdict.NO_WORSE
    return Verdict.WORSE if difference["high"] < 0 else Verdict.NOT_SHOWN


def verdict_of(new: Entry, old: Sequence[Entry], *, figure: str) -> tuple[Verdict, list[str]]:
    """The verdict, and the reasons for it in sentences."""
    margin = MARGINS[figure]
    here = verdict_on(new["difference"], groups=new["groups"], margin=margin)
    there = {each["name"]: verdict_on(each["difference"], groups=each["groups"], margin=margin) for each in old}
    lost = [name for name, of in there.items() if of is Verdict.WORSE]
    unsure = [name for name, of in there.items() if of is Verdict.NOT_SHOWN]
    judged = [name for name, of in there.items() if of is not Verdict.NONE]
    reasons = _of_new(here, new["groups"])
    if lost:
        reasons.append(f"It lost what the network in use can do: {', '.join(lost)}.")
    if unsure:
        reasons.append(f"It may have lost what the network in use can do: {', '.join(unsure)}.")
    if not judged:
        reasons.append(f"No old domain has {LEAST_GROUPS} independent groups, so it is not known what it forgot.")
    elif not lost and not unsure:
        reasons.append(f"It holds within {margin:g} on what the network in use can do: {', '.join(judged)}.")
    if lost or here is Verdict.WORSE:
        return Verdict.WORSE, reasons
    if here is Verdict.NONE:
        return Verdict.NONE, reasons
    if unsure or not judged:
        return Verdict.NOT_SHOWN, reasons
    return here, reasons


def _of_new(here: Verdict, groups: int) -> list[str]:
    if here is Verdict.NONE:
        there = f"{groups} independent group{'' if groups == 1 else 's'}"
        needed = (
            f"The test part has {there} (animals, dendrites, acquisitions), and images of one resemble each other: "
            f"{LEAST_GROUPS} are needed to tell. Review images of more animals or dendrites: with {ENOUGH_GROUPS} new "
            f"groups or more, {LEAST_GROUPS} are tested on."
        )
        return [needed]
    said = {
        Verdict.BETTER: "On the new pictures it is better: the whole interval of the difference lies above 0.",
        Verdict.NO_WORSE: "On the new pictures it is about as good: the interval of the difference reaches 0.",
        Verdict.NOT_SHOWN: "On the new pictures too little is known: the interval of the difference is wide about 0.",
        Verdict.WORSE: "On the new pictures it is worse: the whole interval of the difference lies below 0.",
    }
    return [said[here]]
