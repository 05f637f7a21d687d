"""`chimera users add|role|password|list|retire`: the people who may ask from outside."""

import asyncio
import getpass
import sys
from typing import Annotated, Literal

from cyclopts import Parameter
from rich.table import Table

from chimera.cli.document import print_json
from chimera.cli.moments import minute
from chimera.cli.options import Json
from chimera.cli.screen import screen
from chimera.cli.studio import studio_of_environment
from chimera.core.errors import ValidationFailed
from chimera.core.vocabulary import PersonRole
from chimera.storage.records.person import PersonRecord

RoleName = Literal["viewer", "creator", "finance", "operator", "admin"]
Name = Annotated[str, Parameter(help="The person's name: it stands in the ledger under every answer.")]
FromInput = Annotated[
    bool, Parameter(name="--password-stdin", negative="", help="Read the password from standard input, not a prompt.")
]
NoPassword = Annotated[
    bool, Parameter(name="--no-password", negative="", help="Only `chimera token issue` gives this person tokens.")
]
PASSWORD_BYTES_MAX = 2048


async def add(
    name: Name,
    *,
    role: RoleName,
    password_stdin: FromInput = False,
    no_password: NoPassword = False,
    json: Json = False,
) -> None:
    """Add a person; the password is asked for, or read from standard input, never given on the command line."""
    password = None if no_password else await asyncio.to_thread(_password, from_input=password_stdin)
    async with studio_of_environment() as studio:
        made = await studio.identity.people.add(name, PersonRole(role), password)
    _tell(made, f"is {made.role}", as_json=json)


async def role(name: Name, role: RoleName, *, json: Json = False) -> None:
    """Give a person another role; tokens of the one before count no more."""
    async with studio_of_environment() as studio:
        changed = await studio.identity.people.set_role(name, PersonRole(role))
    _tell(changed, f"is {changed.role}", as_json=json)


async def password(name: Name, *, password_stdin: FromInput = False, json: Json = False) -> None:
    """Give a person another password; every login before ends."""
    chosen = await asyncio.to_thread(_password, from_input=password_stdin)
    async with studio_of_environment() as studio:
        changed = await studio.identity.people.set_password(name, chosen)
    _tell(changed, "has a new password", as_json=json)


async def retire(name: Name, *, json: Json = False) -> None:
    """Let a person ask for nothing any more; what it answered still names it."""
    async with studio_of_environment() as studio:
        retired = await studio.identity.people.retire(name)
    _tell(retired, "is retired", as_json=json)


async def list_(*, json: Json = False) -> None:
    """List people and their roles."""
    async with studio_of_environment() as studio:
        people = await studio.identity.people.list_()
    if json:
        print_json({"users": [_document(person) for person in people]})
        return
    table = Table(box=None)
    for heading in ("Name", "Role", "Since", ""):
        table.add_column(heading)
    for person in people:
        standing = "retired" if person.retired_at else "" if person.password_hash else "no password"
        table.add_row(person.name, person.role, minute(person.created_at), standing)
    screen().print(table)


def _password(*, from_input: bool) -> str:
    """Raises:
    ValidationFailed: none was given, or the two differ.
    """
    if from_input:
        return sys.stdin.buffer.read(PASSWORD_BYTES_MAX).decode("utf-8", "replace").rstrip("\r\n")
    if not sys.stdin.isatty():
        raise ValidationFailed(
            "no password was given: pipe it in with --password-stdin, or say --no-password", {"field": "password"}
        )
    first = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != first:
        raise ValidationFailed("the two passwords differ: nothing was changed", {"field": "password"})
    return first


def _document(person: PersonRecord) -> dict[str, object]:
    return {
        "id": str(person.id),
        "name": person.name,
        "role": person.role.value,
        "has_password": person.password_hash is not None,
        "created_at": person.created_at.isoformat(),
        "retired_at": person.retired_at.isoformat() if person.retired_at else None,
    }


def _tell(person: PersonRecord, done: str, *, as_json: bool) -> None:
    if as_json:
        print_json(_document(person))
    else:
        screen().print(f"{person.name} {done}.", highlight=False, markup=False)
