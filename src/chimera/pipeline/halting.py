"""What people do about the halt: begin it, end it, ask for it. Each can be repeated without harm."""

from chimera.contracts.halt import HaltState
from chimera.core.clock import Clock
from chimera.core.identity import new_id
from chimera.storage.database import Database
from chimera.storage.records import studio_halt


async def halt(database: Database, clock: Clock, *, by: str, reason: str) -> HaltState:
    """Stop everything at its next safe point; a halt that stands already stays its author's."""
    async with database.transaction() as connection:
        changed = await studio_halt.begin(connection, new_id(clock), by=by, reason=reason, at=clock.now())
    return await state(database, changed=changed)


async def unhalt(database: Database, clock: Clock, *, by: str, reason: str) -> HaltState:
    """Let everything go on; a studio that is at work goes on as it was."""
    async with database.transaction() as connection:
        changed = await studio_halt.end(connection, by=by, reason=reason, at=clock.now())
    return await state(database, changed=changed)


async def state(database: Database, *, changed: bool = False) -> HaltState:
    """The halt that stands, or how the last one ended."""
    async with database.transaction() as connection:
        newest = await studio_halt.newest(connection, 1)
    if not newest:
        return HaltState(halted=False, changed=changed, by=None, reason=None, since=None)
    last = newest[0]
    if last.ended_at is None:
        return HaltState(halted=True, changed=changed, by=last.halted_by, reason=last.reason, since=last.halted_at)
    return HaltState(halted=False, changed=changed, by=last.ended_by, reason=last.end_reason, since=last.ended_at)
