"""In which order images are worth reviewing: the uncertain and the unlike first, spread over animals.

Of an image, `near` is the share of its boxes close to the threshold, `unsure` how far the classifier is from certain,
`unlike` how far the picture is from what the detector knows; each from 0 to 1, None where it is not known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence

from spines.vocabulary.classes import NETWORK_KEYS

NEAR = 0.1
"""Of the threshold, in scores."""
MOST_UNLIKE = 2.0
"""From here on one picture is as unlike as another; 1 is what one training picture in a hundred passes."""
NO_IDEA = 1 - 1 / len(NETWORK_KEYS)


def near_share(*, spines: int, near: int, below: int) -> float | None:
    """Of the `spines` and of what scores just below the threshold, those close to it.

    >>> near_share(spines=8, near=1, below=2)
    0.3
    """
    return (near + below) / (spines + below) if spines + below else None


def unsureness(mean_probability: float | None) -> float | None:
    """From the mean probability of the likeliest class: 0 for certain, 1 for no idea.

    >>> unsureness(0.25)
    1.0
    """
    return None if mean_probability is None else (1 - mean_probability) / NO_IDEA


def unlike_share(unlikeness: float | None) -> float | None:
    """From the unlikeness of a picture.

    >>> unlike_share(1.0), unlike_share(99.0)
    (0.5, 1.0)
    """
    return None if unlikeness is None else min(max(unlikeness, 0), MOST_UNLIKE) / MOST_UNLIKE


def help_of(*, near: float | None, unsure: float | None, unlike: float | None) -> float:
    """By how much an image is preferred, 0 to 1, before its animal has a say: doubt and unlikeness count alike.

    >>> help_of(near=0.2, unsure=0.4, unlike=0.5)
    0.4
    """
    return _mean(_mean(near, unsure), unlike)


def in_order(
    helps: Sequence[float], animals: Sequence[Hashable], *, reviewed: Mapping[Hashable, int], most: int
) -> list[int]:
    """The places of at most `most` images to review next: a second image of an animal counts half, a third a third.

    `reviewed` counts the images of each animal that were reviewed before.

    >>> in_order([0.9, 0.8, 0.6], ["a", "a", "b"], reviewed={}, most=2)
    [0, 2]
    """
    taken = Counter(reviewed)
    left, chosen = list(range(len(helps))), list[int]()
    while left and len(chosen) < most:
        best = max(left, key=lambda place: helps[place] / (1 + taken[animals[place]]))
        left.remove(best)
        chosen.append(best)
        taken[animals[best]] += 1
    return chosen


def _mean(*figures: float | None) -> float:
    known = [figure for figure in figures if figure is not None]
    return sum(known) / len(known) if known else 0.0
