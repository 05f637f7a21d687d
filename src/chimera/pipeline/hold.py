"""The money of one attempt at a production: asked for, answered, begun, settled or closed.

An approval is a hold under `production_request_id(content_id, attempt)`. Every method can be repeated after a kill.
"""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from chimera.agents.artist.production import Production, production_request_id, production_request_ids
from chimera.agents.director.cost_estimate import CostEstimate
from chimera.contracts.approval import Approval, ApprovalRequest, SignedDecision
from chimera.contracts.escalation import Escalation
from chimera.contracts.settlement import Ending, Settlement
from chimera.core.errors import (
    ApprovalExpired,
    ApprovalRejected,
    BudgetExceeded,
    ChimeraError,
    Conflict,
    InternalError,
    NotFound,
)
from chimera.core.vocabulary import Decision, RequestType, Role
from chimera.pipeline.closing import Closing, closing_of
from chimera.pipeline.crew import Crew
from chimera.pipeline.wire import APPROVE
from chimera.security.decision_signature import read_document
from chimera.storage.records import agents, content_pipeline, ledger
from chimera.storage.records.content_pipeline import ContentRecord
from chimera.tools.permit import hold_expires_at
from chimera.treasury.refusal import escalated_tx, require_approved

REASON_CHARACTERS_MAX = 500
HOLD_FOR = timedelta(hours=6)
"""How long an approved production may wait to begin; once begun its hold does not run out."""


class ProductionHold:
    """The money of attempt `attempt` at the piece `content_id`."""

    def __init__(self, crew: Crew, content_id: UUID, attempt: int) -> None:
        self._crew = crew
        self._content_id = content_id
        self.attempt = attempt
        self.request_id = production_request_id(content_id, attempt)

    async def ask(self) -> Approval:
        """The CFO's word on this attempt; one that waits for a person is answered as it is.

        Raises:
            SpendPaused, BudgetExceeded, RoiTooLow: the money was refused.
            BudgetExceeded: it is more than the agent may ask for; the CFO was not asked.
        """
        request = await self._request()
        await self._require_within(request)
        ask = partial(self._crew.cfo.approve, request, estimate_usd=request.request_cost, hold_for=HOLD_FOR)
        approval = await self._crew.wire.call(APPROVE, request.agent_id, ask)
        tx_id = escalated_tx(approval)
        await self._note_approval(approval, waits_for=str(tx_id) if tx_id else None)
        if tx_id is None:
            require_approved(approval, request)
        return approval

    async def _require_within(self, request: ApprovalRequest) -> None:
        async with self._crew.database.transaction() as connection:
            most = (await agents.config_of(connection, request.agent_id)).request_usd_max
        if most is not None and request.request_cost > most:
            raise BudgetExceeded(
                f"the production is estimated at ${request.request_cost}, and its artist may ask for ${most}",
                {"requested": float(request.request_cost), "remaining": float(most), "agent_id": str(request.agent_id)},
            )

    async def answer(self, tx_id: UUID) -> Approval:
        """What a person answered to the escalated request.

        Raises:
            ApprovalRejected: no, or nobody answered in time.
            BudgetExceeded: yes, but to less than the production is estimated to cost.
        """
        escalation = await self._crew.cfo.escalation(tx_id)
        if escalation.approval is None:
            raise InternalError(f"request {tx_id} was woken without an answer: run it again")
        await self._note_approval(escalation.approval, waits_for=None)
        require_enough(escalation)
        return escalation.approval

    async def begin(self) -> SignedDecision:
        """Note that tools are about to be paid under this approval, and answer it as they check it.

        The scratch folder stands before: what ran for the piece can be read from it from then on.

        Raises:
            ApprovalExpired: the hold ran out before it began.
            ToolFailed: the disk is nearly full.
        """
        await self._crew.artist.open_work(self._content_id)
        signed = await self._crew.cfo.signed_decision(self.request_id)
        expires_at = hold_expires_at(read_document(signed.document))
        if expires_at is None:
            return signed  # given before approvals were holds: it counts as spent until it is settled
        late = ApprovalExpired(f"the approval held until {expires_at:%Y-%m-%d %H:%M:%S} UTC, and nothing was begun")
        if self._crew.clock.now() >= expires_at:
            raise late
        try:
            await self._crew.cfo.begin_spending(self.request_id)
        except Conflict as error:
            raise late from error
        return signed

    async def settle(self, production: Production) -> Settlement:
        """Close the approval at what the production really cost, which may be more than was approved."""
        await self._crew.cfo.settle(self.request_id, production.production_cost)
        return await self._noted("settled", "the production's measured cost", production.production_cost)

    async def close(self, why: str, *, submitting: bool) -> Settlement:
        """Leave no hold open behind a production that failed; `submitting` tells whether a tool job may have begun.

        Where what was used can't be established, or the ledger can't be written, the hold is kept and counts in full.
        """
        why = _one_line(why)
        if not await self._approved():
            return await self._noted("not_approved", why)
        used_usd = await self._crew.artist.used(self._content_id, self.attempt) if submitting else None
        closing = closing_of(submitting=submitting, used_usd=used_usd)
        try:
            return await self._closed(closing, why)
        except Conflict:
            return await self._noted("closed_before", why)
        except ChimeraError as failure:
            return await self._noted("kept", f"{why}; the ledger was not written: {failure.message}")

    async def _closed(self, closing: Closing, why: str) -> Settlement:
        if closing.ending == "voided":
            await self._crew.cfo.void(self.request_id, why)
        elif closing.amount_usd is not None:
            await self._crew.cfo.settle(self.request_id, closing.amount_usd)
        else:
            why = f"{why}; what its tools used can't be established, so the approval counts in full"
        return await self._noted(closing.ending, why, closing.amount_usd)

    async def _approved(self) -> bool:
        try:
            signed = await self._crew.cfo.signed_decision(self.request_id)
        except NotFound:
            return False
        return read_document(signed.document).get("decision") == Decision.APPROVED

    async def _request(self) -> ApprovalRequest:
        piece = await self._piece()
        return ApprovalRequest(
            request_id=self.request_id,
            agent_id=self._crew.agent_ids[Role.ARTIST],
            request_type=RequestType.COMPUTE,
            request_cost=CostEstimate.model_validate(piece.metadata["cost_estimate"]).estimated_cost_usd,
            projected_roi=Decimal(str(piece.metadata["projected_roi"])),
            justification=f"Produce the video {piece.storyboard.title!r}",
        )

    async def _note_approval(self, approval: Approval, *, waits_for: str | None) -> None:
        known = (await self._piece()).metadata.get("approvals", [])
        others = [given for given in known if given["request_id"] != str(self.request_id)]
        await self._note({"approvals": [*others, approval.model_dump(mode="json")], "waits_for": waits_for})

    async def _noted(self, ending: Ending, reason: str, actual_usd: Decimal | None = None) -> Settlement:
        settlement = Settlement(
            request_id=self.request_id, attempt=self.attempt, ending=ending, actual_usd=actual_usd, reason=reason
        )
        known = (await self._piece()).metadata.get("settlements", [])
        others = [made for made in known if made["attempt"] != self.attempt]
        await self._note({"settlements": [*others, settlement.model_dump(mode="json")]})
        return settlement

    async def _note(self, facts: dict[str, Any]) -> None:
        async with self._crew.database.transaction() as connection:
            rows = await ledger.of_requests(connection, production_request_ids(self._content_id))
            told = {
                "ledger_tx_ids": [str(row.tx_id) for row in rows],
                "approval_tx_ids": [str(row.tx_id) for row in rows if row.approved],
                **facts,
            }
            await content_pipeline.merge_metadata(connection, self._content_id, told)

    async def _piece(self) -> ContentRecord:
        async with self._crew.database.transaction() as connection:
            piece = await content_pipeline.get(connection, self._content_id)
        if piece is None:
            raise NotFound(f"there is no content piece {self._content_id}", {"content_id": str(self._content_id)})
        return piece


def _one_line(text: str) -> str:
    """The text as the ledger takes a reason."""
    shown = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(shown.split())[:REASON_CHARACTERS_MAX] or "no reason was given"


def require_enough(escalation: Escalation) -> None:
    """Return if a person approved at least what was asked for. Pure.

    Raises:
        ApprovalRejected: rejected, or not answered in time.
        BudgetExceeded: approved for less, which the production would not be made for.
    """
    if escalation.state != "approved" or escalation.approved_usd is None:
        why = escalation.answer_reason or "nobody answered in time"
        raise ApprovalRejected(
            f"the production's ${escalation.request_cost} were refused: {why}", {"tx_id": str(escalation.tx_id)}
        )
    if escalation.approved_usd < escalation.request_cost:
        raise BudgetExceeded(
            f"${escalation.approved_usd} were approved, the production is estimated at ${escalation.request_cost}: "
            "run it again with a lower --quality",
            {
                "requested": float(escalation.request_cost),
                "remaining": float(escalation.approved_usd),
                "tx_id": str(escalation.tx_id),
            },
        )
