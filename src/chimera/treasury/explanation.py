"""A ledger row explained from its signed payload alone; pure."""

from collections.abc import Mapping

from chimera.contracts.explanation import ExplainedFactor, Explanation
from chimera.core.errors import Detail

_RULES = {
    "WITHIN_RULES": "The request fits every budget, promises the hurdle rate and is not risky: it is approved.",
    "TRANSACTION_TOO_LARGE": "One request may ask for 10,000 USD at most: it is rejected.",
    "BUDGET_EXCEEDED": "The request does not fit what a budget line has left: it is rejected.",
    "ROI_TOO_LOW": "The promised return is below the hurdle rate: it is rejected.",
    "RISK_TOO_HIGH": "The risk score is above 0.70: a person decides.",
    "SPEND_PAUSED": "All spending was paused: whatever is asked meanwhile is rejected.",
    "HUMAN_APPROVED": "A person approved the escalated request.",
    "HUMAN_REJECTED": "A person rejected the escalated request.",
    "ESCALATION_EXPIRED": "Nobody answered the escalated request in time: it is rejected.",
    "OVERRUN": "More was really spent than was approved.",
}
_KINDS = {
    "settle": "The holder told what was really spent.",
    "void": "The holder told that nothing was spent.",
    "expire": "The hold ran out before its payment was begun.",
    "overrun": "More was really spent than was approved.",
    "pause": "All spending was stopped.",
    "resume": "Spending was allowed again.",
}
MEANINGS = {
    "AMOUNT_SHARE": "The amount is a large share of the day's tightest limit.",
    "AMOUNT_HISTORY": "The amount is far above the most that this agent, or others while it is new, usually pay.",
    "ABOVE_ESTIMATE": "The amount is above what the price book expects.",
    "BURST": "The agent asks much more often within minutes than in its own busiest.",
    "SPLIT": "Many requests of one type within an hour add up to more than in the agent's own busiest hour.",
    "REPEATED_TRY": "One order is asked for again and again although it bought nothing or waits for a person.",
    "DUPLICATE": "The same was bought shortly before, in the same words or in others.",
    "BURN_RATE": "The day's limit is used up faster than the day goes by.",
    "ERROR_RATE": "Many of the agent's last requests were rejected, voided, expired or overran.",
    "ROI_CLAIM": "The claimed return is above what nine of ten really reach.",
    "ROI_HISTORY": "The claimed return is far above what this agent claimed before.",
    "SLEEPER": "After a long silence the agent asks for unusually much.",
    "FIRST_USE": "The agent never had a request, or one of this type, approved; this alone never escalates.",
}
_UNKNOWN_MEANING = "This version does not know the factor."
_UNKNOWN_RULE = "This version does not know the rule; its reason is told as it was signed."
_INPUTS = (
    *("amount", "projected_roi", "request_type", "decided_at", "hold_expires_at", "approved_amount", "parent_tx"),
    *("answered_by", "by"),
)


def explain(payload: Mapping[str, Detail]) -> Explanation:
    """The rule that decided, its inputs, each risk factor with its meaning, and the row's effect on the budgets.

    A payload without a kind is a decision: rows were written so before there were other kinds.
    """
    kind, rule = _text(payload, "kind") or "decision", _text(payload, "reason_code")
    sentence = _RULES.get(rule, _UNKNOWN_RULE) if kind in {"decision", "human"} else _KINDS.get(kind, _UNKNOWN_RULE)
    return Explanation(
        kind=kind,
        tx_id=_text(payload, "tx_id"),
        rule=rule,
        sentence=sentence,
        reason=_text(payload, "reason"),
        inputs=_inputs(payload),
        risk_score=_text(payload, "risk_score") or None,
        factors=_factors(payload.get("risk_factors")),
        effect=_effect(kind, payload),
    )


def _text(payload: Mapping[str, Detail], name: str) -> str:
    value = payload.get(name)
    return "" if value is None else str(value)


def _inputs(payload: Mapping[str, Detail]) -> dict[str, str]:
    inputs = {name: _text(payload, name) for name in _INPUTS if payload.get(name) is not None}
    remaining = payload.get("budget_remaining")
    if isinstance(remaining, dict):
        inputs |= {f"{period}_remaining": str(amount) for period, amount in remaining.items()}
    return inputs


def _factors(factors: Detail) -> tuple[ExplainedFactor, ...]:
    if not isinstance(factors, list):
        return ()
    return tuple(
        ExplainedFactor(
            code=_text(factor, "code"),
            points=_text(factor, "points"),
            value=_text(factor, "value"),
            meaning=MEANINGS.get(_text(factor, "code"), _UNKNOWN_MEANING),
        )
        for factor in factors
        if isinstance(factor, dict)
    )


def _effect(kind: str, payload: Mapping[str, Detail]) -> str:
    amount, approved = _text(payload, "amount"), _text(payload, "approved_amount")
    parent = _text(payload, "parent_tx")
    effects = {
        "decision": _decided(payload),
        "human": _decided(payload),
        "settle": f"Of {approved} USD approved by {parent}, {amount} USD count as spent; the rest is free again.",
        "void": f"The {amount} USD approved by {parent} are free again, in the periods of that approval.",
        "expire": f"The {amount} USD held by {parent} are free again, in the periods of that approval.",
        "overrun": f"{amount} USD above the approval {parent}: {_booked(payload.get('booked'))}",
        "pause": f"No budget changed; every request is rejected until {_text(payload, 'by')} or another resumes.",
        "resume": "No budget changed; requests are decided by the rules again.",
    }
    return effects.get(kind, "This version does not know the kind of row, and what it does to the budgets.")


def _decided(payload: Mapping[str, Detail]) -> str:
    if _text(payload, "decision") == "approved":
        held = f", held until {_text(payload, 'hold_expires_at')}" if payload.get("hold_expires_at") else ""
        return (
            f"{_text(payload, 'amount')} USD, rounded up to cents, count as spent in the request's category and the "
            f"total of the day, week and month of {_text(payload, 'decided_at')}{held}."
        )
    if _text(payload, "decision") == "escalated":
        return "Nothing is spent and nothing is held while a person decides."
    return "Nothing is spent and nothing is held."


def _booked(booked: Detail) -> str:
    if not isinstance(booked, dict):
        return "the row does not tell what fitted the limits."
    parts = [
        f"{amount} USD fitted the {period} {category} line"
        for period, lines in booked.items()
        if isinstance(lines, dict)
        for category, amount in lines.items()
    ]
    return f"{', '.join(parts)}; what did not fit a line is its debt, and later approvals see it."
