"""`chimera token issue|refresh|revoke`: what a caller shows as `Authorization: Bearer <token>`."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

from cyclopts import Parameter

from chimera.bootstrap.studio import Studio
from chimera.cli.document import print_json
from chimera.cli.options import Json
from chimera.cli.person import person
from chimera.cli.screen import screen
from chimera.cli.studio import studio_of_environment
from chimera.core.errors import Forbidden, NotFound, ValidationFailed
from chimera.core.vocabulary import PersonRole, Role
from chimera.runtime.identity.people import People
from chimera.runtime.identity.tokens import TokenPair
from chimera.security.permissions import ROLES
from chimera.storage.records import agents

AnyRole = Literal[
    "scout", "director", "artist", "cfo", "planner", "worker", "judge",
    "viewer", "creator", "finance", "operator", "admin",
]  # fmt: skip
Agent = Annotated[UUID | None, Parameter(help="The agent's id (default: the oldest agent of the role).")]
User = Annotated[
    str | None, Parameter(help="The person's name, for a person's role (default: the first who has the role).")
]
TokenFile = Annotated[Path | None, Parameter(name="--file", help="Where the token stands (default: standard input).")]
Subject = Annotated[UUID | None, Parameter(help="End every token of this agent or person instead.")]
TOKEN_BYTES_MAX = 8192


async def issue(*, role: AnyRole, agent: Agent = None, user: User = None, json: Json = False) -> None:
    """Give out an access token (1 hour) and a refresh token (7 days) of an agent or a person."""
    async with studio_of_environment() as studio:
        subject = await _subject(studio, ROLES[role], agent, user)
        given = await studio.identity.tokens.issue(subject)
    _show(given, as_json=json)


async def refresh(*, file: TokenFile = None, json: Json = False) -> None:
    """Exchange a refresh token for new tokens; read from standard input or a file, never from the command line."""
    shown = await asyncio.to_thread(_read_token, file)
    async with studio_of_environment() as studio:
        given = await studio.identity.tokens.refresh(shown)
    _show(given, as_json=json)


async def revoke(*, file: TokenFile = None, subject: Subject = None, json: Json = False) -> None:
    """End a login by its access or refresh token, or with --subject all tokens of an agent or a person."""
    shown = None if subject is not None else await asyncio.to_thread(_read_token, file)
    async with studio_of_environment() as studio:
        if subject is not None:
            ended = await studio.identity.tokens.revoke_subject(subject, "ended by `chimera token revoke`")
        else:
            ended = int(await studio.identity.revoke(shown or ""))
    if json:
        print_json({"logins_ended": ended})
    else:
        screen().print(f"Ended: {ended} login{'' if ended == 1 else 's'}.", highlight=False)


async def _subject(studio: Studio, role: Role | PersonRole, agent: UUID | None, user: str | None) -> UUID:
    if isinstance(role, PersonRole):
        if agent is not None:
            raise ValidationFailed(f"--agent is for agents: name the {role} with --user", {"field": "agent"})
        people: People = studio.identity.people
        return await people.ensure(role, user, otherwise=person(None))
    if user is not None:
        raise ValidationFailed(f"--user is for people: name the {role} with --agent", {"field": "user"})
    if agent is None:
        return await studio.agent(role)
    async with studio.database.transaction() as connection:
        row = await agents.get(connection, agent)
    if row is None:
        raise NotFound(f"there is no agent {agent}: see `chimera agents list`", {"agent_id": str(agent)})
    if row.role is not role:
        raise Forbidden(f"agent {agent} is a {row.role}: no token as {role} is given", {"agent_id": str(agent)})
    return agent


def _read_token(file: Path | None) -> str:
    """Raises:
    ValidationFailed: unreadable, or empty.
    """
    try:
        if file is None:
            text = sys.stdin.buffer.read(TOKEN_BYTES_MAX)
        else:
            with file.open("rb") as opened:
                text = opened.read(TOKEN_BYTES_MAX)
    except OSError as error:
        raise ValidationFailed(f"{file} can't be read: {error.strerror}", {"field": "file"}) from error
    token = text.decode("latin-1").strip()
    if not token:
        raise ValidationFailed("no token was given: write it to standard input, or name its file with --file")
    return token


def _show(given: TokenPair, *, as_json: bool) -> None:
    document = {
        "access_token": given.access_token,
        "refresh_token": given.refresh_token,
        "expires_in": given.expires_in,
        "agent_id": str(given.subject),
    }
    if as_json:
        print_json(document)
        return
    for name, value in document.items():
        sys.stdout.write(f"{name}={value}\n")
