"""What the writer's hot path writes by hand is what general encoders write: RFC 8785 text, PostgreSQL's numerics."""

import json
from decimal import Decimal
from uuid import UUID

import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from psycopg.types.numeric import DecimalBinaryDumper

from chimera.storage.records.ledger_copy import _hundredths
from chimera.treasury.ask import Ask
from chimera.treasury.decision import Verdict
from chimera.treasury.scoring.risk import RiskFactor, RiskScore
from chimera.treasury.writing.encoding import Decided, ask_text, decision_text, request_text, uuid_text

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=60)
ASKS = st.builds(
    Ask, st.uuids(), st.uuids(), st.sampled_from(["api_call", "compute", "storage", "blockchain"]),
    st.integers(1, 10**13), st.integers(1, 10**9), st.integers(0, 10**8), TEXTS, st.none(),
)  # fmt: skip
FACTORS = st.lists(st.builds(RiskFactor, st.just("SPLIT"), st.integers(-400, 400), TEXTS)).map(tuple)
DECIDED = st.builds(
    Decided, st.integers(1, 2**53 - 1), st.uuids().map(str),
    st.just("2026-02-06T12:00:00.000001Z"), st.uuids().map(str),
    st.builds(Verdict, st.sampled_from(["approved", "rejected", "escalated"]), st.just("WITHIN_RULES"), TEXTS),
    st.builds(RiskScore, st.integers(0, 100), FACTORS),
    st.tuples(*[st.integers(0, 10**10)] * 3), st.none() | st.just("2026-02-06T13:00:00.000000Z"),
)  # fmt: skip


@given(ASKS, DECIDED)
def test_a_decision_is_written_in_its_canonical_form(ask: Ask, decided: Decided) -> None:
    text = decision_text(ask_text(ask, str(ask.request_id), str(ask.agent_id)), ask.request_type, decided).encode()
    fields = json.loads(text)
    assert rfc8785.dumps(fields) == text
    assert fields["justification"] == ask.justification
    assert fields["reason"] == decided.verdict.reason
    assert [factor["value"] for factor in fields["risk_factors"]] == [factor.value for factor in decided.risk.factors]
    assert Decimal(fields["amount"]) == Decimal(ask.cost_micros).scaleb(-6)
    assert Decimal(fields["budget_remaining"]["weekly"]) == Decimal(decided.remaining[1]).scaleb(-2)


@given(ASKS)
def test_a_request_is_written_in_its_canonical_form(ask: Ask) -> None:
    text = request_text(ask_text(ask, str(ask.request_id), str(ask.agent_id)), ask.request_type).encode()
    assert rfc8785.dumps(json.loads(text)) == text


@given(st.uuids())
def test_an_id_has_its_usual_text(identifier: UUID) -> None:
    assert uuid_text(identifier.bytes) == str(identifier)


@given(st.integers(0, 10**12))
def test_a_number_of_two_decimals_is_packed_as_psycopg_packs_it(hundredths: int) -> None:
    packed = bytes(DecimalBinaryDumper(Decimal).dump(Decimal(hundredths).scaleb(-2)) or b"")
    assert _hundredths(hundredths) == len(packed).to_bytes(4, "big") + packed
