"""`/v1/ledger`: its rows by keyset on `seq`, one signed decision and why, and its verification part by part."""

import base64
import binascii
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from chimera.contracts.approval import SignedDecision
from chimera.contracts.contract import Contract, Moment
from chimera.contracts.explanation import Explanation
from chimera.contracts.ledger import LedgerCheck
from chimera.contracts.spending_orders import LedgerPage
from chimera.core.errors import Forbidden, NotFound, ValidationFailed
from chimera.core.vocabulary import RequestType
from chimera.runtime.operations.desk import Desk
from chimera.runtime.operations.known import KnownOperation, require_own_or
from chimera.runtime.operations.operation import AnyOperation, Call, Operation, Rate
from chimera.runtime.operations.pages import PageSize
from chimera.security.permissions import Permission
from chimera.storage.records import ledger
from chimera.storage.records.ledger import LedgerFilter, LedgerRecord
from chimera.treasury.document import entry_of, signed_decision_of
from chimera.treasury.explanation import explain
from chimera.treasury.ledger_check import PartCheck, check_rows
from chimera.treasury.log.merkle import Frontier

CHECKED_ROWS_MAX = 1_000
CHECKED_ROWS = 500
CHECKING = Rate(per_second=2, burst=4)
_SIZE_BYTES = 8
_CURSOR_CHARACTERS_MAX = 2_800
Kind = Literal["decision", "human", "settle", "void", "expire", "overrun", "pause", "resume"]


class LedgerAsked(Contract):
    """Rows of one agent, decision, type or kind, entered at `since` or later; what is left out is open.

    `cursor` is the `next_cursor` of the page before, a sequence number.
    """

    limit: PageSize = 50
    cursor: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,17}$")] | None = None
    agent_id: UUID | None = None
    approved: bool | None = None
    request_type: RequestType | None = None
    kind: Kind | None = None
    since: Moment | None = None


class TransactionNamed(Contract):
    tx_id: UUID


class CheckAsked(Contract):
    """`cursor` is the `next_cursor` of the part before, unchanged; none begins at the first row."""

    limit: Annotated[int, Field(ge=1, le=CHECKED_ROWS_MAX)] = CHECKED_ROWS
    cursor: Annotated[str, Field(min_length=1, max_length=_CURSOR_CHARACTERS_MAX)] | None = None


def ledger_operations(desk: Desk) -> tuple[AnyOperation, ...]:
    """The reads of the ledger; they need no key."""

    async def list_ledger(_call: Call, asked: LedgerAsked) -> LedgerPage:
        wanted = LedgerFilter(asked.agent_id, asked.approved, asked.request_type, asked.kind, asked.since)
        before = None if asked.cursor is None else int(asked.cursor)
        async with desk.database.transaction() as connection:
            rows = await ledger.filtered(connection, wanted, before, asked.limit + 1)
        listed = rows[: asked.limit]
        cursor = str(listed[-1].seq) if len(rows) > asked.limit else None
        return LedgerPage(entries=tuple(map(entry_of, listed)), next_cursor=cursor)

    async def _row(call: Call, tx_id: UUID) -> LedgerRecord:
        async with desk.database.transaction() as connection:
            row = await ledger.get(connection, tx_id)
        if row is not None:
            require_own_or(call.caller, Permission.READ_LEDGER, row.agent_id)
            return row
        raise NotFound(f"the ledger has no transaction {tx_id}", {"tx_id": str(tx_id)})

    async def show_row(call: Call, asked: TransactionNamed) -> SignedDecision:
        return signed_decision_of(await _row(call, asked.tx_id))

    async def explain_row(call: Call, asked: TransactionNamed) -> Explanation:
        return explain((await _row(call, asked.tx_id)).payload)

    async def verify(_call: Call, asked: CheckAsked) -> LedgerCheck:
        passed = _frontier(asked.cursor)
        async with desk.database.transaction() as connection:
            found = await check_rows(connection, desk.trusted, passed, asked.limit)
        return _told(passed, found)

    return (
        Operation(
            name="ledger.list",
            summary="List the ledger's rows, the newest first, whole, as they can be checked offline.",
            method="GET",
            path="/v1/ledger",
            asks=LedgerAsked,
            answers=LedgerPage,
            run=list_ledger,
            right=Permission.READ_LEDGER,
            failures=(ValidationFailed,),
        ),
        Operation(
            name="ledger.verify",
            summary="Verify the next rows of the ledger and the tree they grow; go on with next_cursor.",
            method="GET",
            path="/v1/ledger/verify",
            asks=CheckAsked,
            answers=LedgerCheck,
            run=verify,
            right=Permission.READ_LEDGER,
            failures=(ValidationFailed,),
            rate=CHECKING,
        ),
        KnownOperation(
            name="ledger.show",
            summary="Show the signed document of a transaction; an agent sees its own.",
            method="GET",
            path="/v1/ledger/{tx_id}",
            asks=TransactionNamed,
            answers=SignedDecision,
            run=show_row,
            right=None,
            failures=(NotFound, Forbidden),
        ),
        KnownOperation(
            name="ledger.explain",
            summary="Tell why a transaction was decided as it was; an agent asks about its own.",
            method="GET",
            path="/v1/ledger/{tx_id}/explanation",
            asks=TransactionNamed,
            answers=Explanation,
            run=explain_row,
            right=None,
            failures=(NotFound, Forbidden),
        ),
    )


def _told(passed: Frontier, found: PartCheck) -> LedgerCheck:
    return LedgerCheck(
        ok=not found.problems_found,
        complete=found.complete,
        first_seq=passed.size + 1,
        rows=found.rows,
        ledger_size=found.ledger_size,
        checkpoints=found.checkpoints,
        root=found.frontier.root().hex(),
        first_bad_seq=found.first_bad_seq,
        problems_found=found.problems_found,
        problems=found.problems,
        next_cursor=_cursor(found.frontier),
    )


def _cursor(frontier: Frontier) -> str:
    """What the next part goes on from: how many rows were checked, and the tree they make."""
    return base64.urlsafe_b64encode(frontier.size.to_bytes(_SIZE_BYTES, "big") + frontier.to_bytes()).decode()


def _frontier(cursor: str | None) -> Frontier:
    if cursor is None:
        return Frontier()
    try:
        raw = base64.b64decode(cursor, altchars=b"-_", validate=True)
        return Frontier.from_bytes(int.from_bytes(raw[:_SIZE_BYTES], "big", signed=True), raw[_SIZE_BYTES:])
    except (ValueError, binascii.Error) as error:
        raise ValidationFailed("cursor is none of ours: take it from next_cursor, or leave it out") from error
