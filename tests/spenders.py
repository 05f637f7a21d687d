"""Drives `spending_process.py`: orders for forked spenders, and their answers; and a recount of what they left."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from chimera.storage.database import Database

SCRIPT = Path(__file__).with_name("spending_process.py")
SECONDS_MAX = 60.0


@dataclass
class Told:
    """What one spender acknowledged before it ended; `ended` is its exit code, minus the signal that killed it."""

    answers: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    ended: int | None = None
    stopping: int | None = None


class Spenders:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def send(self, order: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write((json.dumps(order) + "\n").encode())
        await self.process.stdin.drain()

    async def line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        async with asyncio.timeout(SECONDS_MAX):
            text = await self.process.stdout.readline()
        assert text, "the spending process ended"
        found: dict[str, Any] = json.loads(text)
        return found

    async def spend(self, order: dict[str, Any]) -> Told:
        """One spender's whole life."""
        await self.send(order)
        return await self.rest(Told())

    async def rest(self, told: Told) -> Told:
        while told.ended is None:
            self.take(told, await self.line())
        return told

    async def until_ready(self) -> None:
        """Until the spender stands at its gate."""
        while "ready" not in await self.line():
            pass

    def take(self, told: Told, line: dict[str, Any]) -> None:
        if "did" in line:
            told.answers[line["did"]] = line["answer"]
        elif "refused" in line:
            told.refused.append(f"{line['refused']}: {line['why']}")
        elif "stopping" in line:
            told.stopping = line["stopping"]
        elif "ended" in line:
            told.ended = line["ended"]


@asynccontextmanager
async def spenders() -> AsyncIterator[Spenders]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(SCRIPT), stdin=PIPE, stdout=PIPE, env=environment, start_new_session=True
    )
    try:
        yield Spenders(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(SECONDS_MAX):
                await process.wait()
        except TimeoutError:
            pass
        finally:
            _end_family(process.pid)
            await process.wait()


def _end_family(group: int) -> None:
    """The process and whatever it forked, stopped ones too: none may keep our pipe open."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


@dataclass(frozen=True)
class Recount:
    rows: int
    kinds: dict[str, int]
    spent_cents: int
    held_cents: int


async def recount(database: Database) -> Recount:
    """Signatures by `cryptography`, a dense sequence, the lines against the rows: without anything of the treasury."""
    async with database.transaction() as connection:
        rows = await (await connection.execute("SELECT * FROM ledger ORDER BY seq")).fetchall()
        keys = {
            row["key_id"]: Ed25519PublicKey.from_public_bytes(bytes(row["public_key"]))
            for row in await (await connection.execute("SELECT key_id, public_key FROM ledger_key")).fetchall()
        }
        lines = await (await connection.execute("SELECT * FROM budget_tracking WHERE category = 'total'")).fetchall()
        holds = await (await connection.execute("SELECT tx_id FROM spend_hold")).fetchall()
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    spent = held = 0
    kinds: dict[str, int] = {}
    approved: dict[Any, tuple[int, bool]] = {}
    for row in rows:
        text = json.dumps(row["payload"], sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
        signature = row["approval_signature"]
        keys[row["key_id"]].verify(bytes.fromhex(signature[2:]), b"chimera/cfo-decision/v1\n" + text)
        assert bytes(row["leaf_hash"]) == sha256(b"\x00" + text + b"\n" + signature.encode()).digest()
        kinds[row["kind"]] = kinds.get(row["kind"], 0) + 1
        cents = int(row["amount"] * 100)
        if row["approved"]:
            approved[row["tx_id"]] = (cents, "hold_expires_at" in row["payload"])
            spent, held = spent + cents, held + cents * approved[row["tx_id"]][1]
        elif row["kind"] in ("settle", "void", "expire"):
            whole, was_held = approved.pop(row["parent_tx"])
            spent += (cents if row["kind"] == "settle" else 0) - whole
            held -= whole * was_held
        elif row["kind"] == "overrun":
            spent += cents
    assert {hold["tx_id"] for hold in holds} == {tx_id for tx_id, (_, was_held) in approved.items() if was_held}
    for line in lines:
        assert (line["spent_amount"] + line["debt_amount"], line["held_amount"]) == (
            Decimal(spent).scaleb(-2),
            Decimal(held).scaleb(-2),
        )
    return Recount(len(rows), kinds, spent, held)
