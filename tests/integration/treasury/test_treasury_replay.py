"""One request id is one decision: repeated, contradicted, cut off, or asked through another process."""

from decimal import Decimal

import psycopg
import pytest
from nacl.signing import SigningKey
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from chimera.core.clock import FixedClock
from chimera.core.errors import Conflict, EngineUnavailable, Forbidden, NotFound
from chimera.storage.database import Database
from chimera.storage.records import ledger
from chimera.treasury.treasury import Treasury
from factories_treasury import Office, open_office

pytestmark = pytest.mark.engines


@pytest.fixture
async def office(database: Database, clock: FixedClock) -> Office:
    return await open_office(database, clock)


@pytest.fixture
def treasury(office: Office, database: Database) -> Treasury:
    return office.treasury(database)


async def test_a_repeated_request_gets_the_identical_answer_and_spends_once(
    office: Office, treasury: Treasury, database: Database
) -> None:
    request = office.request("15.00")
    first = await treasury.decide(request)
    await treasury.decide(office.request("20.00"))
    repeated = request.model_copy(update={"request_cost": Decimal("15.0"), "projected_roi": Decimal("2.50")})
    assert await office.treasury(database).decide(repeated) == first
    assert (await treasury.verify()).approved_usd == Decimal("35.00")


async def test_a_request_id_with_another_body_is_a_conflict(office: Office, treasury: Treasury) -> None:
    request = office.request("15.00")
    await treasury.decide(request)
    changes = ({"request_cost": Decimal("15.01")}, {"projected_roi": Decimal(3)}, {"justification": "Other"})
    for change in changes:
        with pytest.raises(Conflict):
            await treasury.decide(request.model_copy(update=change))
    assert (await treasury.verify()).entries == 1


async def test_signed_decisions_are_found_by_request_and_by_transaction(office: Office, treasury: Treasury) -> None:
    request = office.request()
    approval = await treasury.decide(request)
    signed = await treasury.signed_decision(request.request_id)
    assert signed.signature == approval.approval_signature
    assert await treasury.signed_decision_of_tx(signed.tx_id) == signed
    with pytest.raises(NotFound):
        await treasury.signed_decision(signed.tx_id)
    with pytest.raises(NotFound):
        await treasury.signed_decision_of_tx(request.request_id)


async def test_a_lost_connection_is_replaced_and_the_request_decided_once(
    office: Office, treasury: Treasury, owner_url: str
) -> None:
    await treasury.decide(office.request())
    async with await psycopg.AsyncConnection.connect(owner_url, autocommit=True) as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert (await treasury.decide(office.request())).approved
    assert (await treasury.verify()).entries == 2


async def test_without_a_database_nothing_is_approved(
    office: Office, treasury: Treasury, database: Database, database_url: str, postgres_url: str
) -> None:
    name = sql.Identifier(str(conninfo_to_dict(database_url)["dbname"]))
    async with await psycopg.AsyncConnection.connect(postgres_url, autocommit=True) as server:
        await server.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS FALSE").format(name))
        with pytest.raises(EngineUnavailable):
            await treasury.decide(office.request())
        await server.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS TRUE").format(name))
    async with database.transaction() as connection:
        assert await ledger.count(connection) == 0


async def test_another_key_may_not_sign_in_a_ledger_that_has_one(office: Office, database: Database) -> None:
    await office.treasury(database).decide(office.request())
    foreign = office.treasury(database, key=SigningKey(bytes(32)))
    with pytest.raises(Forbidden):
        await foreign.decide(office.request())
    assert (await office.treasury(database).verify()).entries == 1


async def test_after_a_key_is_retired_the_next_one_signs_and_both_verify(
    office: Office, database: Database, owner_url: str
) -> None:
    old = office.treasury(database)
    await old.decide(office.request())
    async with await psycopg.AsyncConnection.connect(owner_url) as connection:
        await connection.execute("UPDATE ledger_key SET last_seq = 0 WHERE last_seq IS NULL")
    new = office.treasury(database, key=SigningKey(bytes(32)))
    await new.decide(office.request())
    with pytest.raises(Forbidden):
        await old.decide(office.request())
    assert (await new.verify([old.public_key])).ok
    assert {problem.code for problem in (await new.verify()).problems} == {"KEY"}
