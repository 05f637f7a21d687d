"""What the application may do, table by table, and whether a role of the database may do exactly that.

The owner makes and changes tables; the application reads and writes rows, and can't change what is written for good.
"""

from collections.abc import Mapping
from typing import LiteralString

from psycopg import AsyncConnection, sql

#: The durable engine keeps its own tables here; the application makes and owns them.
ENGINE_SCHEMA = "dbos"

#: Each table of the schema `public`. A privilege with columns in brackets is granted on these columns only.
TABLE_RIGHTS: Mapping[str, tuple[LiteralString, ...]] = {
    "agents": ("SELECT", "INSERT", "UPDATE"),
    "trends": ("SELECT", "INSERT"),
    "content_pipeline": ("SELECT", "INSERT", "UPDATE"),
    "video_metadata": ("SELECT", "INSERT", "UPDATE"),
    "effect_intent": ("SELECT", "INSERT", "UPDATE"),
    "review_item": ("SELECT", "INSERT", "UPDATE"),
    "ledger": ("SELECT", "INSERT"),
    "ledger_head": ("SELECT", "UPDATE(frontier)", "UPDATE(last_time)", "UPDATE(paused_by)"),
    "ledger_key": ("SELECT", "INSERT"),
    "ledger_checkpoint": ("SELECT", "INSERT"),
    "budget_tracking": ("SELECT", "INSERT", "UPDATE"),
    "budget_change": ("SELECT", "INSERT"),
    "budget_alert": ("SELECT", "INSERT"),
    "spend_hold": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "escalation": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "executor_slot": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "crew_member": ("SELECT", "INSERT", "UPDATE"),
    "piece_fence": ("SELECT", "INSERT", "UPDATE"),
    "piece_cancel": ("SELECT", "INSERT", "DELETE"),
    "objective": ("SELECT", "INSERT", "UPDATE"),
    "task": ("SELECT", "INSERT", "UPDATE"),
    "task_need": ("SELECT", "INSERT"),
    "dead_letter": ("SELECT", "INSERT", "DELETE"),
    "studio_halt": ("SELECT", "INSERT", "UPDATE(end_reason)", "UPDATE(ended_at)", "UPDATE(ended_by)"),
    "publication_plan": ("SELECT", "INSERT", "UPDATE"),
    "person": ("SELECT", "INSERT", "UPDATE"),
    "token_key": ("SELECT", "INSERT", "UPDATE(honoured_until)", "UPDATE(retired_at)", "DELETE"),
    "refresh_family": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "refresh_token": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "revoked_token": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "data_key": ("SELECT", "INSERT", "UPDATE(wrapped)", "UPDATE(master_id)"),
    "idempotency_key": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "topic": ("SELECT", "UPDATE"),
    "webhook": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "webhook_delivery": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "schema_migration": ("SELECT",),
}
SEQUENCE_RIGHTS: Mapping[str, tuple[LiteralString, ...]] = {"budget_tracking_id_seq": ("USAGE",)}

#: Ours are the relations of `public` that belong to the owner of `schema_migration`; an extension's are not.
_OURS: LiteralString = (
    "SELECT relation.oid, relation.relname, relation.relkind FROM pg_class relation "
    "WHERE relation.relnamespace = 'public'::regnamespace AND relation.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') "
    "AND relation.relowner = (SELECT relowner FROM pg_class WHERE oid = 'public.schema_migration'::regclass) "
    "AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = relation.oid "
    "AND deptype = 'e')"
)
_RIGHTS_HELD: LiteralString = (
    f"WITH ours AS ({_OURS}) "
    "SELECT relname, privilege FROM ours "
    "CROSS JOIN unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) privilege "
    "WHERE relkind <> 'S' AND has_table_privilege(%(role)s, ours.oid, privilege) "
    "UNION ALL SELECT relname, format('%%s(%%s)', privilege, attname) FROM ours "
    "JOIN pg_attribute ON attrelid = ours.oid AND attnum > 0 AND NOT attisdropped "
    "CROSS JOIN unnest('{SELECT,INSERT,UPDATE,REFERENCES}'::text[]) privilege "
    "WHERE relkind <> 'S' AND has_column_privilege(%(role)s, ours.oid, attnum, privilege) "
    "AND NOT has_table_privilege(%(role)s, ours.oid, privilege) "
    "UNION ALL SELECT relname, privilege FROM ours CROSS JOIN unnest('{USAGE,SELECT,UPDATE}'::text[]) privilege "
    "WHERE relkind = 'S' AND has_sequence_privilege(%(role)s, ours.oid, privilege)"
)
#: What no application's role may have, each with the sentence to tell.
_POWERS: LiteralString = (
    "SELECT unnest(array_remove(ARRAY["
    "CASE WHEN rolsuper THEN 'it is a superuser' END, "
    "CASE WHEN rolcreaterole THEN 'it may make roles' END, "
    "CASE WHEN rolreplication THEN 'it may replicate' END, "
    "CASE WHEN pg_has_role(oid, (SELECT relowner FROM pg_class WHERE oid = 'public.schema_migration'::regclass), "
    "'MEMBER') THEN 'it owns the tables' END, "
    "CASE WHEN has_schema_privilege(oid, 'public', 'CREATE') THEN 'it may make tables in the schema public' END, "
    "CASE WHEN EXISTS (SELECT 1 FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef "
    "AND proowner = (SELECT relowner FROM pg_class WHERE oid = 'public.schema_migration'::regclass) "
    "AND has_function_privilege(pg_roles.oid, pg_proc.oid, 'EXECUTE')) "
    "THEN 'it may use functions that work with the owner''s rights' END"
    "], NULL)) FROM pg_roles WHERE rolname = %s"
)
#: Statements that give the engine's tables and functions to the role. A table takes its own sequences along.
_NOT_YET_OWNED: LiteralString = (
    "SELECT format('ALTER TABLE %%s OWNER TO %%I', relation.oid::regclass, %(role)s::text) FROM pg_class relation "
    "WHERE relnamespace = to_regnamespace(%(schema)s) AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S') "
    "AND relowner <> %(role)s::regrole AND NOT EXISTS (SELECT 1 FROM pg_depend "
    "WHERE classid = 'pg_class'::regclass AND objid = relation.oid AND relkind = 'S' AND deptype IN ('a', 'i')) "
    "UNION ALL SELECT format('ALTER ROUTINE %%s OWNER TO %%I', routine.oid::regprocedure, %(role)s::text) "
    "FROM pg_proc routine WHERE pronamespace = to_regnamespace(%(schema)s) AND proowner <> %(role)s::regrole"
)
_ENGINE_SCHEMA_IS_GIVEN: LiteralString = (
    "SELECT coalesce(has_schema_privilege(%(role)s, to_regnamespace(%(schema)s), 'CREATE'), FALSE)"
)


def rights_wanted() -> frozenset[tuple[str, str]]:
    """Every right that the application has: relation and privilege."""
    return frozenset(
        (relation, privilege)
        for rights in (TABLE_RIGHTS, SEQUENCE_RIGHTS)
        for relation, privileges in rights.items()
        for privilege in privileges
    )


async def relations(connection: AsyncConnection) -> frozenset[str]:
    """Every table, view and sequence that the migrations have made."""
    cursor = await connection.execute(_OURS)
    return frozenset(row[1] for row in await cursor.fetchall())


async def differences(connection: AsyncConnection, role: str) -> tuple[str, ...]:
    """What `role` may and should not, or should and may not; empty when its rights are exactly the application's."""
    cursor = await connection.execute(_RIGHTS_HELD, {"role": role})
    held = frozenset((row[0], row[1]) for row in await cursor.fetchall())
    wanted = rights_wanted()
    powers = await (await connection.execute(_POWERS, (role,))).fetchall()
    place = {"schema": ENGINE_SCHEMA, "role": role}
    given = await (await connection.execute(_ENGINE_SCHEMA_IS_GIVEN, place)).fetchone()
    not_owned = await (await connection.execute(_NOT_YET_OWNED, place)).fetchall()
    return (
        *(row[0] for row in powers),
        *([] if given and given[0] and not not_owned else [f"the schema {ENGINE_SCHEMA} is not its own"]),
        *(f"{privilege} on {relation} is granted and should not be" for relation, privilege in sorted(held - wanted)),
        *(f"{privilege} on {relation} is missing" for relation, privilege in sorted(wanted - held)),
    )


async def grant_rights(connection: AsyncConnection, role: str) -> None:
    """Give `role` exactly the application's rights; `connection` is the owner's, inside a transaction.

    Raises:
        psycopg.errors.InsufficientPrivilege: the owner may not hand the durable engine's tables to `role`.
    """
    to = sql.Identifier(role)
    rights = {**TABLE_RIGHTS, **SEQUENCE_RIGHTS}
    for relation in sorted(await relations(connection)):
        name = sql.SQL("{} {}").format(_kind(relation), sql.Identifier("public", relation))
        await connection.execute(sql.SQL("REVOKE ALL ON {} FROM PUBLIC, {}").format(name, to))
        if granted := rights.get(relation):
            privileges = sql.SQL(", ").join(map(sql.SQL, granted))
            await connection.execute(sql.SQL("GRANT {} ON {} TO {}").format(privileges, name, to))
    await connection.execute(sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC, {}").format(to))
    await connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(to))
    await _give_engine_schema(connection, role)


async def _give_engine_schema(connection: AsyncConnection, role: str) -> None:
    """The schema to work in, and what an earlier version made in it as the owner."""
    schema = sql.Identifier(ENGINE_SCHEMA)
    await connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema))
    await connection.execute(
        sql.SQL("GRANT USAGE, CREATE ON SCHEMA {} TO {}").format(schema, sql.Identifier(role)),
    )
    cursor = await connection.execute(_NOT_YET_OWNED, {"schema": ENGINE_SCHEMA, "role": role})
    for (statement,) in await cursor.fetchall():
        await connection.execute(statement.encode())


def _kind(relation: str) -> sql.SQL:
    return sql.SQL("SEQUENCE") if relation in SEQUENCE_RIGHTS else sql.SQL("TABLE")
