"""The scorecard: transparent, bounded, monotone, and calm about a first run."""

import re
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chimera.treasury.ask import Ask
from chimera.treasury.explanation import MEANINGS
from chimera.treasury.scoring.past import PAST_ROWS_MAX, PastRequest, Pasts
from chimera.treasury.scoring.risk import BASE_POINTS, RULES, Day, RiskCode, RiskPolicy, RiskScore, score, weigh
from chimera.treasury.scoring.risk_facts import RiskFacts, measure
from factories_risk_traces import HOUR, MINUTE, NEW_YEAR, POLICY, SECOND

AGENT, OTHER = UUID(int=1), UUID(int=2)
NOON = NEW_YEAR + 12 * HOUR
QUIET_DAY = Day(100_000, 0, 500_000)


def ask(
    cents: int = 100, *, roi: int = 250, text: str = "Video 1", estimate: int | None = None, kind: str = "api_call"
) -> Ask:
    return Ask(UUID(int=9), AGENT, kind, cents * 10_000, cents, roi, text, estimate)


def row(seq: int, at: int, cents: int = 100, *, decision: str = "approved", text: str = "") -> PastRequest:
    return PastRequest(seq, AGENT, "api_call", cents * 10_000, text or f"Video {seq}", at, decision, 250)


def pasts(*rows: PastRequest) -> Pasts:
    remembered = Pasts()
    remembered.load(AGENT, rows)
    return remembered


def every(minutes: int, number: int, cents: Sequence[int] = (100, 90, 110), before: int = NOON) -> list[PastRequest]:
    start = before - number * minutes * MINUTE
    return [row(seq + 1, start + seq * minutes * MINUTE, cents[seq % len(cents)]) for seq in range(number)]


def codes(risk: RiskScore) -> set[str]:
    return {factor.code for factor in risk.factors}


amounts = st.integers(min_value=1, max_value=100_000)
rows = st.lists(
    st.tuples(
        st.integers(min_value=1, max_value=20 * MINUTE),
        st.integers(min_value=1, max_value=5_000),
        st.sampled_from(["approved", "approved", "approved", "rejected", "escalated"]),
        st.sampled_from(["Video", "Video 2", "Invoice for rent", ""]),
    ),
    max_size=40,
)
days = st.builds(
    Day,
    st.integers(min_value=1, max_value=10_000_000),
    st.integers(min_value=0, max_value=10_000_000),
    st.integers(min_value=0, max_value=1_000_000),
)


def remembered(history: list[tuple[int, int, str, str]]) -> tuple[Pasts, int]:
    at, taken = NOON, []
    for seq, (gap, cents, decision, text) in enumerate(history, start=1):
        at += gap
        taken.append(row(seq, at, cents, decision=decision, text=text))
    return pasts(*taken), at


def facts_of(history: list[tuple[int, int, str, str]], asked: Ask, day: Day) -> RiskFacts:
    known, at = remembered(history)
    return measure(asked, known, day, at + SECOND, POLICY.usual_roi_hundredths)


@given(history=rows, cents=amounts, day=days)
def test_the_score_is_the_logistic_of_the_points_shown(
    history: list[tuple[int, int, str, str]], cents: int, day: Day
) -> None:
    risk = score(facts_of(history, ask(cents), day))
    points = BASE_POINTS + sum(factor.points for factor in risk.factors)
    assert risk.hundredths == round(100 / (1 + 2.718281828459045 ** (-points / 100)))
    assert 0 <= risk.hundredths <= 100
    maxima = {rule.code: rule.points_max for rule in RULES}
    assert all(0 < factor.points <= maxima[factor.code] and factor.value for factor in risk.factors)
    assert [factor.points for factor in risk.factors] == sorted((f.points for f in risk.factors), reverse=True)


@given(history=rows, cents=amounts, more=amounts, day=days, estimate=st.none() | st.integers(0, 10**8))
def test_a_larger_amount_is_never_less_risky(
    history: list[tuple[int, int, str, str]], cents: int, more: int, day: Day, estimate: int | None
) -> None:
    known, at = remembered(history)
    less, greater = (
        weigh(ask(amount, text="Video 2", estimate=estimate), known, day, at + SECOND, POLICY)
        for amount in (cents, cents + more)
    )
    assert less.hundredths <= greater.hundredths


@given(history=rows, cents=amounts, day=days, more=st.tuples(*[st.floats(0, 1e4)] * 3))
def test_more_requests_are_never_less_risky(
    history: list[tuple[int, int, str, str]], cents: int, day: Day, more: tuple[float, float, float]
) -> None:
    facts = facts_of(history, ask(cents), day)
    busier = facts._replace(
        pace=facts.pace._replace(requests=facts.pace.requests + more[0]),
        kind=facts.kind._replace(requests=facts.kind.requests + more[1]),
        repeats=facts.repeats._replace(tries=facts.repeats.tries + int(more[2])),
    )
    assert score(facts).hundredths <= score(busier).hundredths


@given(
    history=rows,
    number=st.integers(0, 12),
    more=st.integers(1, 12),
    gap=st.integers(1, 4 * SECOND),
    cents=st.integers(1, 5000),
)
def test_a_faster_past_is_never_less_risky(
    history: list[tuple[int, int, str, str]], number: int, more: int, gap: int, cents: int
) -> None:
    _, quiet_until = remembered(history)
    at = quiet_until + MINUTE
    scores = []
    for count in (number, number + more):
        known, _ = remembered(history)
        for item in range(count):
            seq = len(history) + 1 + item
            known.record(row(seq, at - (count - item) * gap, cents, decision="escalated", text="Video 2"))
        scores.append(weigh(ask(cents, text="Video 2"), known, QUIET_DAY, at, POLICY).hundredths)
    assert scores[0] <= scores[1]


@given(history=rows, cents=amounts, day=days, rate=st.floats(0, 1), streak=st.floats(0, 8))
def test_more_errors_are_never_less_risky(
    history: list[tuple[int, int, str, str]], cents: int, day: Day, rate: float, streak: float
) -> None:
    facts = facts_of(history, ask(cents), day)
    worse = facts._replace(error_rate=max(rate, facts.error_rate), error_streak=max(streak, facts.error_streak))
    assert score(facts).hundredths <= score(worse).hundredths


@given(history=rows, roi=st.integers(0, 10**9), more=st.integers(1, 10**9))
def test_a_higher_claim_is_never_less_risky(history: list[tuple[int, int, str, str]], roi: int, more: int) -> None:
    known, at = remembered(history)
    lower, higher = (
        weigh(ask(roi=claim), known, QUIET_DAY, at + SECOND, POLICY).hundredths for claim in (roi, roi + more)
    )
    assert lower <= higher


@given(cents=amounts, taken=st.integers(0, 100_000), elapsed=st.integers(0, 1_000_000), loaded=st.booleans())
def test_a_first_run_alone_never_escalates(cents: int, taken: int, elapsed: int, loaded: bool) -> None:
    known = pasts() if loaded else Pasts()
    assert weigh(ask(cents, roi=600), known, Day(100_000, taken, elapsed), NOON, POLICY).hundredths <= 70


def test_an_ordinary_first_run_at_midnight_is_calm() -> None:
    risk = weigh(ask(15_000, roi=600), pasts(), Day(100_000, 0, 0), NEW_YEAR, POLICY)
    assert risk.hundredths < 30
    assert codes(risk) == {"AMOUNT_SHARE", "FIRST_USE"}


def test_a_fast_agent_with_small_amounts_is_left_to_the_budget() -> None:
    known, day = pasts(), Day(10_000_000, 0, 500_000)
    scores = []
    for number in range(3_000):
        at = NOON + number * SECOND // 100
        asked = ask(1, text=f"Token batch {number}")._replace(cost_micros=5_000 + number)
        scores.append(weigh(asked, known, day, at, POLICY).hundredths)
        known.record(
            PastRequest(number + 1, AGENT, "api_call", 5_000 + number, asked.justification, at, "approved", 250)
        )
    assert max(scores) <= 20


def test_the_burst_of_a_slow_agent_escalates_and_that_of_a_busy_one_does_not() -> None:
    asked = ask(text="Something else")
    slow = every(60, 40)
    slow += [row(100 + n, NOON + n * SECOND, text=f"{chr(97 + n)} clip") for n in range(12)]
    busy = [
        row(minute * 20 + item + 1, NOON - (60 - minute) * 10 * MINUTE + item * SECOND)
        for minute in range(60)
        for item in range(20)
    ]
    last = busy[-1].seq
    busy += [row(last + n, NOON + n * SECOND, text=f"{chr(97 + n)} clip") for n in range(1, 13)]
    assert weigh(asked, pasts(*slow), QUIET_DAY, NOON + 13 * SECOND, POLICY).hundredths > 70
    assert weigh(asked, pasts(*busy[-PAST_ROWS_MAX:]), QUIET_DAY, NOON + 13 * SECOND, POLICY).hundredths <= 70


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (ask(1_000), "AMOUNT_HISTORY"),
        (ask(220, estimate=1_000_000), "ABOVE_ESTIMATE"),
        (ask(roi=2_000), "ROI_CLAIM"),
    ],
)
def test_one_outrageous_figure_is_enough_and_is_named(asked: Ask, code: str) -> None:
    risk = weigh(asked, pasts(*every(30, 40)), QUIET_DAY, NOON, POLICY)
    assert risk.hundredths > 70
    assert code in codes(risk)


def test_a_claim_is_measured_against_returns_once_there_are_any() -> None:
    asked, known = ask(roi=700), pasts(*every(30, 3))
    prior = weigh(asked, known, QUIET_DAY, NOON, RiskPolicy(150))
    measured = weigh(asked, known, QUIET_DAY, NOON, RiskPolicy(150, realised_roi_p90_hundredths=300))
    assert prior.hundredths < 70 < measured.hundredths


def test_what_was_bought_already_escalates_unless_it_bought_nothing() -> None:
    known = pasts(*every(30, 20, (250, 260, 240)), row(21, NOON, 250, text="Invoice 4711"))
    asked, at = ask(250, text="Invoice 4711"), NOON + 30 * SECOND
    twice = weigh(asked, known, QUIET_DAY, at, POLICY)
    assert twice.hundredths > 70
    assert "DUPLICATE" in codes(twice)
    known.spoiled(AGENT, 21)
    assert weigh(asked, known, QUIET_DAY, at, POLICY).hundredths <= 70


def test_the_same_order_in_other_words_is_known_by_its_estimate_claim_and_numbers() -> None:
    first = "Text to speech, 90 seconds, piece 'Why old bridges matter again'"
    known = pasts(*every(30, 20, (250, 260, 400)), row(21, NOON, 400, text=first))
    same, other_part, other_thing = (
        weigh(ask(402, text=text, estimate=4_000_000), known, QUIET_DAY, NOON + 30 * MINUTE, POLICY)
        for text in (
            "Speak the 90 s narration of 'Why old bridges matter again'",
            "Speak the 60 s narration of 'Why old bridges matter again'",
            "Text to music, 90 seconds, piece 'Why old bridges matter again'",
        )
    )
    assert same.hundredths > 70
    assert codes(same) == {"DUPLICATE"}
    assert codes(other_part) == codes(other_thing) == set()


@pytest.mark.parametrize("history", [0, 20])
def test_a_few_identical_small_requests_are_left_to_the_budget(history: int) -> None:
    known = pasts(*every(30, history))
    for number in range(3):
        at = NOON + number * MINUTE
        assert weigh(ask(100, text="Invoice 4711"), known, QUIET_DAY, at, POLICY).hundredths <= 70
        known.record(row(21 + number, at, text="Invoice 4711"))


def test_a_new_agent_may_repeat_three_requests_of_a_five_hundredth_of_the_day() -> None:
    known = pasts()
    for number in range(3):
        at = NOON + number * MINUTE
        assert weigh(ask(200, text="Invoice 4711"), known, QUIET_DAY, at, POLICY).hundredths <= 70
        known.record(row(1 + number, at, 200, text="Invoice 4711"))


@pytest.mark.parametrize(
    "asked", [ask(30_000, roi=750), ask(30_000, estimate=200_000_000), ask(30_000, estimate=190_000_000, roi=620)]
)
def test_a_third_of_the_day_by_an_unknown_agent_escalates_with_one_more_sign(asked: Ask) -> None:
    assert weigh(ask(30_000), pasts(), QUIET_DAY, NOON, POLICY).hundredths <= 70
    assert weigh(asked, pasts(), QUIET_DAY, NOON, POLICY).hundredths > 70


def test_one_order_tried_again_and_again_escalates_although_some_tries_succeed() -> None:
    known, text = pasts(*every(30, 20)), "Narration voice for 'Silk explained by numbers', "
    for number, fails in enumerate([True, True, False, True, True]):
        at = NOON + number * 90 * SECOND
        risk = weigh(ask(text=f"{text} excuse {number}"), known, QUIET_DAY, at, POLICY)
        assert number > 2 or risk.hundredths <= 70
        known.record(row(21 + number, at, text=f"{text} excuse {number}"))
        if fails:
            known.spoiled(AGENT, 21 + number)
    risk = weigh(ask(text=f"{text} excuse 5"), known, QUIET_DAY, NOON + 8 * MINUTE, POLICY)
    assert risk.hundredths > 70
    assert "REPEATED_TRY" in codes(risk)


def test_parts_of_one_large_purchase_escalate_and_do_not_become_usual_meanwhile() -> None:
    known, scores = pasts(*every(30, 60)), []
    for part in range(12):
        at = NOON + part * 4 * MINUTE
        scores.append(weigh(ask(900, text=f"Block {part}", estimate=9_000_000), known, QUIET_DAY, at, POLICY))
        known.record(row(61 + part, at, 900, text=f"Block {part}"))
    assert all(risk.hundredths > 70 for risk in scores[5:])
    assert "SPLIT" in codes(scores[-1])


def test_a_dear_request_at_the_price_that_was_expected_is_calm() -> None:
    known = pasts(*every(30, 60))
    expected, unexpected = (
        weigh(ask(2_000, estimate=estimate), known, QUIET_DAY, NOON, POLICY) for estimate in (19_000_000, None)
    )
    assert expected.hundredths <= 50
    assert unexpected.hundredths > 70


def test_a_person_s_answer_is_not_one_more_request() -> None:
    known = pasts(*every(30, 20, (250, 260, 240)), row(21, NOON, 2_500, decision="escalated", text="Invoice 4711"))
    before = known.of(AGENT)
    assert before is not None
    count = before.pace.at(NOON).requests
    known.record(row(22, NOON + MINUTE, 2_500, text="Invoice 4711"))
    assert before.pace.at(NOON).requests <= count
    again = weigh(ask(2_500, text="Invoice 4711"), known, QUIET_DAY, NOON + 2 * MINUTE, POLICY)
    assert "DUPLICATE" in codes(again)


def test_after_a_long_sleep_only_what_is_unusual_escalates() -> None:
    known, at = pasts(*every(30, 60)), NOON + 30 * 24 * HOUR
    usual, large = (weigh(ask(cents), known, QUIET_DAY, at, POLICY) for cents in (100, 400))
    assert usual.hundredths < 30
    assert large.hundredths > 70
    assert "SLEEPER" in codes(large)


def test_a_row_of_failures_escalates() -> None:
    failures = [row(21 + n, NOON + n * MINUTE, text=f"{chr(97 + n)} try", decision="rejected") for n in range(6)]
    risk = weigh(ask(), pasts(*every(30, 20), *failures), QUIET_DAY, NOON + 6 * MINUTE, POLICY)
    assert risk.hundredths > 70
    assert "ERROR_RATE" in codes(risk)


def test_the_price_other_agents_pay_tells_a_new_agent_s_apart() -> None:
    known = Pasts()
    for number in range(6):
        agent = UUID(int=100 + number)
        known.load(
            agent,
            [past._replace(agent_id=agent, cost_micros=past.cost_micros + number) for past in every(30, 10)],
        )
    known.load(AGENT, [])
    usual, dear = (weigh(ask(cents), known, QUIET_DAY, NOON, POLICY) for cents in (150, 3_000))
    assert "TYPE_PRICE" not in codes(usual)
    assert dear.hundredths > 70
    known.forget([UUID(int=100 + number) for number in range(6)])
    assert "TYPE_PRICE" not in codes(weigh(ask(3_000), known, QUIET_DAY, NOON, POLICY))


def test_the_documentation_names_every_factor_with_its_most_points() -> None:
    told = Path(__file__).parents[3].joinpath("docs/treasury.md").read_text()
    table = dict(re.findall(r"^\| `([A-Z_]+)` \| (\d+) \|", told, re.MULTILINE))
    assert table == {rule.code: str(rule.points_max) for rule in RULES}
    assert {rule.code for rule in RULES} == {code.value for code in RiskCode} == set(MEANINGS)
