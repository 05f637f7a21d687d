"""The scorecard: transparent, bounded, monotone, and calm about a first run."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from chimera.core.limits import RISK_ESCALATION_THRESHOLD
from chimera.treasury.risk import RiskCode, RiskFacts, score

USUAL = RiskFacts(
    amount_usd=Decimal("0.05"),
    projected_roi=Decimal("2.5"),
    hurdle_rate=Decimal("1.5"),
    day_limit_usd=Decimal(1000),
    day_spent_usd=Decimal(0),
    day_elapsed_share=Decimal("0.5"),
    requests_last_minute=0,
    requests_last_hour=0,
    duplicates_last_ten_minutes=0,
    first_use=False,
)


def money(most: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(min_value=Decimal("0.01"), max_value=most, places=2)


shares = st.decimals(min_value=0, max_value=1, places=4)
counts = st.integers(min_value=0, max_value=1000)
facts = st.builds(
    RiskFacts,
    amount_usd=money(20_000),
    projected_roi=st.decimals(min_value=0, max_value=99_999_999, places=2),
    hurdle_rate=st.decimals(min_value=0, max_value=1000, places=2),
    day_limit_usd=money(1000),
    day_spent_usd=money(1000),
    day_elapsed_share=shares,
    requests_last_minute=counts,
    requests_last_hour=counts,
    duplicates_last_ten_minutes=counts,
    first_use=st.booleans(),
    estimate_usd=st.none() | money(1000),
)


@given(facts=facts)
def test_the_score_is_the_sum_of_the_points_shown(facts: RiskFacts) -> None:
    risk = score(facts)
    points = sum((factor.points for factor in risk.factors), Decimal(0))
    assert 0 <= risk.score <= 1
    assert abs(risk.score - min(points / 100, Decimal(1))) <= Decimal("0.005")
    assert all(factor.points > 0 for factor in risk.factors)


@given(facts=facts, more=money(20_000))
def test_a_larger_amount_is_never_less_risky(facts: RiskFacts, more: Decimal) -> None:
    assert score(replace(facts, amount_usd=facts.amount_usd + more)).score >= score(facts).score


@given(facts=facts, minute=counts, hour=counts, duplicates=counts)
def test_more_requests_are_never_less_risky(facts: RiskFacts, minute: int, hour: int, duplicates: int) -> None:
    busier = replace(
        facts,
        requests_last_minute=facts.requests_last_minute + minute,
        requests_last_hour=facts.requests_last_hour + hour,
        duplicates_last_ten_minutes=facts.duplicates_last_ten_minutes + duplicates,
    )
    assert score(busier).score >= score(facts).score


@given(facts=facts, more=st.decimals(min_value=0, max_value=1000, places=2))
def test_a_higher_claim_is_never_less_risky(facts: RiskFacts, more: Decimal) -> None:
    assert score(replace(facts, projected_roi=facts.projected_roi + more)).score >= score(facts).score


@given(amount=money(1000), elapsed=shares)
def test_a_first_run_alone_never_escalates(amount: Decimal, elapsed: Decimal) -> None:
    first = replace(USUAL, amount_usd=amount, day_elapsed_share=elapsed, first_use=True)
    assert score(first).score <= RISK_ESCALATION_THRESHOLD


@given(minute=counts, hour=counts, duplicates=counts)
def test_many_small_honest_requests_are_left_to_the_budget(minute: int, hour: int, duplicates: int) -> None:
    busy = replace(USUAL, requests_last_minute=minute, requests_last_hour=hour, duplicates_last_ten_minutes=duplicates)
    assert score(busy).score <= RISK_ESCALATION_THRESHOLD


def test_most_of_the_day_for_an_absurd_return_escalates() -> None:
    risk = score(replace(USUAL, amount_usd=Decimal(900), projected_roi=Decimal(400)))
    assert risk.score > RISK_ESCALATION_THRESHOLD
    assert [factor.code for factor in risk.factors][:2] == [RiskCode.AMOUNT_SHARE, RiskCode.ROI_CLAIM]


def test_a_price_above_the_estimate_is_named() -> None:
    usual = replace(USUAL, amount_usd=Decimal("1.10"), estimate_usd=Decimal("1.00"))
    gouged = replace(usual, amount_usd=Decimal("2.00"))
    assert RiskCode.ABOVE_ESTIMATE not in {factor.code for factor in score(usual).factors}
    assert RiskCode.ABOVE_ESTIMATE in {factor.code for factor in score(gouged).factors}
