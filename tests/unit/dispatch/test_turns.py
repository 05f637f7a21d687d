"""The more urgent first, and nobody waits for ever."""

from hypothesis import given
from hypothesis import strategies as st

from chimera.core.vocabulary import Priority
from chimera.runtime.dispatch.turns import ONE_IN, Turns, share

_PLENTY = dict.fromkeys(Priority, 10_000)


def _claims(available: dict[Priority, int], counts: list[int]) -> list[Priority]:
    turns, claims = Turns(), []
    for count in counts:
        taken = share(available, count, turns)
        turns.taken(taken)
        claims += [priority for priority, amount in taken.items() for _ in range(amount)]
    return claims


def test_the_most_urgent_is_first() -> None:
    assert _claims(_PLENTY, [1]) == [Priority.CRITICAL]


def test_without_others_the_least_urgent_gets_everything() -> None:
    assert _claims({Priority.LOW: 50}, [40]) == [Priority.LOW] * 40


@given(st.lists(st.integers(1, 40), min_size=20, max_size=60))
def test_of_any_claims_one_at_a_time_or_in_batches_one_of_sixteen_is_low(counts: list[int]) -> None:
    claims = _claims(_PLENTY, counts)
    assert claims.count(Priority.LOW) >= len(claims) // ONE_IN[Priority.LOW]


@given(st.lists(st.integers(1, 40), min_size=40, max_size=80))
def test_every_priority_that_waits_gets_about_its_share(counts: list[int]) -> None:
    claims = _claims(_PLENTY, counts)
    for priority, period in ONE_IN.items():
        assert claims.count(priority) >= len(claims) // period - len(ONE_IN)
    assert claims.count(Priority.CRITICAL) >= len(claims) // 2 - len(ONE_IN)


@given(
    st.lists(
        st.tuples(st.dictionaries(st.sampled_from(list(Priority)), st.integers(0, 30)), st.integers(0, 30)), max_size=40
    )
)
def test_never_more_is_taken_than_waits_or_is_wanted_and_never_less(
    rounds: list[tuple[dict[Priority, int], int]],
) -> None:
    turns = Turns()
    for available, count in rounds:
        taken = share(available, count, turns)
        assert all(0 <= taken[priority] <= available.get(priority, 0) for priority in Priority)
        assert sum(taken.values()) == min(count, sum(available.values()))
        turns.taken(taken)


def test_a_share_nobody_used_is_not_saved_up() -> None:
    turns = Turns()
    for _ in range(100):
        turns.taken({Priority.CRITICAL: 10})
    assert turns.reserved(16)[Priority.LOW] == 1
