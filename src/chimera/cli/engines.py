"""`chimera engines start|stop|status`: keep the embedded PostgreSQL and Valkey running on purpose."""

import asyncio
import json as jsons
import os
import sys
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from chimera.cli.options import Json
from chimera.config.settings import Settings
from chimera.core.errors import Conflict
from chimera.storage.engines.opening import embedded_servers, statuses
from chimera.storage.engines.server import EmbeddedServer, ServerStatus

Force = Annotated[bool, Parameter(name="--force", negative="", help="Stop them even while other commands use them.")]


async def start(*, json: Json = False) -> None:
    """Start the embedded engines and leave them running until `chimera engines stop`.

    An engine whose url is set (DATABASE_URL, REDIS_URL) is not started.
    """
    settings = Settings.from_environment(os.environ)
    found = await asyncio.gather(*(asyncio.to_thread(server.keep) for server in _wanted(settings)))
    _show(tuple(found), settings, as_json=json)


async def stop(*, force: Force = False, json: Json = False) -> None:
    """Stop the embedded engines; those that other commands still use stop when the last of them ends.

    Raises:
        Conflict: some are still in use (and will stop by themselves).
    """
    settings = Settings.from_environment(os.environ)
    found = await asyncio.gather(
        *(asyncio.to_thread(server.stop, in_use_too=force) for server in embedded_servers(settings.chimera_home))
    )
    busy = [status.engine for status in found if status.running]
    if busy:
        raise Conflict(
            f"{' and '.join(busy)} still in use: they stop when the last command using them ends, or with --force",
            {"in_use": list(busy)},
        )
    _show(tuple(found), settings, as_json=json)


async def status(*, json: Json = False) -> None:
    """Show which embedded engines run on this home."""
    settings = Settings.from_environment(os.environ)
    _show(await statuses(settings.chimera_home), settings, as_json=json)


def _wanted(settings: Settings) -> list[EmbeddedServer]:
    """The servers that no url replaces."""
    urls = (settings.database_url, settings.redis_url)
    return [server for server, url in zip(embedded_servers(settings.chimera_home), urls, strict=True) if not url]


def _show(found: tuple[ServerStatus, ...], settings: Settings, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(jsons.dumps(document(found, settings), indent=2) + "\n")
        return
    table = Table("Engine", "State", "Process", "Port", "Stays", "In use", title=f"Engines of {settings.chimera_home}")
    for status_ in found:
        table.add_row(
            status_.engine,
            "running" if status_.running else "stopped",
            str(status_.pid or "-"),
            str(status_.port or "-"),
            "until stopped" if status_.kept else "-",
            "yes" if status_.in_use else "no",
        )
    Console().print(table)
    for name, url in (("DATABASE_URL", settings.database_url), ("REDIS_URL", settings.redis_url)):
        if url:
            Console(stderr=True).print(f"{name} is set: Chimera uses that server instead of its own.")


def document(found: tuple[ServerStatus, ...], settings: Settings) -> dict[str, object]:
    """What `--json` prints; never a password (`chimera env` prints the urls)."""
    return {
        "home": str(settings.chimera_home),
        "external": {"database": bool(settings.database_url), "redis": bool(settings.redis_url)},
        "engines": [
            {
                "engine": status_.engine,
                "running": status_.running,
                "pid": status_.pid,
                "port": status_.port,
                "kept": status_.kept,
                "in_use": status_.in_use,
                "folder": str(status_.folder),
            }
            for status_ in found
        ],
    }
