"""The books over HTTP: the ledger by keyset, one signed decision and why, the budget lines with an ETag."""

import hashlib
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from chimera.api.callers import anybody, whoever_may
from chimera.api.spending import require_readable
from chimera.api.treasury_door import TreasuryDoor
from chimera.contracts.approval import SignedDecision
from chimera.contracts.explanation import Explanation
from chimera.contracts.ledger import LedgerEntry
from chimera.contracts.spending_orders import BudgetList, LedgerPage
from chimera.security.decision_signature import read_document
from chimera.security.permissions import Caller, Permission
from chimera.treasury.explanation import explain

PAGE_ROWS_MAX = 200
PageSize = Annotated[int, Query(ge=1, le=PAGE_ROWS_MAX)]
Cursor = Annotated[str, Query(pattern=r"^[1-9][0-9]{0,17}$")]


def book_routes(door: TreasuryDoor) -> APIRouter:
    """The books are for those whose rights say so, a single decision also for who asked for it."""
    router = APIRouter(prefix="/v1")
    treasury = door.treasury
    known = Annotated[Caller, Depends(anybody(door.gate))]
    reads_ledger = Depends(whoever_may(door.gate, Permission.READ_LEDGER))
    reads_budget = Depends(whoever_may(door.gate, Permission.READ_BUDGET))

    @router.get("/ledger", dependencies=[reads_ledger])
    async def ledger(limit: PageSize = 50, cursor: Cursor | None = None) -> LedgerPage:
        entries = await treasury.entries(limit, None if cursor is None else int(cursor))
        return LedgerPage(entries=entries, next_cursor=_cursor_behind(entries))

    @router.get("/ledger/{tx_id}")
    async def signed_decision(tx_id: UUID, caller: known) -> SignedDecision:
        signed = await treasury.signed_decision_of_tx(tx_id)
        require_readable(caller, signed)
        return signed

    @router.get("/ledger/{tx_id}/explanation")
    async def explanation(tx_id: UUID, caller: known) -> Explanation:
        signed = await treasury.signed_decision_of_tx(tx_id)
        require_readable(caller, signed)
        return explain(read_document(signed.document))

    @router.get("/budgets", dependencies=[reads_budget])
    async def budgets(request: Request) -> Response:
        body = BudgetList(budgets=await treasury.budgets()).model_dump_json().encode()
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {"ETag": tag, "Cache-Control": "no-cache"}
        if tag in {known.strip().removeprefix("W/") for known in request.headers.get("if-none-match", "").split(",")}:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type="application/json", headers=headers)

    return router


def _cursor_behind(entries: tuple[LedgerEntry, ...]) -> str | None:
    """`seq` has no gaps, so nothing is behind row 1."""
    return str(entries[-1].seq) if entries and entries[-1].seq > 1 else None
