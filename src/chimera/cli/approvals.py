"""`chimera approvals list|show|approve|reject|watch`: requests for money that wait for a person."""

import asyncio
import sys
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from cyclopts import Parameter

from chimera.bootstrap.studio import Studio
from chimera.cli.approval_text import print_answer, print_escalation, print_escalations
from chimera.cli.arrivals import SHOWN_MAX, show_live, tell_arrivals, waiting_now
from chimera.cli.document import print_json
from chimera.cli.failure import EXIT_WAITING
from chimera.cli.options import Json, Limit
from chimera.cli.person import As, person
from chimera.cli.screen import screen
from chimera.cli.studio import studio_of_environment
from chimera.cli.transaction import transaction, whole_id
from chimera.contracts.budget import BudgetLine
from chimera.contracts.escalation import Escalation
from chimera.contracts.explanation import Explanation
from chimera.core.background import end
from chimera.core.errors import ValidationFailed
from chimera.security.decision_signature import read_document
from chimera.storage.escalation_notices import escalation_notices
from chimera.storage.records import agents
from chimera.treasury.budget_lines import budget_lines
from chimera.treasury.explanation import explain

Tx = Annotated[str, Parameter(help="The transaction, or six or more hexadecimal digits of it that fit one only.")]
Reason = Annotated[str, Parameter(help="Why; it stands in the ledger.")]
Less = Annotated[Decimal | None, Parameter(name="--amount", help="Approve less: this many USD.")]


async def list_(*, limit: Limit = 20, json: Json = False) -> None:
    """List what waits for a person, the longest waiting first, then the newest answers."""
    async with studio_of_environment() as studio:
        listed = await studio.treasury.escalations(limit)
    if json:
        print_json({"approvals": [escalation.model_dump(mode="json") for escalation in listed]})
    else:
        print_escalations(listed, studio.clock.now(), screen())


async def show(tx: Tx, *, json: Json = False) -> int:
    """Show one request whole: who asks for what and why, the risk point by point, what the budgets still hold.

    Ends with exit code 4 while it waits.
    """
    async with studio_of_environment() as studio:
        escalation = await studio.treasury.escalation(await _meant(studio, tx))
        explanation = await _explained(studio, escalation.tx_id)
        budgets = await _budgets(studio)
        asked_by = await _named(studio, escalation.agent_id)
    if json:
        print_json(_document(escalation, explanation, budgets))
    else:
        now = studio.clock.now()
        print_escalation(escalation, explanation, budgets, asked_by=asked_by, now=now, console=screen())
    return EXIT_WAITING if escalation.state == "waiting" else 0


async def approve(tx: Tx, *, amount: Less = None, reason: Reason = "", as_: As = None, json: Json = False) -> None:
    """Approve a waiting request, or a part of it; never one's own."""
    if amount is not None and not (amount.is_finite() and amount > 0):
        raise ValidationFailed("--amount: write dollars, more than 0", {"field": "amount"})
    by = person(as_)
    async with studio_of_environment() as studio:
        tx_id = await _meant(studio, tx)
        await studio.treasury.answer(tx_id, by=by, approve=True, reason=reason, amount_usd=amount)
        answered = await studio.treasury.escalation(tx_id)
    _show_answer(answered, as_json=json)


async def reject(tx: Tx, *, reason: Reason, as_: As = None, json: Json = False) -> None:
    """Reject a waiting request; the reason is required."""
    by = person(as_)
    async with studio_of_environment() as studio:
        tx_id = await _meant(studio, tx)
        await studio.treasury.answer(tx_id, by=by, approve=False, reason=reason)
        answered = await studio.treasury.escalation(tx_id)
    _show_answer(answered, as_json=json)


async def watch(*, json: Json = False) -> None:
    """Show requests as they come to wait for a person, until Ctrl-C; with --json one document a line."""
    async with studio_of_environment() as studio, escalation_notices(studio.database.url) as notices:
        states = waiting_now(studio.treasury.escalations, notices.wait)
        as_lines = json or not sys.stdout.isatty()
        telling = asyncio.create_task(
            tell_arrivals(states, as_json=json) if as_lines else show_live(states, studio.clock, screen())
        )
        try:
            await asyncio.wait({telling})
            telling.result()
        except asyncio.CancelledError:
            return  # Ctrl-C is how watching ends
        finally:
            await end(telling)


def _document(escalation: Escalation, explanation: Explanation, budgets: tuple[BudgetLine, ...]) -> dict[str, object]:
    return {
        "approval": escalation.model_dump(mode="json"),
        "explanation": explanation.model_dump(mode="json"),
        "budgets": [line.model_dump(mode="json") for line in budgets],
    }


def _show_answer(answered: Escalation, *, as_json: bool) -> None:
    if as_json:
        print_json(answered.model_dump(mode="json"))
    else:
        print_answer(answered, screen())


async def _meant(studio: Studio, tx: str) -> UUID:
    """Answered ones count as well, so that a second answer is told what the first was."""
    if (exact := whole_id(tx)) is not None:
        return exact
    listed = await studio.treasury.escalations(SHOWN_MAX)
    return transaction(tx, [escalation.tx_id for escalation in listed], among="the escalated ones")


async def _explained(studio: Studio, tx_id: UUID) -> Explanation:
    signed = await studio.treasury.signed_decision_of_tx(tx_id)
    return explain(read_document(signed.document))


async def _budgets(studio: Studio) -> tuple[BudgetLine, ...]:
    async with studio.database.transaction() as connection:
        return await budget_lines(connection, studio.settings.budget_limit, studio.clock.now())


async def _named(studio: Studio, agent_id: UUID) -> str:
    async with studio.database.transaction() as connection:
        agent = await agents.get(connection, agent_id)
    return f"{agent_id} ({agent.role})" if agent else str(agent_id)
