"""Dead letters on their way to their table: gathered, bounded, and never in the way of the work."""

import asyncio
from collections import deque
from uuid import UUID

from chimera.core.clock import Clock
from chimera.core.identity import new_id
from chimera.runtime.dispatch.hint_lists import Message
from chimera.runtime.dispatch.hints import Hint, hint_message, shared_list
from chimera.runtime.dispatch.trouble import NO_POSTGRESQL, Trouble
from chimera.storage.database import Database
from chimera.storage.records import dead_letter
from chimera.storage.records.dead_letter import DeadLetter

WAITING_MAX = 10_000
WRITTEN_AT_ONCE = 1_000
KEPT_CHARACTERS_MAX = 1_024
_TRIM_EVERY = 10_000


class DeadLetters:
    """What could not be used, until it is written. Of a flood the oldest are kept, and how many more there were."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._waiting: deque[DeadLetter] = deque()
        self._left_out = 0
        self._some = asyncio.Event()
        self._since_trim = 0

    def refuse_message(self, message: Message, reason: str) -> None:
        text = readable(message.body)
        if message.length > len(message.body):
            text += f"... ({message.length} bytes)"
        self._add(shared_list(message.priority), text, reason, None)

    def refuse_hint(self, hint: Hint, reason: str) -> None:
        self._add(shared_list(hint.priority), hint_message(hint.task_id, hint.agent_role), reason, UUID(hint.task_id))

    async def run(self) -> None:
        """Write what comes, until cancelled."""
        trouble = Trouble("PostgreSQL", "dead letters")
        while True:
            await self._some.wait()
            self._some.clear()
            while self._waiting:
                try:
                    await self._write()
                    trouble.over()
                except NO_POSTGRESQL as error:
                    trouble.begins(error)
                    await trouble.pause()

    async def _write(self) -> None:
        batch = [self._waiting[place] for place in range(min(len(self._waiting), WRITTEN_AT_ONCE))]
        async with self._database.transaction() as connection:
            await dead_letter.add_all(connection, batch)
            self._since_trim += len(batch)
            if self._since_trim >= _TRIM_EVERY:
                await dead_letter.trim(connection)
                self._since_trim = 0
        for _ in batch:
            self._waiting.popleft()
        if left_out := self._left_out:
            self._left_out = 0
            self._add("task_queue", "", f"a flood: {left_out} more messages were refused and not kept", None)

    def _add(self, queue: str, message: str, reason: str, task_id: UUID | None) -> None:
        if len(self._waiting) >= WAITING_MAX:
            self._left_out += 1
            return
        now = self._clock.now()
        self._waiting.append(DeadLetter(new_id(self._clock), queue, message, reason, task_id, now))
        self._some.set()


def readable(body: bytes) -> str:
    """Any bytes as text that can be kept and shown."""
    text = body[:KEPT_CHARACTERS_MAX].decode(errors="backslashreplace")
    return text.replace("\x00", "\\x00")
