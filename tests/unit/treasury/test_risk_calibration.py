"""Ordinary business goes through, and every kind of attack of the calibration traces waits for a person."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from random import Random

from factories_risk_traces import DAY, NEW_YEAR, NORMAL, Event, Scored, attacked, play


def _ordinary() -> list[Scored]:
    return [
        scored
        for number, kind in enumerate(NORMAL)
        for seed in range(2)
        for scored in play(list(kind(Random(seed * 1000 + number), NEW_YEAR + number * DAY // 8, 3)))
    ]


def _attacks(seeds: int) -> list[Scored]:
    by_agent: defaultdict[object, list[Event]] = defaultdict(list)
    for seed in range(1000, 1000 + seeds):
        for event in attacked(seed):
            by_agent[event.agent].append(event)
    return [scored for events in by_agent.values() for scored in play(events)]


def _auc(normal: list[int], attack: list[int]) -> float:
    ordered = sorted(normal)
    wins = sum((bisect_left(ordered, score) + bisect_right(ordered, score)) / 2 for score in attack)
    return wins / len(normal) / len(attack)


def test_attacks_are_told_from_ordinary_business() -> None:
    ordinary, attacks = _ordinary(), _attacks(6)
    normal = [s.score.hundredths for s in [*ordinary, *attacks] if not s.event.attack]
    attack = [s.score.hundredths for s in attacks if s.event.attack]
    assert _auc(normal, attack) >= 0.97
    assert sum(score > 70 for score in attack) / len(attack) >= 0.9
    assert sum(score > 70 for score in normal) / len(normal) <= 0.01


def test_no_kind_of_ordinary_business_is_held_up() -> None:
    for number, kind in enumerate(NORMAL):
        scores = [s.score.hundredths for s in play(list(kind(Random(number), NEW_YEAR + number * DAY // 8, 3)))]
        assert sum(score > 70 for score in scores) / len(scores) <= 0.02, kind.__name__
