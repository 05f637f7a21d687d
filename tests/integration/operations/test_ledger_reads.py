"""The ledger's pages and filters, a row and why, and its verification part by part."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from chimera.contracts.approval import SignedDecision
from chimera.contracts.explanation import Explanation
from chimera.contracts.ledger import LedgerCheck
from chimera.contracts.spending_orders import LedgerPage
from chimera.core.clock import FixedClock
from chimera.core.errors import Forbidden, NotFound, ValidationFailed
from chimera.core.vocabulary import Role
from chimera.runtime.operations.desk import Desk
from chimera.storage.database import Database, open_database
from chimera.treasury.treasury import Treasury
from factories_operations import CREATOR, FINANCE, agent, ask, desk_on
from factories_treasury import Office

pytestmark = pytest.mark.engines


@pytest.fixture
async def rows(treasury: Treasury, office: Office) -> Treasury:
    """Five approvals, one of them for compute and voided, and a rejection."""
    for cost in ("1.00", "2.00", "3.00", "4.00"):
        await treasury.decide(office.request(cost))
    voided = office.request("5.00", request_type="compute")
    await treasury.decide(voided)
    await treasury.decide(office.request("10000.01"))
    await treasury.void(voided.request_id, "not needed")
    return treasury


async def seqs(desk: Desk, **filters: Any) -> list[int]:
    page = await ask(desk, "ledger.list", FINANCE, LedgerPage, **filters)
    return [entry.seq for entry in page.entries]


@pytest.mark.usefixtures("rows")
async def test_pages_go_by_the_sequence_and_end(desk: Desk) -> None:
    seen, cursor = [], None
    for _ in range(4):
        page = await ask(desk, "ledger.list", FINANCE, LedgerPage, limit=2, cursor=cursor)
        seen += [entry.seq for entry in page.entries]
        cursor = page.next_cursor
    assert (seen, cursor) == ([7, 6, 5, 4, 3, 2, 1], None)


@pytest.mark.usefixtures("rows")
async def test_filters_leave_only_what_was_asked_for(desk: Desk, office: Office, clock: FixedClock) -> None:
    assert await seqs(desk, approved=True) == [5, 4, 3, 2, 1]
    assert await seqs(desk, approved=False, kind="decision") == [6]
    assert await seqs(desk, request_type="compute") == [7, 5]
    assert await seqs(desk, kind="void") == [7]
    assert await seqs(desk, agent_id=office.spender, limit=1) == [7]
    assert await seqs(desk, agent_id=uuid4()) == []
    assert len(await seqs(desk, since=clock.now())) == 7
    assert await seqs(desk, since="2027-01-01T00:00:00Z") == []


@pytest.mark.usefixtures("rows")
async def test_an_agent_reads_its_own_rows_and_no_others(desk: Desk, office: Office) -> None:
    tx_id = (await ask(desk, "ledger.list", FINANCE, LedgerPage, limit=1)).entries[0].tx_id
    own = agent(Role.ARTIST, office.spender)
    assert (await ask(desk, "ledger.show", own, SignedDecision, tx_id=tx_id)).tx_id == tx_id
    assert (await ask(desk, "ledger.explain", own, Explanation, tx_id=tx_id)).kind == "void"
    with pytest.raises(Forbidden):
        await ask(desk, "ledger.show", agent(Role.ARTIST), SignedDecision, tx_id=tx_id)
    with pytest.raises(Forbidden):
        await ask(desk, "ledger.list", CREATOR, LedgerPage)
    with pytest.raises(NotFound):
        await ask(desk, "ledger.show", FINANCE, SignedDecision, tx_id=UUID(int=7))


async def test_the_ledger_is_verified_part_by_part_and_then_only_what_is_new(
    desk: Desk, rows: Treasury, office: Office
) -> None:
    parts = [await ask(desk, "ledger.verify", FINANCE, LedgerCheck, limit=3)]
    while not parts[-1].complete:
        parts.append(await ask(desk, "ledger.verify", FINANCE, LedgerCheck, limit=3, cursor=parts[-1].next_cursor))
    assert [(part.ok, part.first_seq, part.rows) for part in parts] == [(True, 1, 3), (True, 4, 3), (True, 7, 1)]
    assert parts[-1].root == (await rows.verify()).root
    await rows.decide(office.request("1.00"))
    new = await ask(desk, "ledger.verify", FINANCE, LedgerCheck, cursor=parts[-1].next_cursor)
    assert (new.ok, new.complete, new.first_seq, new.rows) == (True, True, 8, 1)


@pytest.fixture
async def owner(owner_url: str) -> AsyncIterator[Database]:
    async with open_database(owner_url) as opened:
        yield opened


@pytest.mark.usefixtures("rows")
async def test_a_changed_row_is_found_in_its_part(desk: Desk, owner: Database) -> None:
    async with owner.transaction() as connection:
        await connection.execute("ALTER TABLE ledger DISABLE TRIGGER USER")
        await connection.execute('UPDATE ledger SET payload = payload || \'{"reason": "other"}\' WHERE seq = 2')
    first = await ask(desk, "ledger.verify", FINANCE, LedgerCheck, limit=3)
    assert (first.ok, first.first_bad_seq) == (False, 2)
    rest = await ask(desk, "ledger.verify", FINANCE, LedgerCheck, cursor=first.next_cursor)
    assert (rest.complete, [problem.code for problem in rest.problems]) == (True, ["TREE"])


@pytest.mark.parametrize("cursor", ["x", "AAAAAAAAAAE=", "/////////w==", "A" * 2_800])
async def test_what_is_no_cursor_of_a_verification_is_refused(desk: Desk, cursor: str) -> None:
    with pytest.raises(ValidationFailed, match="next_cursor"):
        await ask(desk, "ledger.verify", FINANCE, LedgerCheck, cursor=cursor)


@pytest.mark.usefixtures("rows")
async def test_the_books_are_read_without_the_key(database: Database, clock: FixedClock) -> None:
    assert await seqs(desk_on(database, clock), limit=1) == [7]
