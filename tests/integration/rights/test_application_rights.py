"""What the application's role can't do, whatever statement reaches it, and that its rights are exactly the table's."""

from uuid import UUID

import psycopg
import pytest
from psycopg import AsyncConnection

from chimera.storage.access import APPLICATION_ROLE, prepare_database, separation
from chimera.storage.rights import SEQUENCE_RIGHTS, TABLE_RIGHTS, differences, relations

pytestmark = pytest.mark.engines

GUARDED = ("ledger", "ledger_head", "ledger_key", "ledger_checkpoint", "budget_change")

FORBIDDEN = [
    *(f"DELETE FROM {table}" for table in (*GUARDED, "budget_tracking", "trends", "agents", "schema_migration")),
    *(f"TRUNCATE {table} CASCADE" for table in (*GUARDED, "spend_hold", "escalation", "budget_tracking")),
    "UPDATE ledger SET amount = 1",
    "UPDATE ledger SET approved_at = now()",
    "UPDATE ledger_key SET last_seq = 0",
    "UPDATE ledger_checkpoint SET note = 'x'",
    "UPDATE budget_change SET limit_amount = NULL",
    "UPDATE ledger_head SET size = size + 1",
    "UPDATE ledger_head SET last_tx = gen_random_uuid()",
    "UPDATE ledger_head SET ledger_id = gen_random_uuid()",
    "INSERT INTO ledger_head (size) VALUES (0)",
    "UPDATE schema_migration SET checksum = ''",
    "INSERT INTO schema_migration (number, name, checksum) VALUES (9999, 'x', 'x')",
    "ALTER TABLE ledger DISABLE TRIGGER ALL",
    "ALTER TABLE ledger_head DISABLE TRIGGER ledger_head_follows",
    "ALTER TABLE ledger_checkpoint DISABLE TRIGGER USER",
    "DROP TRIGGER ledger_refuse_change ON ledger",
    "DROP TRIGGER ledger_extend_head ON ledger",
    "ALTER TABLE ledger ADD COLUMN extra TEXT",
    "ALTER TABLE ledger DROP CONSTRAINT ledger_approval_within_rules",
    "ALTER TABLE budget_tracking DROP CONSTRAINT check_spent_within_limit",
    "ALTER TABLE ledger OWNER TO CURRENT_USER",
    "DROP TABLE ledger",
    "DROP TABLE budget_tracking CASCADE",
    "DROP FUNCTION ledger_extend_head() CASCADE",
    "ALTER FUNCTION ledger_extend_head() SECURITY INVOKER",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE TABLE public.own (x INTEGER)",
    "CREATE FUNCTION public.own() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "CREATE TRIGGER own BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE RULE own AS ON INSERT TO ledger DO INSTEAD NOTHING",
    "CREATE SCHEMA own",
    "SET session_replication_role = replica",
    "CREATE ROLE own SUPERUSER",
    f"ALTER ROLE {APPLICATION_ROLE} CREATEROLE",
    "COPY ledger TO PROGRAM 'true'",
]


async def test_the_application_can_not_change_what_is_written_nor_how_it_is_guarded(database_url: str) -> None:
    async with await AsyncConnection.connect(database_url, autocommit=True) as connection:
        for statement in FORBIDDEN:
            assert await _is_forbidden(connection, statement), f"allowed: {statement}"


async def test_no_table_is_forgotten(owner_url: str) -> None:
    """A later migration's table stands in the table of rights, or this fails."""
    async with await AsyncConnection.connect(owner_url) as connection:
        assert await relations(connection) == frozenset({*TABLE_RIGHTS, *SEQUENCE_RIGHTS})
        cursor = await connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')"
        )
        assert {row[0] for row in await cursor.fetchall()} == {*TABLE_RIGHTS, *SEQUENCE_RIGHTS}


async def test_the_application_has_its_rights_and_no_others(owner_url: str) -> None:
    async with await AsyncConnection.connect(owner_url) as connection:
        assert await differences(connection, APPLICATION_ROLE) == ()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (f"GRANT UPDATE ON ledger TO {APPLICATION_ROLE}", "UPDATE on ledger is granted"),
        (f"GRANT UPDATE (size) ON ledger_head TO {APPLICATION_ROLE}", "UPDATE(size) on ledger_head is granted"),
        ("GRANT DELETE ON budget_tracking TO PUBLIC", "DELETE on budget_tracking is granted"),
        (f"GRANT TRIGGER ON ledger TO {APPLICATION_ROLE}", "TRIGGER on ledger is granted"),
        (f"REVOKE INSERT ON trends FROM {APPLICATION_ROLE}", "INSERT on trends is missing"),
        ("GRANT CREATE ON SCHEMA public TO PUBLIC", "it may make tables in the schema public"),
        ("CREATE TABLE later (x INTEGER); GRANT SELECT ON later TO PUBLIC", "SELECT on later is granted"),
    ],
)
async def test_a_changed_grant_is_told_and_mended_by_the_next_start(
    owner_url: str, database_url: str, change: str, told: str
) -> None:
    async with await AsyncConnection.connect(owner_url, autocommit=True) as connection:
        await connection.execute(change.encode())
        found = await separation(database_url)
        assert found is not None
        assert [line for line in found.differences if line.startswith(told)]
        await prepare_database(owner_url)
        assert await differences(connection, APPLICATION_ROLE) == ()


async def test_a_function_of_the_owner_given_away_is_told(owner_url: str, database_url: str) -> None:
    async with await AsyncConnection.connect(owner_url, autocommit=True) as connection:
        await connection.execute("GRANT EXECUTE ON FUNCTION ledger_extend_head() TO PUBLIC")
    found = await separation(database_url)
    assert found is not None
    assert found.differences == ("it may use functions that work with the owner's rights",)


async def test_every_guard_fires_whatever_the_session_says_it_is(owner_url: str) -> None:
    async with await AsyncConnection.connect(owner_url) as connection:
        cursor = await connection.execute(
            "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal "
            "AND tgrelid = ANY(%s::regclass[])",
            (list(GUARDED),),
        )
        triggers = await cursor.fetchall()
    assert {table for table, _, _ in triggers} == set(GUARDED)
    assert [name for _, name, enabled in triggers if enabled != "A"] == []


async def test_a_superuser_who_plays_a_replica_is_refused_too(owner_url: str) -> None:
    async with await AsyncConnection.connect(owner_url) as connection:
        await connection.execute("INSERT INTO ledger_checkpoint VALUES (1, sha256('x'), 'note', now())")
        await connection.execute(
            "INSERT INTO budget_change VALUES ('daily', 'total', 1, 5, 1000, 'somebody', 'because', now())"
        )
        await connection.commit()
        for statement in (
            "UPDATE ledger_head SET size = 7, last_tx = gen_random_uuid()",
            "DELETE FROM ledger_head",
            "UPDATE ledger_checkpoint SET note = 'another'",
            "DELETE FROM budget_change",
            "TRUNCATE ledger_checkpoint",
            "TRUNCATE ledger CASCADE",
        ):
            await connection.execute("SET session_replication_role = replica")
            with pytest.raises(psycopg.errors.RestrictViolation):
                await connection.execute(statement.encode())
            await connection.rollback()


async def test_the_owners_function_can_not_be_hung_on_a_table_of_ones_own(database_url: str) -> None:
    """It would move the head by rows that are in no ledger."""
    async with await AsyncConnection.connect(database_url) as connection:
        await connection.execute("CREATE TEMP TABLE forged (seq BIGINT, tx_id UUID, key_id TEXT)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute(
                "CREATE TRIGGER forged AFTER INSERT ON forged REFERENCING NEW TABLE AS added "
                "FOR EACH STATEMENT EXECUTE FUNCTION ledger_extend_head()"
            )


async def test_an_operator_of_ones_own_does_not_stand_in_for_postgresqls(owner_url: str, database_url: str) -> None:
    """The guards compare with PostgreSQL's own operators, whatever the session's search path is."""
    always_false = (
        "CREATE FUNCTION dbos.never(bigint, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT FALSE'; "
        "CREATE OPERATOR dbos.<= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = dbos.never); "
    )
    async with await AsyncConnection.connect(database_url, autocommit=True) as connection:
        await connection.execute(always_false.encode())
    async with await AsyncConnection.connect(owner_url, autocommit=True) as connection:
        cursor = await connection.execute(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proconfig IS NULL"
        )
        assert await cursor.fetchall() == []
        await connection.execute("SET search_path = dbos, pg_catalog, public")
        with pytest.raises(psycopg.errors.RestrictViolation):
            await connection.execute("UPDATE ledger_head SET size = size - 1, last_tx = NULL")


async def test_a_trigger_of_ones_own_does_not_move_the_head_either(database_url: str) -> None:
    """The guard of the head lets triggers pass; the right to the column stops this one."""
    async with await AsyncConnection.connect(database_url) as connection:
        await connection.execute(
            "CREATE TEMP TABLE lever (x INTEGER); CREATE FUNCTION pg_temp.pull() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN UPDATE public.ledger_head SET size = 9, last_tx = gen_random_uuid(); RETURN NEW; END'; "
            "CREATE TRIGGER pull BEFORE INSERT ON lever FOR EACH ROW EXECUTE FUNCTION pg_temp.pull()"
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute("INSERT INTO lever VALUES (1)")


async def test_a_row_moves_the_true_head_and_no_table_of_the_same_name(database_url: str) -> None:
    async with await AsyncConnection.connect(database_url) as connection:
        spender, cfo = await _agents(connection)
        await connection.execute(
            "INSERT INTO ledger_key VALUES (left(encode(sha256(sha256('k')), 'hex'), 16), sha256('k'), 1, NULL, now())"
        )
        await connection.execute("CREATE TEMP TABLE ledger_head AS SELECT * FROM public.ledger_head")
        key = await (await connection.execute("SELECT key_id FROM ledger_key")).fetchone()
        assert key is not None
        await connection.execute(_ROW, {"seq": 1, "spender": spender, "cfo": cfo, "key": key[0]})
        await connection.execute("UPDATE public.ledger_head SET frontier = sha256('x'), last_time = now()")
        sizes = await connection.execute("SELECT size FROM public.ledger_head UNION ALL SELECT size FROM ledger_head")
        assert await sizes.fetchall() == [(1,), (0,)]


async def test_rows_enter_only_at_the_heads_end(database_url: str) -> None:
    """What the application may insert must follow the head, here without any key being current."""
    async with await AsyncConnection.connect(database_url) as connection:
        spender, cfo = await _agents(connection)
        for seq, told in ((2, "do not follow the head"), (1, "not current")):
            with pytest.raises(psycopg.errors.IntegrityError, match=told):
                async with connection.transaction():
                    await connection.execute(_ROW, {"seq": seq, "spender": spender, "cfo": cfo, "key": "0" * 16})


async def _agents(connection: AsyncConnection) -> list[UUID]:
    cursor = await connection.execute("INSERT INTO agents (role) VALUES ('scout'), ('cfo') RETURNING id")
    return [row[0] for row in await cursor.fetchall()]


async def _is_forbidden(connection: AsyncConnection, statement: str) -> bool:
    try:
        await connection.execute(statement.encode())
    except psycopg.errors.InsufficientPrivilege:
        return True
    return False


_ROW = """
INSERT INTO ledger (seq, request_id, request_hash, kind, decision, reason_code, amount, amount_micros, payload, key_id,
    leaf_hash, execution_time_ms, projected_roi, risk_score, cfo_agent_id, justification, agent_id, request_type,
    approval_signature)
VALUES (%(seq)s, gen_random_uuid(), repeat('0', 64), 'decision', 'rejected', 'ROI_TOO_LOW', 1, 1000000, '{}',
    %(key)s, sha256('x'), 1, 1, 0, %(cfo)s, 'x', %(spender)s, 'api_call', '0x' || repeat('0', 128))
"""
