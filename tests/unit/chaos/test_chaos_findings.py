"""What counts as a violation once a storm is over."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import pytest

from chimera.bench.chaos.findings import MoneyRow, PieceFacts, StudioFacts, end_of, violations_of
from chimera.core.vocabulary import Stage

PIECE = UUID("0190aaaa-0000-7000-8000-000000000001")
REQUEST = uuid5(PIECE, "produce/1")
COST = Decimal("0.004")
DECISION = MoneyRow(REQUEST, "decision", approved=True, amount=Decimal("0.01"), amount_micros=9_000)
SETTLE = MoneyRow(REQUEST, "settle", approved=False, amount=Decimal("0.01"), amount_micros=4_000)
VOID = replace(SETTLE, kind="void")
PUBLISHED = PieceFacts(
    content_id=PIECE,
    ended=True,
    stage=Stage.PUBLISHED,
    error=None,
    production_cost=COST,
    rows=(DECISION, SETTLE),
    posts=1,
)
FAILED = replace(PUBLISHED, stage=Stage.FAILED, error="TOOL_FAILED: gone", rows=(DECISION, VOID), posts=0)
AT_REST = StudioFacts(
    ledger_ok=True,
    ledger_problems=(),
    open_holds=0,
    held_usd=Decimal(0),
    spent_usd=Decimal("0.01"),
    tasks={"done": 20},
    tasks_ordered=20,
    effects_left=0,
    feed_ids=(f"urn:uuid:{PIECE}",),
    strange_posts=(),
    scratch_left=(),
    processes_left=(),
    slow_ends=(),
)


def codes(piece: PieceFacts = PUBLISHED, studio: StudioFacts = AT_REST) -> list[str]:
    return [violation.code for violation in violations_of([piece], studio)]


def test_a_published_and_paid_piece_is_as_it_must_be() -> None:
    assert codes() == []
    assert end_of(PUBLISHED) == "published"


def test_a_piece_that_failed_with_its_reason_is_as_it_must_be() -> None:
    nothing_spent = replace(AT_REST, spent_usd=Decimal(0), feed_ids=())
    assert codes(FAILED, nothing_spent) == []
    assert end_of(FAILED) == "failed"


@pytest.mark.parametrize(
    "change",
    [{"ended": False}, {"stage": None, "rows": (), "posts": 0}, {"stage": Stage.GENERATING, "posts": 0}],
)
def test_a_piece_that_came_to_no_end_is_lost(change: dict[str, Any]) -> None:
    assert "LOST_PIECE" in codes(replace(PUBLISHED, **change))


def test_a_piece_that_failed_without_a_reason_is_lost() -> None:
    assert end_of(replace(FAILED, error=None)) == "lost"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"rows": (DECISION, SETTLE, SETTLE)}, "DOUBLE_CHARGE"),
        ({"rows": (DECISION, SETTLE, VOID)}, "DOUBLE_CHARGE"),
        ({"rows": (DECISION,)}, "OPEN_APPROVAL"),
        ({"rows": (DECISION, VOID)}, "UNPAID"),
        ({"rows": (replace(DECISION, approved=False), SETTLE)}, "CHARGE_UNAPPROVED"),
        ({"production_cost": Decimal("0.005")}, "CHARGE_DIFFERS"),
        ({"posts": 2}, "DOUBLE_PUBLISH"),
        ({"posts": 0}, "POST_DIFFERS"),
        ({"stage": Stage.FAILED, "error": "TOOL_FAILED: gone"}, "POST_DIFFERS"),
    ],
)
def test_what_is_wrong_with_a_piece_is_named(change: dict[str, Any], code: str) -> None:
    assert code in codes(replace(PUBLISHED, **change))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"ledger_ok": False, "ledger_problems": ("row 3 is changed",)}, "LEDGER"),
        ({"open_holds": 1}, "OPEN_HOLD"),
        ({"held_usd": Decimal("0.01")}, "OPEN_HOLD"),
        ({"spent_usd": Decimal("0.02")}, "SPENT_DIFFERS"),
        ({"tasks": {"done": 19, "running": 1}}, "TASK_LEFT"),
        ({"tasks": {"done": 19}}, "TASK_LEFT"),
        ({"effects_left": 1}, "EFFECT_LEFT"),
        ({"feed_ids": (f"urn:uuid:{PIECE}",) * 2}, "FEED_DIFFERS"),
        ({"feed_ids": (f"urn:uuid:{REQUEST}",)}, "FEED_DIFFERS"),
        ({"strange_posts": ("abc",)}, "STRANGE_POST"),
        ({"scratch_left": ("channel/.incoming-x",)}, "SCRATCH_LEFT"),
        ({"processes_left": ("7: python",)}, "PROCESS_LEFT"),
        ({"slow_ends": ("after 12 s",)}, "SLOW_END"),
    ],
)
def test_what_is_wrong_with_the_studio_is_named(change: dict[str, Any], code: str) -> None:
    assert codes(studio=replace(AT_REST, **change)) == [code]
