"""Whether spending goes on, what is held, and what is owed (`chimera spend`)."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from chimera.contracts.contract import Contract, Moment, Usd
from chimera.core.vocabulary import RequestType


class Spending(Contract):
    """`paused_at`, `paused_by` and `reason` are None while spending goes on. Debt was really spent beyond a limit:
    the largest of the current lines, since one overrun is charged to several."""

    paused: bool
    paused_at: Moment | None
    paused_by: str | None
    reason: str | None
    open_holds: Annotated[int, Field(ge=0)]
    held_usd: Usd
    debt_usd: Usd


class OpenHold(Contract):
    """An approval whose holder has not settled it; a `submitted` one never expires."""

    tx_id: UUID
    request_id: UUID
    agent_id: UUID
    request_type: RequestType
    amount_usd: Usd
    expires_at: Moment
    submitted: bool


class OpenHoldPage(Contract):
    """Open holds, the first to expire first; `next_cursor` asks for those behind them."""

    holds: tuple[OpenHold, ...]
    next_cursor: str | None
