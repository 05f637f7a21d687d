"""A process killed with -9 amid approvals: the ledger verifies, and no acknowledged answer is lost or changed."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from uuid import UUID

import pytest

from chimera.contracts.approval import ApprovalRequest
from chimera.core.clock import FixedClock
from chimera.storage.database import Database
from factories_treasury import Office, open_office

pytestmark = pytest.mark.engines

SCRIPT = Path(__file__).with_name("approving_process.py")
SECONDS_MAX = 30.0


async def _approve_until_killed(office: Office, database_url: str, answers: int) -> list[dict[str, object]]:
    """The answers the process printed until, after `answers` of them, it was killed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(SCRIPT),
        database_url,
        str(office.cfo),
        str(office.spender),
        stdout=PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(SECONDS_MAX):
            lines = [await process.stdout.readline() for _ in range(answers)]
            process.kill()
            lines += (await process.stdout.read()).splitlines()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("answers", [1, 30])
async def test_after_kill_9_the_books_agree_and_every_answer_stands(
    database: Database, database_url: str, clock: FixedClock, answers: int
) -> None:
    office = await open_office(database, clock)
    given = await _approve_until_killed(office, database_url, answers)
    treasury = office.treasury(database)
    report = await treasury.verify()
    assert report.problems == ()
    assert report.entries >= len(given) >= answers
    for line in given:
        request = ApprovalRequest.model_validate(line["request"])
        assert (await treasury.signed_decision(UUID(str(request.request_id)))).signature == line["signature"]
    replayed = await treasury.decide(ApprovalRequest.model_validate(given[0]["request"]))
    assert replayed.approval_signature == given[0]["signature"]
    assert (await treasury.verify()).entries == report.entries
