"""However deep a request's calls stand, none of them has to ask the system for memory."""

from resource import RUSAGE_THREAD, getrusage

from webapp.call_room import with_room

CALLS = 2_000
DEPTHS = range(400)


def called() -> None:
    """Nothing: its call is what counts."""


called.__code__ = called.__code__.replace(co_stacksize=200)  # as much as a large function takes


def page_faults_of_calls(depth: int) -> int:
    """Of many calls, one after the other, from so deep."""
    if depth:
        return page_faults_of_calls(depth - 1)
    before = getrusage(RUSAGE_THREAD).ru_minflt
    for _ in range(CALLS):
        called()
    return getrusage(RUSAGE_THREAD).ru_minflt - before


def test_no_depth_is_unlucky_within_the_middleware() -> None:
    assert max(page_faults_of_calls(depth) for depth in DEPTHS) >= CALLS, "or Python needs no room any more"
    assert max(with_room(page_faults_of_calls, depth) for depth in DEPTHS) < CALLS / 10
