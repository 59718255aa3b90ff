"""Skeletons as graphs: branches between nodes, short ones pruned, arms that go on straightest joined into lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve, label

from spines.measure.polylines import Line, heading, polyline_length

Floats = NDArray[np.float64]
# Arms of a strength e times another's are as unlikely to be its continuation as ones that turn by 60°.
UNLIKE = 0.5
AROUND = ((-1, 0), (0, -1), (0, 1), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1))


@dataclass(kw_only=True, eq=False)
class Branch:
    """Points (n, 2), x and y, from node `start` to node `end`."""

    points: Floats
    start: int
    end: int

    @property
    def length(self) -> float:
        """Arc length of the points."""
        return polyline_length(self.points)

    def from_node(self, node: int) -> Floats:
        """The points in the order that leads away from a node."""
        return self.points if node == self.start else self.points[::-1]


@dataclass(frozen=True, kw_only=True, eq=False)
class LooseArm:
    """An arm with an open end: its points (n, 2) from the fork to the tip, and those of the fork's other arms."""

    points: Floats
    others: list[Floats]

    def straightness(self, reach: float) -> float:
        """How straight it carries on one of the others: 1 straight on, 0 at a right angle, -1 back along it."""
        way = heading(self.points, reach)
        return max(-float(way @ heading(other, reach)) for other in self.others)


class SkeletonGraph:
    """The branches of a skeleton and the nodes between them."""

    def __init__(self, branches: list[Branch], places: dict[int, Floats]) -> None:
        self.branches = branches
        self.places = places

    @classmethod
    def of(cls, skeleton: NDArray[np.bool_]) -> SkeletonGraph:
        """Read a skeleton one pixel wide; pixel centres lie at halves."""
        padded = np.pad(skeleton, 1)
        count = convolve(padded.astype(np.uint8), np.ones((3, 3), np.uint8), mode="constant") - 1
        forks, fork_count = label(padded & (count > 2), np.ones((3, 3)))
        rows, columns = np.nonzero(forks)
        owner = forks[rows, columns]
        size, x, y = (np.bincount(owner, weights, fork_count + 1)[1:] for weights in (None, columns, rows))
        places = dict(enumerate(np.column_stack([x, y]) / size[:, None] - 0.5, start=1))
        graph = cls([], places)
        graph._walk(padded & (forks == 0), forks)
        return graph

    def _walk(self, paths: NDArray[np.bool_], forks: NDArray[np.int32]) -> None:
        """Follow what remains between the forks, pixel by pixel."""
        left = set(zip(*(side.tolist() for side in np.nonzero(paths)), strict=True))
        ends = [pixel for pixel in left if sum((pixel[0] + r, pixel[1] + c) in left for r, c in AROUND) < 2]
        for first in [*ends, *sorted(left)]:
            if first not in left:
                continue
            left.remove(first)
            way = [first]
            while True:
                row, column = way[-1]
                onward = next(((row + r, column + c) for r, c in AROUND if (row + r, column + c) in left), None)
                if onward is None:
                    break
                left.remove(onward)
                way.append(onward)
            self._add(way, forks)

    def _add(self, way: list[tuple[int, int]], forks: NDArray[np.int32]) -> None:
        points = np.array([(column - 0.5, row - 0.5) for row, column in way])
        tips = []
        for row, column in (way[0], way[-1]):
            near = [int(forks[row + r, column + c]) for r, c in AROUND if forks[row + r, column + c]]
            tips.append(near)
        start = tips[0][0] if tips[0] else None
        rest = [node for node in tips[1] if len(way) > 1 or node != start]
        end = rest[0] if rest else None
        if start is not None:
            points = np.concatenate([self.places[start][None], points])
        else:
            start = self._new_node(points[0])
        if end is not None:
            points = np.concatenate([points, self.places[end][None]])
        else:
            end = self._new_node(points[-1])
        if len(points) > 1:
            self.branches.append(Branch(points=points, start=start, end=end))

    def _new_node(self, place: Floats) -> int:
        node = len(self.places) + 1
        self.places[node] = place
        return node

    def arms(self) -> dict[int, list[Branch]]:
        """The branches at each node; one that comes back to its node counts twice."""
        arms: dict[int, list[Branch]] = defaultdict(list)
        for branch in self.branches:
            arms[branch.start].append(branch)
            arms[branch.end].append(branch)
        return arms

    def contract(self, shorter_than: float) -> None:
        """Make one node of forks that a short branch joins: a crossing is two forks close together."""
        arms = self.arms()
        for branch in sorted(self.branches, key=lambda each: each.length):
            if branch.length >= shorter_than:
                break
            one, other = branch.start, branch.end
            if one == other or len(arms[one]) < 3 or len(arms[other]) < 3:
                continue
            place = (self.places[one] + self.places[other]) / 2
            self.branches.remove(branch)
            for arm in self.branches:
                if arm.start in (one, other):
                    arm.start, arm.points = one, np.concatenate([place[None], arm.points[1:]])
                if arm.end in (one, other):
                    arm.end, arm.points = one, np.concatenate([arm.points[:-1], place[None]])
            self.places[one] = place
            arms = self.arms()

    def prune(self, rank: Callable[[LooseArm], float | None]) -> None:
        """Take off arms with an open end, at each fork the lowest rank first, until all left rank None: to be kept."""
        while True:
            self._join_through()
            arms = self.arms()
            lowest: dict[int, tuple[float, Branch]] = {}
            for branch in self.branches:
                for tip, fork in ((branch.start, branch.end), (branch.end, branch.start)):
                    if len(arms[tip]) == 1 and len(arms[fork]) > 2:
                        others = [other.from_node(fork) for other in arms[fork] if other is not branch]
                        value = rank(LooseArm(points=branch.from_node(fork), others=others))
                        if value is not None and (fork not in lowest or value < lowest[fork][0]):
                            lowest[fork] = value, branch
            if not lowest:
                return
            pruned = {id(branch) for _, branch in lowest.values()}
            self.branches = [branch for branch in self.branches if id(branch) not in pruned]

    def drop_doubles(self, shorter_than: float, strength: Callable[[Floats], float]) -> None:
        """Of two short branches between the same forks keep the stronger; drop short loops."""
        seen: dict[tuple[int, int], Branch] = {}
        for branch in list(self.branches):
            if branch.length >= shorter_than:
                continue
            if branch.start == branch.end:
                self.branches.remove(branch)
                continue
            ends = min(branch.start, branch.end), max(branch.start, branch.end)
            other = seen.get(ends)
            if other is None:
                seen[ends] = branch
                continue
            weaker = min(branch, other, key=lambda each: strength(each.points))
            self.branches.remove(weaker)
            seen[ends] = other if weaker is branch else branch

    def drop_loose(self, unwanted: Callable[[Floats], bool]) -> None:
        """Drop branches that touch no other, where `unwanted` says so of their points."""
        arms = self.arms()
        for branch in list(self.branches):
            if len(arms[branch.start]) == len(arms[branch.end]) == 1 and unwanted(branch.points):
                self.branches.remove(branch)

    def _join_through(self) -> None:
        """Make one branch of two that meet where no third does."""
        arms = self.arms()
        for node in list(arms):
            here = arms[node]
            if len(here) != 2 or here[0] is here[1]:
                continue
            one, other = here
            first, second = one.from_node(node)[::-1], other.from_node(node)
            start = one.end if one.start == node else one.start
            end = other.end if other.start == node else other.start
            joined = Branch(points=np.concatenate([first, second[1:]]), start=start, end=end)
            self.branches.remove(one)
            self.branches.remove(other)
            self.branches.append(joined)
            for far in {start, end}:
                arms[far] = [each for each in arms[far] if each is not one and each is not other]
                arms[far] += [joined] * ((start == far) + (end == far))
            arms[node] = []

    def bridge(self, furthest: float, reach: float, most_turn_deg: float) -> None:
        """Join open ends that point at each other over a gap, nearest first."""
        arms = self.arms()
        ends = [(node, branch.from_node(node)) for node, here in arms.items() if len(here) == 1 for branch in here]
        ways = {node: heading(points[::-1], reach) for node, points in ends}
        gaps = []
        for index, (one, _) in enumerate(ends):
            for other, _ in ends[index + 1 :]:
                across = self.places[other] - self.places[one]
                gap = float(np.hypot(*across))
                if arms[one][0] is arms[other][0] or not 0 < gap <= furthest:
                    continue
                straight = min(float(ways[one] @ across), float(-ways[other] @ across)) / gap
                if straight >= np.cos(np.radians(most_turn_deg)):
                    gaps.append((gap, one, other))
        used: set[int] = set()
        for _gap, one, other in sorted(gaps):
            if one not in used and other not in used:
                used |= {one, other}
                points = np.stack([self.places[one], self.places[other]])
                self.branches.append(Branch(points=points, start=one, end=other))
        self._join_through()

    def lines(self, reach: float, most_turn_deg: float, strength: Callable[[Floats], float]) -> list[Line]:
        """Go on at every fork along the arm that turns least and is about as strong.

        What finds no partner starts or ends there.
        """
        weight = [np.log(max(strength(branch.points), 1e-9)) for branch in self.branches]
        partner: dict[tuple[int, int], tuple[int, int]] = {}
        arms: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for index, branch in enumerate(self.branches):
            arms[branch.start].append((index, 0))
            arms[branch.end].append((index, 1))
        for here in arms.values():
            if len(here) < 2:
                continue
            ways = [heading(self._outward(tip), reach) for tip in here]
            pairs = [
                (
                    float(ways[a] @ ways[b]) + UNLIKE * abs(weight[here[a][0]] - weight[here[b][0]]),
                    float(ways[a] @ ways[b]),
                    here[a],
                    here[b],
                )
                for a in range(len(here))
                for b in range(a + 1, len(here))
                if here[a][0] != here[b][0]
            ]
            for _, facing, one, other in sorted(pairs):
                if facing <= -np.cos(np.radians(most_turn_deg)) and one not in partner and other not in partner:
                    partner[one], partner[other] = other, one
        return self._chains(partner, arms)

    def _outward(self, tip: tuple[int, int]) -> Floats:
        points = self.branches[tip[0]].points
        return points if tip[1] == 0 else points[::-1]

    def _chains(
        self, partner: dict[tuple[int, int], tuple[int, int]], arms: dict[int, list[tuple[int, int]]]
    ) -> list[Line]:
        lines, used = [], set()
        tips = [(index, side) for index in range(len(self.branches)) for side in (0, 1)]
        # Open tips first, so that a chain starts at its end; closed rings come last and are opened anywhere.
        for tip in sorted(tips, key=lambda each: each in partner):
            if tip[0] in used:
                continue
            first, parts, here = tip, [], tip
            while True:
                used.add(here[0])
                parts.append(self._outward(here))
                last = (here[0], 1 - here[1])
                if last not in partner or partner[last][0] in used:
                    break
                here = partner[last]
            points = np.concatenate([parts[0], *(part[1:] for part in parts[1:])])
            at_fork = [len(arms[self._node(end)]) > 1 for end in (first, last)]
            lines.append(Line(points=points, starts_at_fork=at_fork[0], ends_at_fork=at_fork[1]))
        return lines

    def _node(self, tip: tuple[int, int]) -> int:
        branch = self.branches[tip[0]]
        return branch.start if tip[1] == 0 else branch.end
