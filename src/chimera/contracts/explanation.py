"""Why the ledger decided as it did, in sentences, from the signed payload alone."""

from chimera.contracts.contract import Contract


class ExplainedFactor(Contract):
    """One risk factor: its points (hundredths of a logit), the value that was measured, and what it means."""

    code: str
    points: str
    value: str
    meaning: str


class Explanation(Contract):
    """`rule` is the reason code that decided, `sentence` what it means, `inputs` the signed figures it looked at.

    `effect` says what the row did to the budgets. `risk_score` is None for rows that decide nothing.
    """

    kind: str
    tx_id: str
    rule: str
    sentence: str
    reason: str
    inputs: dict[str, str]
    risk_score: str | None
    factors: tuple[ExplainedFactor, ...]
    effect: str
