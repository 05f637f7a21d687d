"""Every kind of row is explained from its signed payload alone."""

import pytest

from chimera.core.errors import Detail
from chimera.treasury.explanation import explain

DECISION: dict[str, Detail] = {
    "kind": "decision",
    "seq": 7,
    "tx_id": "tx-7",
    "request_type": "api_call",
    "amount": "12.50",
    "projected_roi": "2.5",
    "decided_at": "2026-02-06T12:00:00.000000Z",
    "decision": "approved",
    "reason": "Within budget, ROI exceeds hurdle rate (1.5)",
    "reason_code": "WITHIN_RULES",
    "risk_score": "0.12",
    "risk_factors": [{"code": "AMOUNT_HISTORY", "points": "100", "value": "2.1x usual"}],
    "budget_remaining": {"daily": "987.50", "weekly": "4987.50", "monthly": "19987.50"},
}


def test_an_approval_tells_its_rule_inputs_factors_and_effect() -> None:
    told = explain(DECISION)
    assert told.rule == "WITHIN_RULES"
    assert "approved" in told.sentence
    assert told.inputs["amount"] == "12.50"
    assert told.inputs["daily_remaining"] == "987.50"
    assert [(factor.code, factor.points, factor.value) for factor in told.factors] == [
        ("AMOUNT_HISTORY", "100", "2.1x usual")
    ]
    assert (
        told.factors[0].meaning
        == "The amount is far above the most that this agent, or others while it is new, usually pay."
    )
    assert told.effect.startswith("12.50 USD, rounded up to cents, count as spent")


def test_a_payload_older_than_kinds_is_a_decision() -> None:
    old = {name: value for name, value in DECISION.items() if name != "kind"}
    assert explain(old) == explain(DECISION)


@pytest.mark.parametrize(
    ("changes", "effect"),
    [
        ({"decision": "rejected", "reason_code": "ROI_TOO_LOW"}, "Nothing is spent and nothing is held."),
        ({"decision": "escalated", "reason_code": "RISK_TOO_HIGH"}, "while a person decides"),
        ({"kind": "human", "reason_code": "HUMAN_APPROVED"}, "count as spent"),
        ({"hold_expires_at": "2026-02-07T12:00:00Z"}, "held until 2026-02-07"),
        (
            {"kind": "settle", "parent_tx": "tx-1", "approved_amount": "15.00"},
            "Of 15.00 USD approved by tx-1, 12.50 USD count as spent",
        ),
        ({"kind": "void", "parent_tx": "tx-1"}, "free again"),
        ({"kind": "expire", "parent_tx": "tx-1"}, "free again"),
        (
            {"kind": "overrun", "parent_tx": "tx-1", "booked": {"daily": {"total": "0.50"}}},
            "0.50 USD fitted the daily total line",
        ),
        ({"kind": "pause", "by": "ada"}, "until ada or another resumes"),
        ({"kind": "resume", "by": "ada"}, "decided by the rules again"),
        ({"kind": "later"}, "does not know"),
    ],
)
def test_every_kind_of_row_tells_its_effect(changes: dict[str, Detail], effect: str) -> None:
    assert effect in explain({**DECISION, **changes}).effect


def test_an_unknown_factor_or_a_broken_payload_is_still_told() -> None:
    told = explain({**DECISION, "risk_factors": [{"code": "NEW", "points": "1"}, 3]})
    assert [factor.code for factor in told.factors] == ["NEW"]
    assert explain({}).kind == "decision"
