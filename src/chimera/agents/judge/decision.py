"""From a confidence to what happens with the work (architecture decision 14); pure."""

from decimal import Decimal

from chimera.contracts.judgement import Consequence, JudgementOutcome, Thresholds


def decide_task(
    confidence: Decimal,
    consequence: Consequence,
    thresholds: Thresholds,
    *,
    sensitive: bool,
    attempts_left: int,
) -> JudgementOutcome:
    """A sensitive topic always waits for a person. Otherwise the confidence decides:

    | confidence | draft | publish, spend |
    |---|---|---|
    | above `go_on_above` | goes on | goes on |
    | from `rework_below` to `go_on_above` | goes on | waits for a person |
    | below `rework_below` | done again, waits for a person when no attempt is left | the same |
    """
    if sensitive:
        return JudgementOutcome.HUMAN
    if confidence < thresholds.rework_below:
        return JudgementOutcome.REWORK if attempts_left > 0 else JudgementOutcome.HUMAN
    if confidence > thresholds.go_on_above or consequence is Consequence.DRAFT:
        return JudgementOutcome.GO_ON
    return JudgementOutcome.HUMAN
