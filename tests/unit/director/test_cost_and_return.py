"""Cost, engagement and return are estimated by open arithmetic."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chimera.agents.director.cost_estimate import (
    CostHistory,
    PastProduction,
    duration_seconds,
    estimate_cost,
)
from chimera.agents.director.engagement import EngagementHistory, projected_engagement
from chimera.agents.director.options import WORDS_MAX, BriefOptions
from chimera.agents.director.price_book import shipped_price_book
from chimera.agents.director.production_history import cost_history
from chimera.agents.director.projected_return import projected_return
from chimera.core.errors import ValidationFailed
from chimera.core.limits import PRODUCTION_SECONDS_MAX_VIDEO
from chimera.core.vocabulary import Aspect, QualityPreset
from chimera.storage.records.production_history import ProductionRecord

BOOK = shipped_price_book()
STANDARD, VERTICAL = QualityPreset.STANDARD, Aspect.VERTICAL


def past(cpu_seconds: str, count: int) -> CostHistory:
    production = PastProduction(STANDARD, VERTICAL, Decimal(50), {"video": Decimal(cpu_seconds)})
    return CostHistory((production,) * count)


def test_the_estimate_is_the_sum_of_its_tools_rounded_up_to_cents() -> None:
    estimate = estimate_cost(Decimal(52), STANDARD, VERTICAL, price_book=BOOK, history=CostHistory())
    assert estimate.total_micros == sum(part.cost_micros for part in estimate.tools)
    assert estimate.estimated_cost_usd == Decimal("0.01")
    assert {part.tool for part in estimate.tools} == {"voice", "sound", "video"}


def test_a_cpu_hour_costs_what_the_book_says() -> None:
    assert BOOK.cpu_cost_micros(Decimal(3600)) == 40_480
    assert BOOK.cpu_cost_micros(Decimal("0.001")) == 1


def test_three_own_productions_replace_the_books_coefficient_by_their_median() -> None:
    two = estimate_cost(Decimal(50), STANDARD, VERTICAL, price_book=BOOK, history=past("70", 2)).of("video")
    three = estimate_cost(Decimal(50), STANDARD, VERTICAL, price_book=BOOK, history=past("70", 3)).of("video")
    assert (two.basis, three.basis) == ("price_book", "own_productions")
    assert three.cpu_seconds == 70


def test_own_productions_of_another_preset_say_nothing() -> None:
    estimate = estimate_cost(Decimal(50), QualityPreset.HIGH, VERTICAL, price_book=BOOK, history=past("70", 9))
    assert estimate.of("video").basis == "price_book"


@given(seconds=st.integers(1, 600), more=st.integers(1, 100))
def test_a_longer_piece_never_costs_less(seconds: int, more: int) -> None:
    short, long = (
        estimate_cost(Decimal(length), STANDARD, VERTICAL, price_book=BOOK, history=CostHistory()).total_micros
        for length in (seconds, seconds + more)
    )
    assert long >= short


def test_a_price_book_older_than_thirty_days_says_so() -> None:
    assert BOOK.age_note(BOOK.as_of) is None
    assert "days old" in str(BOOK.age_note(date(BOOK.as_of.year + 1, 1, 1)))


def test_rows_of_past_productions_become_history_and_odd_ones_are_left_out() -> None:
    good = ProductionRecord("standard", "9:16", 50, [{"tool": "local.video", "cpu_seconds": 60.5}, {"tool": "other"}])
    odd = ProductionRecord(None, "9:16", 50, [{"tool": "video", "cpu_seconds": "NaN"}])
    history = cost_history([good, odd])
    assert history.productions == (PastProduction(STANDARD, VERTICAL, Decimal(50), {"video": Decimal("60.5")}),)


def test_the_longest_script_stays_well_under_the_production_limit() -> None:
    assert duration_seconds(WORDS_MAX, 9) < PRODUCTION_SECONDS_MAX_VIDEO * Decimal("0.9")


@pytest.mark.parametrize(("shortest", "longest"), [(99, 140), (110, 241), (140, 110), (110, 120)])
def test_lengths_that_cannot_be_kept_are_refused(shortest: int, longest: int) -> None:
    with pytest.raises(ValidationFailed):
        BriefOptions(words_min=shortest, words_max=longest)


def test_engagement_starts_at_the_published_median_and_follows_own_history() -> None:
    assert projected_engagement(("youtube",), EngagementHistory()) == Decimal("0.0306")
    assert projected_engagement(("youtube", "tiktok"), EngagementHistory()) == Decimal("0.0428")
    assert projected_engagement(("youtube",), EngagementHistory(views=1000, engagements=100)) == Decimal("0.0653")


def test_a_strong_trend_at_a_cent_returns_more_than_the_hurdle_and_says_by_which_priors() -> None:
    gain = projected_return(Decimal("2.3"), Decimal("0.0306"), Decimal("0.01"))
    assert gain.projected_roi > Decimal("1.5")
    assert "priors, not measured" in gain.explanation


def test_a_dear_production_falls_below_the_hurdle() -> None:
    assert projected_return(Decimal("2.3"), Decimal("0.0306"), Decimal("12.50")).projected_roi < Decimal("1.5")
