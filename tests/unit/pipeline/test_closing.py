"""What becomes of an approval whose production failed."""

from decimal import Decimal

import pytest

from chimera.pipeline.closing import Closing, closing_of


@pytest.mark.parametrize("used_usd", [None, Decimal(0), Decimal("0.03")])
def test_before_a_tool_job_could_be_submitted_nothing_was_spent(used_usd: Decimal | None) -> None:
    assert closing_of(submitting=False, used_usd=used_usd) == Closing("voided")


def test_provably_no_job_is_void() -> None:
    assert closing_of(submitting=True, used_usd=Decimal(0)) == Closing("voided")


def test_what_the_jobs_used_is_settled() -> None:
    assert closing_of(submitting=True, used_usd=Decimal("0.03")) == Closing("settled", Decimal("0.03"))


def test_what_is_not_known_is_kept() -> None:
    assert closing_of(submitting=True, used_usd=None) == Closing("kept")
