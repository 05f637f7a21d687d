"""Why the ledger decided as it did, in sentences, from the signed payload alone."""

from chimera.contracts.contract import Contract


class ExplainedFactor(Contract):
    """One risk factor: its points (logits, two decimals), the measured value, and what it means."""

    code: str
    points: str
    value: str
    meaning: str


class Explanation(Contract):
    """`rule` is the reason code that decided, `inputs` the signed numbers it looked at, `effect` what became of the money."""

    kind: str
    tx_id: str
    rule: str
    sentence: str
    inputs: dict[str, str]
    risk_score: str | None
    factors: tuple[ExplainedFactor, ...]
    effect: str
