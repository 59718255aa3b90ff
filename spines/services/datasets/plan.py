"""From a selection to the parts of a dataset: what is taken, what is left out, what stands in the way."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.core.cache import cache

from spines.models import ImportedSet, Lab, ModelKind
from spines.selectors.datasets.contents import usable_for
from spines.services.datasets.earlier_parts import EarlierDatasets
from spines.services.datasets.reviewed import reviewed_source
from spines.services.datasets.seen import seen_in_words, seen_of
from spines.services.datasets.sources import (
    CLASSES,
    Entry,
    LeftOut,
    Source,
    imported_source,
)
from spines.storage.kept import canonical_json
from spines.training_sets import PARTS
from spines.training_sets.fingerprints import near_duplicates
from spines.training_sets.seen import Seen
from spines.training_sets.splitting import ENOUGH_GROUPS, Member, Split, split
from spines.vocabulary.classes import NETWORK_CLASSES, NETWORK_KEYS
from spines.vocabulary.verdicts import LEAST_GROUPS

LEAST_TO_LEARN = 5
LEAST_TO_JUDGE = 2
LEAST_CLASSES = 2
REMEMBERED_S = 24 * 3600

Counts = dict[str, dict[str, int]]


@dataclass(frozen=True, kw_only=True)
class Placed:
    """An image with its part and the group that keeps it from being parted."""

    entry: Entry
    part: str
    group: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A dataset as it would be frozen."""

    kind: ModelKind
    sources: tuple[Source, ...]
    placed: tuple[Placed, ...]
    left_out: tuple[LeftOut, ...]
    joined: tuple[str, ...]
    file_of_view: dict[str, str]

    def counts(self, source: Source | None = None) -> Counts:
        """{part: {"images": n, "spines": n, class: n}} over all three parts, of one source or of all."""
        return {part: self._counts(part, source) for part in PARTS}

    def _counts(self, part: str, source: Source | None) -> dict[str, int]:
        entries = [p.entry for p in self.placed if p.part == part and (not source or p.entry.source == source.folder)]
        found = sum((entry.counts for entry in entries), Counter())
        if self.kind == ModelKind.CLASSIFIER:
            found = Counter({name: n for name, n in found.items() if name in CLASSES})
        groups = {p.group for p in self.placed if p.part == part and (not source or p.entry.source == source.folder)}
        sizes = {"images": len(entries), "groups": len(groups), "spines": found.total()}
        return {**sizes, **dict.fromkeys(NETWORK_KEYS, 0), **found}

    def obstacles(self) -> list[str]:
        """What makes a training impossible, in sentences."""
        counts = self.counts()
        if not self.placed:
            return ["There is no image to train on. Choose labs with reviewed spines, or an imported set."]
        found = [
            f"No spine would be in the {name} part, because whole animals stay on one side. "
            "Review images of more animals, or add an imported set."
            for part, name in (("train", "training"), ("val", "validation"))
            if not counts[part]["spines"]
        ]
        classes = [name for name in NETWORK_KEYS if counts["train"][name]]
        if self.kind == ModelKind.CLASSIFIER and len(classes) < LEAST_CLASSES:
            found.append(
                f"The training part has spines of {len(classes)} class: a classifier needs two or more. "
                "Review spines of other classes."
            )
        return found

    def problems(self) -> list[str]:
        """What weakens a training or its figures, in sentences."""
        counts = self.counts()
        found = [f"{source.name}: {source.advice}" for source in self.sources if source.advice]
        groups = len({placed.group for placed in self.placed if placed.part == "test"})
        if not counts["test"]["spines"]:
            found.append(
                "There is no test part: figures will be given for the validation part, which also decides when the "
                "training is at its best, so they flatter a little. Images of three or more animals give a test part."
            )
        elif groups < LEAST_GROUPS:
            found.append(
                f"The test part has {groups} independent group{'' if groups == 1 else 's'} (animals, dendrites, "
                f"acquisitions): below {LEAST_GROUPS} there is no verdict on what is trained. With {ENOUGH_GROUPS} or "
                f"more in all, {LEAST_GROUPS} are tested on: review images of more animals or dendrites. What an "
                "earlier dataset trained on stays there."
            )
        if self.kind == ModelKind.CLASSIFIER:
            for part, name, least in (("train", "training", LEAST_TO_LEARN), ("test", "test", LEAST_TO_JUDGE)):
                for spine_class in NETWORK_CLASSES:
                    count = counts[part][spine_class.key]
                    if count < least and counts[part]["spines"]:
                        found.append(
                            f"Only {count} {spine_class.name.lower()} in the {name} part: "
                            + ("it will hardly be learnt." if part == "train" else "its figures will say nothing.")
                        )
        return found


def make_plan(kind: ModelKind, *, labs: Sequence[Lab], imported: Iterable[ImportedSet], seed: int) -> Plan:
    """Gather, join and split. Labs without consent and sets that cannot teach this kind are left out and told."""
    left_out, sources = [], []
    willing = [lab for lab in labs if lab.lets_train]
    for lab in labs:
        if not lab.lets_train:
            reason = "does not let its spines train networks; a manager of the lab can allow it"
            left_out.append(LeftOut(what="labs", count=1, reason=reason, examples=(lab.name,)))
    if willing:
        sources.append(reviewed_source(kind, willing))
    for chosen in imported:
        if reason := usable_for(kind, chosen):
            left_out.append(LeftOut(what="sets", count=1, reason=reason, examples=(chosen.name,)))
        else:
            sources.append(imported_source(kind, chosen))
    entries = [entry for source in sources for entry in source.entries]
    earlier = EarlierDatasets(kind)
    pairs, seen = _alike_across(entries), seen_of(entries)
    found = split(_members(entries, earlier, seen), pairs=pairs, seed=seed)
    for source in sources:
        left_out += source.left_out
    left_out += _kept_apart(entries, found)
    placed = [
        Placed(entry=entry, part=part, group=group)
        for entry, part, group in zip(entries, found.parts, found.groups, strict=True)
        if part
    ]
    return Plan(
        kind=kind,
        sources=tuple(sources),
        placed=tuple(placed),
        left_out=tuple(left_out),
        joined=(*_joined(pairs, found), *seen_in_words(seen)),
        file_of_view=earlier.file_of_view,
    )


def _alike_across(entries: Sequence[Entry]) -> list[tuple[int, int]]:
    """Near-duplicates; within an imported set they carry a key in common already. Remembered: a page asks often."""
    words = ["" if entry.view else entry.source for entry in entries]
    if len(set(words)) == 1 and words[0]:
        return []
    fingerprints = [entry.fingerprint for entry in entries]
    digest = hashlib.sha256(canonical_json(words) + b"".join(small.tobytes() for small in fingerprints)).hexdigest()
    found: list[tuple[int, int]] | None = cache.get(f"alike-{digest}")
    if found is None:
        found = [(pair.first, pair.second) for pair in near_duplicates(fingerprints, apart=words)]
        cache.set(f"alike-{digest}", found, REMEMBERED_S)
    return found


def _members(entries: Sequence[Entry], earlier: EarlierDatasets, seen: Sequence[Seen | None]) -> list[Member]:
    """Entries with the part that they keep; what shipped networks saw is never tested on, whatever was said before."""
    tested = earlier.like_tested([entry.fingerprint for entry in entries])
    members = []
    for number, (entry, saw) in enumerate(zip(entries, seen, strict=True)):
        before = "test" if number in tested else earlier.part_of(entry.keys)
        fixed = before if before == "test" or not entry.given else entry.given
        if saw is not None:
            fixed = saw.part
        members.append(Member(source=entry.source, keys=entry.keys, fixed=fixed, counts=entry.counts))
    return members


def _kept_apart(entries: Sequence[Entry], found: Split) -> list[LeftOut]:
    names = [entry.name for entry, part in zip(entries, found.parts, strict=True) if not part]
    if not names:
        return []
    return [
        LeftOut(
            what="images",
            count=len(names),
            reason="belong with images that are tested or validated on, by animal, day, stack or looks",
            examples=tuple(names[:5]),
        )
    ]


def _joined(pairs: Sequence[tuple[int, int]], found: Split) -> list[str]:
    sentences = []
    if pairs:
        sentences.append(f"{len(pairs)} pairs of images are nearly the same. Each pair stays on one side of the split.")
    if found.mixed_groups:
        sentences.append(
            f"{len(found.mixed_groups)} groups of images that belong together were in two parts. What is tested or "
            "validated on stayed; the rest of the group is left out."
        )
    return sentences
