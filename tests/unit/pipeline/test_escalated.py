"""What a person's answer means for the production that asked."""

import pytest

from chimera.core.errors import ApprovalRejected, BudgetExceeded
from chimera.pipeline.hold import require_enough
from factories_escalation import make_escalation


def test_what_was_asked_for_is_enough() -> None:
    require_enough(make_escalation("approved", approved="5.00"))


def test_less_than_was_asked_for_names_both_amounts() -> None:
    with pytest.raises(BudgetExceeded, match=r"\$4.99 were approved.*\$5.00"):
        require_enough(make_escalation("approved", approved="4.99"))


def test_a_rejection_tells_the_persons_reason() -> None:
    with pytest.raises(ApprovalRejected, match="too dear"):
        require_enough(make_escalation("rejected", why="too dear"))


def test_silence_is_a_rejection() -> None:
    with pytest.raises(ApprovalRejected, match="nobody answered"):
        require_enough(make_escalation("expired", why=None))
