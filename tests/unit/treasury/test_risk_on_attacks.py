"""The risk score on attacks written by another hand: what the design promises, on traces it was not made from."""

import pytest

from traces.judging import Scored, judge, scored
from traces.mixed import TEST_SEEDS, mixed_trace
from traces.replay import Desk


@pytest.fixture(scope="module")
def runs() -> dict[int, list[Scored]]:
    return {seed: scored(mixed_trace(seed), Desk()) for seed in TEST_SEEDS}


@pytest.mark.parametrize("seed", TEST_SEEDS)
def test_attacks_rank_above_honest_requests(runs: dict[int, list[Scored]], seed: int) -> None:
    verdict = judge(runs[seed])
    assert (verdict.attacks.auc or 0) >= 0.97, f"\n{verdict}"


@pytest.mark.parametrize("seed", TEST_SEEDS)
def test_nine_of_ten_attack_requests_wait_for_a_person(runs: dict[int, list[Scored]], seed: int) -> None:
    verdict = judge(runs[seed])
    assert (verdict.attacks.recall or 0) >= 0.9, f"\n{verdict}"


@pytest.mark.parametrize("seed", TEST_SEEDS)
def test_at_most_two_of_a_hundred_honest_requests_wait_for_a_person(runs: dict[int, list[Scored]], seed: int) -> None:
    verdict = judge(runs[seed])
    assert verdict.normal.share <= 0.02, f"\n{verdict}"


def test_no_kind_of_attack_is_left_out(runs: dict[int, list[Scored]]) -> None:
    verdict = judge(*runs.values())
    assert (verdict.mean_recall or 0) >= 0.9, f"\n{verdict}"
    assert all((row.episode_recall or 0) >= 0.9 for row in verdict.rows), f"\n{verdict}"
