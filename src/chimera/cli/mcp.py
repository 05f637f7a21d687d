"""`chimera mcp serve`: the tools over stdin and stdout, for a program that starts this command."""

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from chimera.cli.options import ColumnMapping, SourceName
from chimera.cli.studio import studio_of_environment
from chimera.core.errors import ValidationFailed
from chimera.sources.standing import StandingSource

TOKEN_VARIABLE = "CHIMERA_TOKEN"  # noqa: S105 - a name
RefreshFile = Annotated[Path | None, Parameter(name="--refresh-file")]


async def serve(
    *, refresh_file: RefreshFile = None, source: SourceName = "recorded", columns: ColumnMapping = None
) -> None:
    """Serve MCP on stdin and stdout until stdin is closed; what people may want to read goes to stderr.

    Parameters
    ----------
    refresh_file
        A file that holds a refresh token, mode 0600; it is exchanged in time, and its successor written there.
        Without it, CHIMERA_TOKEN is the access token.
    source
        Where the scout looks: `recorded`, or a file of posts.
    columns
        A file's columns: time=created_utc,text=title,community=..
    """
    token = os.environ.pop(TOKEN_VARIABLE, "").strip()
    if bool(token) is (refresh_file is not None):
        raise ValidationFailed(
            f"say who asks, in one way: {TOKEN_VARIABLE} with an access token from `chimera token issue`, or "
            "--refresh-file with the file that holds a refresh token"
        )
    from chimera.mcp.stdio import serve_stdio, take_wire

    wire = take_wire()
    from chimera.bootstrap.front import open_front
    from chimera.mcp.login import GivenLogin, KeptLogin, Login

    async with studio_of_environment() as studio:
        login: Login
        if refresh_file is None:
            login = GivenLogin(studio.identity.gate, token)
        else:
            login = KeptLogin(studio.identity.gate, studio.identity.tokens, studio.clock, refresh_file)
        await login.caller()
        async with open_front(studio, StandingSource(source, columns)) as front:
            await serve_stdio(front.operations, studio.clock, login, wire)
