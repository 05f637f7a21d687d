"""`chimera budget` on a studio: limits by people meet the settings, versions and what is spent."""

import json
from decimal import Decimal
from uuid import uuid4

import psycopg
import pytest

from chimera.cli import budget
from chimera.cli.studio import studio_of_environment
from chimera.contracts.approval import Approval, ApprovalRequest
from chimera.core.errors import Conflict, ValidationFailed
from chimera.core.vocabulary import RequestType, Role

pytestmark = pytest.mark.usefixtures("studio_environment")
Captured = pytest.CaptureFixture[str]


async def lines(capsys: Captured) -> dict[tuple[str, str], dict[str, object]]:
    capsys.readouterr()
    await budget.show(json=True)
    found = json.loads(capsys.readouterr().out)["budgets"]
    return {(line["period"], line["category"]): line for line in found}


async def spend(cost: str) -> Approval:
    async with studio_of_environment() as studio:
        return await studio.treasury.decide(
            ApprovalRequest(
                request_id=uuid4(),
                agent_id=await studio.agent(Role.ARTIST),
                request_type=RequestType.COMPUTE,
                request_cost=Decimal(cost),
                projected_roi=Decimal("2.5"),
                justification="Render a video",
            )
        )


async def test_a_limit_set_before_any_decision_is_shown_and_binds_the_first_one(capsys: Captured) -> None:
    await budget.set_("daily", "total", Decimal("10.00"), reason="first day", json=True)
    done = json.loads(capsys.readouterr().out)
    assert (done["wanted"], done["line_limit"], done["change"]["version"]) == (10.0, None, 1)
    line = (await lines(capsys))["daily", "total"]
    assert (line["limit"], line["limit_origin"], line["version"]) == (10.0, "person", 1)
    assert not (await spend("10.01")).approved
    assert (await spend("1.00")).approved


async def test_a_limit_binds_from_the_next_decision_on_and_a_lifted_one_no_more(capsys: Captured) -> None:
    assert (await spend("20.00")).approved
    await budget.set_("daily", "total", Decimal("25.00"), reason="quiet week")
    assert "Daily total limit: $25.00, set by ana (version 1); it was $1000.00." in capsys.readouterr().out
    refused = await spend("5.01")
    assert not refused.approved
    assert "remaining 5.00" in refused.reason
    await budget.set_("daily", "total", reset=True, reason="week is over")
    assert (await spend("5.01")).approved
    line = (await lines(capsys))["daily", "total"]
    assert (line["limit"], line["limit_origin"], line["version"], line["spent"]) == (1000.0, "setting", 2, 25.01)


async def test_a_limit_below_what_is_spent_stands_there_and_alerts_at_once(capsys: Captured) -> None:
    assert (await spend("20.00")).approved
    await budget.set_("weekly", "compute", Decimal("15.00"), reason="enough")
    assert "$20.00 of this period is spent already" in capsys.readouterr().out
    line = (await lines(capsys))["weekly", "compute"]
    assert (line["limit"], line["remaining"], line["alerts"]) == (20.0, 0.0, [50, 80, 100])
    await budget.alerts()
    assert "Weekly compute budget: 100% used, $20.00 of $20.00" in capsys.readouterr().out
    assert not (await spend("0.01")).approved


async def test_a_stale_version_is_a_conflict_that_tells_the_present_value_and_its_author(capsys: Captured) -> None:
    await budget.set_("daily", "total", Decimal(400), reason="less", as_="bea")
    with pytest.raises(Conflict, match=r"\$400.00 now \(version 1, changed by bea at .* you saw version 0") as stale:
        await budget.set_("daily", "total", Decimal(300), reason="still less", if_version=0)
    assert stale.value.details == {"limit": 400.0, "version": 1, "changed_by": "bea"}
    await budget.set_("daily", "total", Decimal(300), reason="still less", if_version=1)
    assert (await lines(capsys))["daily", "total"]["limit"] == 300.0


async def test_the_history_tells_every_change(capsys: Captured) -> None:
    await budget.set_("daily", "total", Decimal(400), reason="less", as_="bea")
    await budget.set_("daily", "total", reset=True, reason="back")
    capsys.readouterr()
    await budget.history(json=True)
    changes = json.loads(capsys.readouterr().out)["changes"]
    told = [(one["version"], one["changed_by"], one["previous"], one["limit"], one["reason"]) for one in changes]
    assert told == [(2, "ana", 400.0, None, "back"), (1, "bea", 1000.0, 400.0, "less")]


@pytest.mark.parametrize(
    ("period", "category", "amount", "reason", "told"),
    [
        ("daily", "total", "1000.01", "more", "at most \\$1000.00"),
        ("daily", "compute", "1000.01", "more", "at most \\$1000.00"),
        ("weekly", "total", "0", "none", "is no limit"),
        ("weekly", "total", "-5", "none", "is no limit"),
        ("weekly", "total", "1e400", "much", "is no limit"),
        ("weekly", "total", "NaN", "odd", "is no limit"),
        ("weekly", "total", "0.001", "fine", "is no limit"),
        ("weekly", "total", "5", "  ", "say why"),
        ("weekly", "total", "5", "x" * 501, "say why"),
        ("weekly", "total", "5", "\x00", "say why"),
    ],
)
async def test_what_is_no_limit_or_gives_no_reason_is_refused_and_nothing_is_written(
    period: budget.Period, category: budget.Category, amount: str, reason: str, told: str, database_url: str
) -> None:
    with pytest.raises(ValidationFailed, match=told):
        await budget.set_(period, category, Decimal(amount), reason=reason)
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM budget_change").fetchone() == (0,)


async def test_a_limit_nobody_set_can_not_be_lifted() -> None:
    with pytest.raises(Conflict, match="nothing to lift"):
        await budget.set_("daily", "total", reset=True, reason="tidy")


@pytest.mark.parametrize(("amount", "reset"), [(None, False), (Decimal(5), True)])
async def test_either_an_amount_or_a_reset_is_wanted(amount: Decimal | None, reset: bool) -> None:
    with pytest.raises(ValidationFailed, match="either the new limit"):
        await budget.set_("daily", "total", amount, reset=reset, reason="unclear")
