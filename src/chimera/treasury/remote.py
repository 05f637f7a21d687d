"""A treasury that is asked over HTTP: for processes that do not hold the CFO's key.

Every call may be sent again: the request id makes a repeated one answer the same, also when the first answer was lost.
"""

import asyncio
from datetime import timedelta
from decimal import Decimal
from types import TracebackType
from typing import Self, TypeVar
from uuid import UUID

from nacl.signing import VerifyKey

from chimera.contracts.approval import Approval, ApprovalRequest, SignedDecision
from chimera.contracts.budget import BudgetState
from chimera.contracts.contract import Contract
from chimera.contracts.escalation import Escalation
from chimera.contracts.exact_json import read_json, write_json
from chimera.contracts.ledger import LedgerEntry
from chimera.contracts.spending_orders import BudgetList, Settlement, Voiding
from chimera.core.errors import InvalidSignature
from chimera.treasury.http_asking import Asking, Call, Sleep, TokenSource

_Document = TypeVar("_Document", bound=Contract)


class RemoteTreasury:
    """Section 3's `internal.agent.cfo.approve` and the holds, as another process offers them."""

    def __init__(
        self,
        url: str,
        tokens: TokenSource,
        public_key: VerifyKey,
        *,
        plain_http_allowed: bool = False,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """`public_key` is the CFO's, known from elsewhere: the server is not asked whose signatures to believe.

        Raises:
            ValidationFailed: a token is not sent to that url.
        """
        self._asking = Asking(url, tokens, plain_http_allowed=plain_http_allowed, sleep=sleep)
        self.public_key = public_key

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._asking.aclose()

    async def decide(
        self, request: ApprovalRequest, *, estimate_usd: Decimal | None = None, hold_for: timedelta | None = None
    ) -> Approval:
        terms: dict[str, str] = {}
        if estimate_usd is not None:
            terms["estimate_usd"] = f"{estimate_usd:f}"
        if hold_for is not None:
            terms["hold_seconds"] = str(int(hold_for.total_seconds()))
        approval = await self._answer(
            Call("POST", "/v1/internal.agent.cfo.approve", request.agent_id, write_json(request), terms), Approval
        )
        if approval.request_id != request.request_id:
            raise InvalidSignature("the answer is for another request: nothing was approved here")
        return approval

    async def begin_spending(self, request_id: UUID) -> None:
        await self._asking.ask(Call("POST", f"/v1/holds/{request_id}/begin", request_id))

    async def settle(self, request_id: UUID, actual_usd: Decimal) -> LedgerEntry:
        body = write_json(Settlement(actual_usd=actual_usd))
        return await self._answer(Call("POST", f"/v1/holds/{request_id}/settle", request_id, body), LedgerEntry)

    async def void(self, request_id: UUID, reason: str) -> LedgerEntry:
        body = write_json(Voiding(reason=reason))
        return await self._answer(Call("POST", f"/v1/holds/{request_id}/void", request_id, body), LedgerEntry)

    async def signed_decision(self, request_id: UUID) -> SignedDecision:
        return await self._answer(Call("GET", f"/v1/requests/{request_id}/decision", request_id), SignedDecision)

    async def signed_decision_of_tx(self, tx_id: UUID) -> SignedDecision:
        return await self._answer(Call("GET", f"/v1/ledger/{tx_id}", tx_id), SignedDecision)

    async def budgets(self) -> tuple[BudgetState, ...]:
        return (await self._answer(Call("GET", "/v1/budgets", None), BudgetList)).budgets

    async def escalation(self, tx_id: UUID) -> Escalation:
        return await self._answer(Call("GET", f"/v1/approvals/{tx_id}", tx_id), Escalation)

    async def _answer(self, call: Call, contract: type[_Document]) -> _Document:
        return read_json(await self._asking.ask(call), contract)
