"""Velocity and significance are pure arithmetic with bounds that always hold."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chimera.agents.scout.rising import PostCounts, expected_mentions, ratio, significance, velocity, velocity_of

posts = st.floats(1, 1e7)
mentions = st.integers(0, 1_000_000)
expectations = st.floats(0, 1e6)


@given(mentions, expectations, posts, posts)
def test_velocity_stays_between_zero_and_ten(seen: int, expected: float, window: float, baseline: float) -> None:
    found = velocity_of(seen, expected, PostCounts(window, baseline))
    assert Decimal(0) <= found <= Decimal(10)
    assert found == found.quantize(Decimal("0.01"))


@given(mentions, mentions, expectations, posts, posts)
def test_more_mentions_never_lower_the_velocity(
    a: int, b: int, expected: float, window: float, baseline: float
) -> None:
    counts = PostCounts(window, baseline)
    fewer, more = sorted((a, b))
    assert velocity_of(fewer, expected, counts) <= velocity_of(more, expected, counts)


def test_the_velocity_is_a_lower_bound_that_nears_the_doublings_with_more_evidence() -> None:
    few = velocity_of(8, 2.0, PostCounts(5000, 50_000))
    many = velocity_of(8000, 2000.0, PostCounts(5000, 50_000))
    assert few < many <= Decimal(2)
    assert many > Decimal("1.9")


def test_a_short_baseline_makes_the_same_rise_less_certain() -> None:
    assert velocity_of(10, 0.0, PostCounts(5000, 5000)) < velocity_of(10, 0.0, PostCounts(5000, 50_000))


def test_velocity_rounds_down() -> None:
    assert velocity(1.999) == Decimal("1.99")
    assert velocity(-3.0) == Decimal(0)
    assert velocity(11.0) == Decimal(10)


def test_a_busy_window_expects_more_of_everything() -> None:
    usual = expected_mentions(np.array([10.0]), 1000.0, np.array([10.0]), PostCounts(100, 1000))
    busy = expected_mentions(np.array([10.0]), 1000.0, np.array([10.0]), PostCounts(200, 1000))
    assert busy[0] == pytest.approx(2 * usual[0])


def test_what_comes_back_at_this_time_every_day_is_expected() -> None:
    """A morning greeting: always said in the window's hours, never in the others."""
    daily = expected_mentions(np.array([50.0]), 1000.0, np.array([50.0]), PostCounts(100, 24_000))
    spread = expected_mentions(np.array([2.0]), 1000.0, np.array([50.0]), PostCounts(100, 24_000))
    assert daily[0] > 4.0 > spread[0]


def test_a_term_that_jumps_about_needs_a_higher_jump() -> None:
    calm, wild = np.full((1, 8), 10.0), np.array([[0.0, 20.0] * 4])
    assert significance(np.array([30.0]), calm)[0] > significance(np.array([30.0]), wild)[0]


def test_without_earlier_slots_only_the_bias_counts() -> None:
    assert significance(np.array([1.0]), np.zeros((1, 0)))[0] < 0


def test_the_ratio_never_divides_by_less_than_one_mention() -> None:
    assert ratio(59, Decimal("0.10")) == Decimal("59.0")
    assert ratio(10, Decimal("4.00")) == Decimal("2.5")
