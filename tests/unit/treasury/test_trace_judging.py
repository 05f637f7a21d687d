"""The judge's arithmetic, on cases small enough to count by hand."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from traces.judging import Scored, auc, judge, scored
from traces.request import TracedRequest

AT = datetime(2026, 3, 1, tzinfo=UTC)


def one(
    score: float,
    attack: str | None = None,
    *,
    episode: int | None = None,
    cost: str = "1",
    lead_in: bool = False,
    bystander: bool = False,
    hard: bool = False,
) -> Scored:
    request = TracedRequest(
        at=AT,
        agent=1,
        request_type="api_call",
        cost=Decimal(cost),
        estimate=None,
        projected_roi=Decimal(2),
        justification="words",
        attack=attack,
        episode=episode,
        lead_in=lead_in,
        bystander=bystander,
        hard=hard,
    )
    return Scored(request, score)


@pytest.mark.parametrize(
    ("attacks", "normal", "expected"),
    [
        ([0.9, 0.8], [0.1, 0.2], 1.0),
        ([0.1], [0.9], 0.0),
        ([0.5], [0.5], 0.5),
        ([0.9, 0.3], [0.1, 0.5], 0.75),
        ([0.5, 0.5, 0.9], [0.5, 0.1], 5 / 6),  # wins 0.5 + 1, 0.5 + 1, 1 + 1 of 6
        ([], [0.5], None),
    ],
)
def test_auc_is_the_share_of_pairs_won_with_ties_counting_half(
    attacks: list[float], normal: list[float], expected: float | None
) -> None:
    assert auc(attacks, normal) == (None if expected is None else pytest.approx(expected))


def test_recall_counts_requests_above_the_threshold_and_episodes_with_one_such() -> None:
    verdict = judge([
        one(0.9, "burst", episode=1), one(0.7, "burst", episode=1), one(0.1, "burst", episode=2),
        one(0.71, "duplicate", episode=3), one(0.0),
    ])  # fmt: skip
    assert verdict.attacks.recall == 0.5
    assert verdict.attacks.episode_recall == pytest.approx(2 / 3)
    assert [(row.name, row.recall, row.episode_recall) for row in verdict.rows] == [
        ("burst", pytest.approx(1 / 3), 0.5),
        ("duplicate", 1.0, 1.0),
    ]
    assert verdict.mean_recall == pytest.approx(2 / 3)


def test_the_same_episode_number_in_two_traces_is_two_episodes() -> None:
    verdict = judge([one(0.9, "burst", episode=1)], [one(0.1, "burst", episode=1), one(0.0)])
    assert (verdict.attacks.episodes, verdict.attacks.episode_recall) == (2, 0.5)


def test_lead_in_and_bystanders_count_neither_as_missed_nor_as_false_alarms() -> None:
    verdict = judge([
        one(0.9, lead_in=True), one(0.1, lead_in=True), one(0.9, bystander=True), one(0.9, "burst", episode=1),
        one(0.8), one(0.1), one(0.2), one(0.3),
    ])  # fmt: skip
    assert (verdict.normal.requests, verdict.normal.share) == (4, 0.25)
    assert verdict.attacks.requests == 1


def test_hard_ones_and_the_money_that_passed_are_told_apart() -> None:
    verdict = judge([
        one(0.9, "burst", episode=1, cost="30"), one(0.2, "burst", episode=2, cost="10", hard=True), one(0.0),
    ])  # fmt: skip
    assert (verdict.attacks.hard_requests, verdict.attacks.hard_recall, verdict.attacks.passed) == (1, 0.0, 0.25)


def test_a_scorer_sees_every_request_in_order_also_those_not_judged() -> None:
    seen: list[TracedRequest] = []

    def score(request: TracedRequest) -> float:
        seen.append(request)
        return len(seen) / 10

    trace = [one(0.0).request, one(0.0, lead_in=True).request, one(0.0, "burst", episode=1).request]
    assert [found.score for found in scored(trace, score)] == [0.1, 0.2, 0.3]
    assert seen == trace


def test_the_table_names_every_attack_and_kind() -> None:
    shown = str(judge([one(0.9, "burst", episode=1), one(0.1)]))
    assert [line.split()[0] for line in shown.splitlines()] == [
        "attack",
        "burst",
        "all",
        "mean",
        "honest",
        "video",
        "all",
    ]
