"""What is remembered of agents: bounded, each row once, and forgotten where it did not happen."""

import sys
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from chimera.treasury.scoring.past import PAST_ROWS_MAX, PastRequest, Pasts
from factories_risk_traces import MINUTE, NEW_YEAR

ONE, TWO, THREE = (UUID(int=number) for number in range(1, 4))


def row(seq: int, agent: UUID = ONE, decision: str = "approved") -> PastRequest:
    return PastRequest(seq, agent, "compute", 1_000_000 + seq, f"Render {seq}", NEW_YEAR + seq * MINUTE, decision, 250)


def state(pasts: Pasts, agent: UUID = ONE) -> list[object]:
    past = pasts.of(agent)
    assert past is not None
    return [
        *(past.last_seq, past.approved, past.decided, past.errors, past.error_streak, past.claim_mean),
        *(past.pace.at(NEW_YEAR + 100 * MINUTE), past.types["compute"].at(NEW_YEAR + 100 * MINUTE)),
    ]


def test_what_is_not_loaded_is_missing_and_records_nothing() -> None:
    pasts = Pasts()
    pasts.record(row(1))
    pasts.spoiled(ONE, 1)
    assert pasts.missing([ONE, TWO]) == {ONE, TWO}
    pasts.load(ONE, [])
    assert pasts.missing([ONE, TWO]) == {TWO}


@given(st.lists(st.sampled_from(["approved", "rejected", "escalated"]), min_size=1, max_size=60), st.integers(0, 60))
def test_loading_and_recording_remember_the_same(decisions: list[str], split: int) -> None:
    rows = [row(seq, decision=decision) for seq, decision in enumerate(["approved", *decisions], start=1)]
    loaded, recorded = Pasts(), Pasts()
    loaded.load(ONE, rows)
    recorded.load(ONE, rows[:split])
    for past in rows:
        recorded.record(past)
    assert state(loaded) == state(recorded)


def test_the_agents_used_longest_ago_are_dropped() -> None:
    pasts = Pasts(agents_max=2)
    pasts.load(ONE, [row(1)])
    pasts.load(TWO, [row(2, TWO)])
    pasts.record(row(3))
    pasts.load(THREE, [])
    assert pasts.missing([ONE, TWO, THREE]) == {TWO}


def test_speculation_that_did_not_happen_is_forgotten() -> None:
    pasts = Pasts()
    pasts.load(ONE, [row(1), row(3)])
    pasts.load(TWO, [row(2, TWO)])
    pasts.forget_since(2)
    assert pasts.missing([ONE, TWO]) == {ONE}
    pasts.forget([TWO, THREE])
    assert pasts.missing([TWO]) == {TWO}


def test_a_spoiled_approval_counts_once() -> None:
    pasts = Pasts()
    pasts.load(ONE, [row(1), row(2)])
    pasts.spoiled(ONE, 2)
    once = state(pasts)
    pasts.spoiled(ONE, 2)
    assert state(pasts) == once


def test_a_speculated_void_is_forgotten_with_the_rest() -> None:
    pasts = Pasts()
    pasts.load(ONE, [row(1), row(2)])
    pasts.spoiled(ONE, 5)
    pasts.forget_since(4)
    assert pasts.missing([ONE]) == {ONE}


def test_an_agent_takes_little_memory_however_much_it_asks() -> None:
    pasts = Pasts()
    pasts.load(ONE, [row(seq) for seq in range(1, PAST_ROWS_MAX + 50)])
    assert _bytes(pasts.of(ONE), set()) < 1_800


def _bytes(thing: object, seen: set[int]) -> int:
    if id(thing) in seen:
        return 0
    seen.add(id(thing))
    parts: list[object] = [
        getattr(thing, name)
        for kind in type(thing).__mro__
        for name in getattr(kind, "__slots__", ())
        if hasattr(thing, name)
    ]
    if isinstance(thing, dict):
        parts += [*thing.values()]
    return sys.getsizeof(thing) + sum(_bytes(part, seen) for part in parts)
