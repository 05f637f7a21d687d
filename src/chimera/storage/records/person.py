"""Table `person`: the people who may ask from outside, under names that differ in more than case."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.errors import UniqueViolation
from psycopg.rows import class_row

from chimera.core.errors import Conflict
from chimera.core.vocabulary import PersonRole
from chimera.storage.database import Connection

_COLUMNS = "id, name, role, password_hash, created_at, retired_at"


@dataclass(frozen=True, slots=True)
class PersonRecord:
    id: UUID
    name: str
    role: PersonRole
    password_hash: str | None
    created_at: datetime
    retired_at: datetime | None

    def __post_init__(self) -> None:
        object.__setattr__(self, "role", PersonRole(self.role))


async def add(connection: Connection, person: PersonRecord) -> None:
    """Raises:
    Conflict: the name is somebody's, perhaps a retired one's.
    """
    try:
        await connection.execute(
            f"INSERT INTO person ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s)",
            (person.id, person.name, person.role, person.password_hash, person.created_at, person.retired_at),
        )
    except UniqueViolation as error:
        raise Conflict(f"there is a {person.name} already: choose another name", {"name": person.name}) from error


async def named(connection: Connection, name: str) -> PersonRecord | None:
    """Whoever has the name, retired or not."""
    async with connection.cursor(row_factory=class_row(PersonRecord)) as cursor:
        await cursor.execute(f"SELECT {_COLUMNS} FROM person WHERE lower(name) = lower(%s)", (name,))
        return await cursor.fetchone()


async def oldest(connection: Connection, role: PersonRole) -> PersonRecord | None:
    """The first of those who have the role."""
    async with connection.cursor(row_factory=class_row(PersonRecord)) as cursor:
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM person WHERE role = %s AND retired_at IS NULL ORDER BY created_at, id LIMIT 1",
            (role,),
        )
        return await cursor.fetchone()


async def list_(connection: Connection, limit: int) -> list[PersonRecord]:
    """People by name, retired ones last."""
    async with connection.cursor(row_factory=class_row(PersonRecord)) as cursor:
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM person ORDER BY retired_at IS NOT NULL, lower(name) LIMIT %s", (limit,)
        )
        return await cursor.fetchall()


async def set_role(connection: Connection, person_id: UUID, role: PersonRole) -> None:
    await connection.execute("UPDATE person SET role = %s WHERE id = %s", (role, person_id))


async def set_password(connection: Connection, person_id: UUID, password_hash: str) -> None:
    await connection.execute("UPDATE person SET password_hash = %s WHERE id = %s", (password_hash, person_id))


async def retire(connection: Connection, person_id: UUID, now: datetime) -> None:
    await connection.execute(
        "UPDATE person SET retired_at = coalesce(retired_at, %s), password_hash = NULL WHERE id = %s", (now, person_id)
    )
