"""The traces say what they claim to: repeatable, in order, honest prices, every attack in its easy and hard form."""

from datetime import timedelta
from decimal import Decimal

import pytest

from traces.mixed import ATTACKS, EPISODES_OF_CLAIM, EPISODES_OF_PACE, OF_PACE, attack_trace, mixed_trace
from traces.normal import normal_trace


def test_a_trace_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    assert mixed_trace(7) == mixed_trace(7)
    assert mixed_trace(7) != mixed_trace(8)


def test_a_trace_is_in_the_order_of_time() -> None:
    times = [request.at for request in mixed_trace(7)]
    assert times == sorted(times)


def test_honest_traffic_stays_within_the_days_budget_and_the_usual_claims() -> None:
    trace = normal_trace(7)
    days: dict[object, Decimal] = {}
    for request in trace:
        days[request.at.date()] = days.get(request.at.date(), Decimal(0)) + request.spent
    assert max(days.values()) < Decimal(800)
    assert {request.attack for request in trace} == {None}
    assert all(Decimal(1) < request.projected_roi <= Decimal(6) for request in trace)
    assert {request.kind for request in trace} >= {
        "video",
        "video_4k",
        "batch",
        "meter",
        "weekly",
        "chain",
        "retry",
        "newcomer",
    }


def test_an_honest_price_is_never_a_multiple_of_the_book() -> None:
    known = [(request.cost, request.estimate) for request in normal_trace(7) if request.estimate is not None]
    assert all(cost < 2 * estimate for cost, estimate in known)


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_third_of_every_attacks_episodes_is_hard(attack: str) -> None:
    episodes = {(request.episode, request.hard) for request in attack_trace(7, attack) if request.attack == attack}
    assert len(episodes) == (EPISODES_OF_PACE if attack in OF_PACE else EPISODES_OF_CLAIM)
    assert sum(hard for _, hard in episodes) * 3 == len(episodes)


def test_an_attack_trace_has_no_other_attack() -> None:
    assert {request.attack for request in attack_trace(7, "duplicate")} == {None, "duplicate"}


def test_a_duplicate_follows_the_paid_purchase_it_copies() -> None:
    trace = attack_trace(7, "duplicate")
    for copy in (request for request in trace if request.attack):
        window = [r for r in trace if r.attack is None and copy.at - timedelta(hours=3) < r.at < copy.at]
        assert any(abs(r.cost - copy.cost) <= r.cost * Decimal("0.03") and r.estimate == copy.estimate for r in window)


def test_what_opens_an_attack_of_pace_is_not_judged() -> None:
    trace = attack_trace(7, "burst")
    assert sum(request.lead_in for request in trace) == 8 * EPISODES_OF_PACE
    assert not any(request.judged for request in trace if request.lead_in or request.bystander)
