"""Measured CPU-seconds become exact money."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chimera.tools.pricing import job_cost_usd, production_cost_usd

RATE = Decimal("0.0004")


def test_a_job_costs_its_cpu_seconds_at_the_rate_rounded_up_to_micro_dollars() -> None:
    assert job_cost_usd(12.5, RATE) == Decimal("0.005")
    assert job_cost_usd(0.001, Decimal("0.0001")) == Decimal("0.000001")
    assert job_cost_usd(0.0, RATE) == 0


def test_a_production_costs_at_least_a_cent_and_whole_cents() -> None:
    assert production_cost_usd([]) == Decimal("0.01")
    assert production_cost_usd([Decimal("0.005"), Decimal("0.005001")]) == Decimal("0.02")


@pytest.mark.parametrize("cpu_seconds", [-1.0, float("nan"), float("inf")])
def test_what_no_clock_can_measure_is_refused(cpu_seconds: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        job_cost_usd(cpu_seconds, RATE)


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_more_work_never_costs_less_and_is_never_free_of_it(less: float, more: float) -> None:
    less, more = sorted((less, more))
    assert job_cost_usd(less, RATE) <= job_cost_usd(more, RATE)
    assert job_cost_usd(more, RATE) >= Decimal(repr(more)) * RATE
