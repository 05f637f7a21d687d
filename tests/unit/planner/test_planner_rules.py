"""The planner's pure rules: what a trend is worth, and which two are one event."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chimera.agents.planner.same_event import event_trace, same_event
from chimera.agents.planner.worth import producibility, worth
from factories_rises import rise


@given(velocity=st.decimals(0, 10, places=2), more=st.decimals(0, 5, places=2), number=st.integers(0, 500))
def test_a_faster_rise_is_never_worth_less(velocity: Decimal, more: Decimal, number: int) -> None:
    evidence = rise(number).evidence
    slow, fast = (worth("tea", value, 100, evidence).score for value in (velocity, velocity + more))
    assert Decimal(0) <= slow <= fast <= 10


def test_the_worth_tells_its_parts() -> None:
    told = worth("tea", Decimal("2.5"), 1000, rise(1).evidence).explanation
    assert all(part in told for part in ("velocity 0.50", "volume 0.60", "richness", "producibility 1.00"))


@pytest.mark.parametrize("topic", ["!!!", "42", "x", "大阪の地震", "y" * 80])
def test_a_name_the_voice_cannot_say_is_not_producible(topic: str) -> None:
    assert producibility(topic) == 0


def test_a_short_plain_name_is_easier_to_produce_than_a_long_one() -> None:
    assert producibility("Margaret Thatcher") > producibility("the man who drew a map of every single tree")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Margaret Thatcher", "margaret thatcher's", True),
        ("Thatcher", "Margaret Thatcher", True),
        ("night trains", "Night train", True),
        ("North Korea", "South Korea", False),
        ("bitcoin", "Linux kernel", False),
    ],
)
def test_one_event_is_known_by_its_words(one: str, other: str, same: bool) -> None:
    assert same_event(event_trace(one, ()), event_trace(other, ())) is same


def test_one_event_is_known_by_a_name_said_along_with_the_other() -> None:
    northern = event_trace("Northern Lights", (), ("anticipated", "visible"))
    assert same_event(northern, event_trace("Aurora Borealis", (), ("visible", "northern")))
    assert not same_event(northern, event_trace("Starbound", (), ("pre-order", "visible")))
    assert not same_event(
        event_trace("Elysium Trailer", (), ("damon",)), event_trace("Blood Dragon", (), ("far cry", "reveal trailer"))
    )


def test_one_event_is_known_by_its_posts() -> None:
    assert same_event(event_trace("iron lady", ("a", "b", "c")), event_trace("Thatcher", ("c", "d", "e")))
    assert not same_event(event_trace("iron lady", ("a", "b")), event_trace("Thatcher", ("c", "d")))
