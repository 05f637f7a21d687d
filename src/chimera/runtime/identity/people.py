"""People: added, given a role, logged in by password, retired."""

import re
from uuid import UUID

from chimera.core.clock import Clock
from chimera.core.errors import Conflict, Forbidden, NotFound, Unauthenticated, ValidationFailed
from chimera.core.identity import new_id
from chimera.core.vocabulary import PersonRole
from chimera.runtime.identity.tokens import TokenPair, Tokens
from chimera.security.passwords import Passwords
from chimera.storage.database import Connection, Database
from chimera.storage.records import person
from chimera.storage.records.person import PersonRecord

NAME_CHARACTERS_MAX = 100
LIST_ROWS_MAX = 1000
_ID_LIKE = re.compile(r"[0-9a-fA-F-]{32,}")


class People:
    """The people of the installation."""

    def __init__(self, database: Database, tokens: Tokens, clock: Clock) -> None:
        self._database = database
        self._tokens = tokens
        self._clock = clock
        self._passwords = Passwords()

    async def add(self, name: str, role: PersonRole, password: str | None) -> PersonRecord:
        """A new person; without a password it has tokens from `chimera token issue` only.

        Raises:
            ValidationFailed: no name, or no password, as they are to be.
            Conflict: the name is taken.
        """
        kept = None if password is None else await self._passwords.hashed(password)
        made = PersonRecord(new_id(self._clock), checked_name(name), role, kept, self._clock.now(), None)
        async with self._database.transaction() as connection:
            await person.add(connection, made)
        return made

    async def ensure(self, role: PersonRole, name: str | None, otherwise: str) -> UUID:
        """The person of the role by its name; without one the first of the role, made as `otherwise` if there is none.

        Raises:
            NotFound, Forbidden: nobody has the name, or whoever has it has another role.
        """
        async with self._database.transaction() as connection:
            first = await person.oldest(connection, role) if name is None else None
            known = first or await person.named(connection, otherwise if name is None else name)
        if known is None and name is None:
            return (await self.add(otherwise, role, None)).id
        if known is None:
            raise NotFound(f"there is nobody named {name}: add them with `chimera users add`", {"name": name})
        if known.role is not role or known.retired_at is not None:
            raise Forbidden(
                f"{known.name} is {'retired' if known.retired_at else known.role}, and gets no token as {role}: choose "
                "somebody with --user NAME",
                {"name": known.name, "role": known.role.value},
            )
        return known.id

    async def log_in(self, name: str, password: str) -> TokenPair:
        """Tokens for a name and its password; what was wrong is not told, and takes the same time.

        Raises:
            Unauthenticated: nobody, or not the password.
        """
        async with self._database.transaction() as connection:
            known = await person.named(connection, name)
        active = known if known is not None and known.retired_at is None else None
        if not await self._passwords.fits(password, active.password_hash if active else None) or active is None:
            raise Unauthenticated("the name or the password is wrong")
        return await self._tokens.issue(active.id)

    async def set_role(self, name: str, role: PersonRole) -> PersonRecord:
        """Another role; tokens of the one before count no more.

        Raises:
            NotFound: nobody has the name.
        """
        async with self._database.transaction() as connection:
            known = await _active(connection, name)
            await person.set_role(connection, known.id, role)
        return known

    async def set_password(self, name: str, password: str) -> PersonRecord:
        """Another password; every login before ends.

        Raises:
            NotFound: nobody has the name. ValidationFailed: no password as it is to be.
        """
        kept = await self._passwords.hashed(password)
        async with self._database.transaction() as connection:
            known = await _active(connection, name)
            await person.set_password(connection, known.id, kept)
        await self._tokens.revoke_subject(known.id, "the password was changed")
        return known

    async def retire(self, name: str) -> PersonRecord:
        """The person asks for nothing any more; what it answered still names it.

        Raises:
            NotFound: nobody has the name.
        """
        async with self._database.transaction() as connection:
            known = await person.named(connection, name)
            if known is None:
                raise _nobody(name)
            await person.retire(connection, known.id, self._clock.now())
        await self._tokens.revoke_subject(known.id, "the person was retired")
        return known

    async def list_(self, limit: int = LIST_ROWS_MAX) -> list[PersonRecord]:
        async with self._database.transaction() as connection:
            return await person.list_(connection, limit)


def checked_name(name: str) -> str:
    """The name, if it can stand in the ledger and is none an agent could have.

    Raises:
        ValidationFailed: it can't.
    """
    stripped = name.strip()
    if not 0 < len(stripped) <= NAME_CHARACTERS_MAX or not stripped.isprintable() or _ID_LIKE.fullmatch(stripped):
        raise ValidationFailed(
            f"a person's name has 1 to {NAME_CHARACTERS_MAX} printable characters on one line, and is no id",
            {"field": "name"},
        )
    return stripped


async def _active(connection: Connection, name: str) -> PersonRecord:
    known = await person.named(connection, name)
    if known is None:
        raise _nobody(name)
    if known.retired_at is not None:
        raise Conflict(f"{known.name} is retired", {"name": known.name})
    return known


def _nobody(name: str) -> NotFound:
    return NotFound(f"there is nobody named {name}: see `chimera users list`", {"name": name})
