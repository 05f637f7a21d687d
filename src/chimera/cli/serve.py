"""`chimera serve`: the studio over HTTP, with a worker beside it, until Ctrl-C."""

import asyncio
import os
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators

from chimera.api.app import create_app
from chimera.api.health import Probes, current_health
from chimera.api.requests import Requests
from chimera.api.server import bind, loopback_only
from chimera.api.server import serve as serve_app
from chimera.api.treasury_door import TreasuryDoor
from chimera.bootstrap.front import open_front
from chimera.bootstrap.studio import Studio, open_studio
from chimera.cli.kept_worker import kept_workers
from chimera.cli.options import ColumnMapping, SourceName
from chimera.config.settings import Settings
from chimera.core.clock import SystemClock
from chimera.core.errors import ValidationFailed
from chimera.platforms.local_channel.address import HOST_DEFAULT, PORT_DEFAULT
from chimera.runtime.roster.states import live_counts
from chimera.sources.standing import StandingSource
from chimera.storage.database import check_connection

WORKERS_MAX = 32
Port = Annotated[int, Parameter(validator=validators.Number(gte=0, lte=65535))]
BehindProxy = Annotated[bool, Parameter(name="--behind-proxy", negative="")]
Workers = Annotated[int, Parameter(validator=validators.Number(gte=0, lte=WORKERS_MAX))]
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def serve(
    *,
    host: str = HOST_DEFAULT,
    port: Port = PORT_DEFAULT,
    behind_proxy: BehindProxy = False,
    public_host: tuple[str, ...] = (),
    source: SourceName = "recorded",
    columns: ColumnMapping = None,
    workers: Workers = 1,
) -> None:
    """Serve the studio: the channel's pages and feeds, /health, and under /v1 all that outside callers can ask for.

    /docs tells what that is; who asks shows a token from `chimera token issue`. A worker process is kept beside, so
    that this one command does everything on one machine.

    Parameters
    ----------
    host
        Address to listen on; loopback only, unless a proxy speaks TLS in front.
    port
        Port to listen on; 0 takes a free one.
    behind_proxy
        A proxy that speaks TLS stands in front: listen on other addresses too.
    public_host
        A name the proxy is asked under, such as studio.example.org; may be given several times.
    source
        Where the scout looks: `recorded`, or a file of posts.
    columns
        A file's columns: time=created_utc,text=title,community=..
    workers
        How many `chimera worker` processes to keep beside; 0 where others do the work.
    """
    import uvloop

    hosts = hosts_answered(host, behind_proxy=behind_proxy, public_hosts=public_host)
    with bind(host, port) as listener, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(listener, hosts, StandingSource(source, columns), workers, behind_proxy=behind_proxy))


async def _serve(
    listener: socket.socket, hosts: frozenset[str], source: StandingSource, workers: int, *, behind_proxy: bool
) -> None:
    async with (
        open_studio(Settings.from_environment(os.environ), SystemClock()) as studio,
        open_front(studio, source) as front,
    ):
        app = create_app(
            studio.channel,
            current_health(probes_of(studio), studio.clock),
            studio.clock,
            hosts,
            treasury_door(studio),
            operations=front.operations,
            gate=studio.identity.gate,
            requests=Requests.of(front.desk, front.feed, behind_proxy=behind_proxy),
        )
        host, port = listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        sys.stderr.write(f"http://{shown}:{port}/ (Ctrl-C stops)\n")
        sys.stderr.flush()
        async with kept_workers(workers, studio.clock):
            await serve_app(app, listener)


def hosts_answered(host: str, *, behind_proxy: bool, public_hosts: tuple[str, ...]) -> frozenset[str]:
    """The host names requests may come under; any other is refused, which keeps foreign pages out.

    Raises:
        ValidationFailed: not loopback without `--behind-proxy`, or a proxy without a public name.
    """
    if not behind_proxy:
        loopback_only(host)
        if public_hosts:
            raise ValidationFailed("--public-host is for a proxy in front: add --behind-proxy")
        return _LOOPBACK | {host.lower()}
    if not public_hosts:
        raise ValidationFailed("behind a proxy, say under which name it is asked: --public-host studio.example.org")
    return _LOOPBACK | {name.lower() for name in public_hosts}


def treasury_door(studio: Studio) -> TreasuryDoor | None:
    """The treasury's routes, where the CFO's key is."""
    if studio.own_treasury is None:
        return None
    return TreasuryDoor(studio.own_treasury, studio.identity.gate)


def probes_of(studio: Studio) -> Probes:
    """How each component of section 9's health is asked."""

    async def tools_answer() -> bool:
        return await (await asyncio.to_thread(_tools_question))(studio.home)

    async def database_answers() -> bool:
        return await check_connection(studio.database.url) > 0

    async def redis_answers() -> bool:
        return bool(await studio.redis.ping())

    return Probes(
        database=database_answers,
        redis=redis_answers,
        mcp_layer=tools_answer,
        live_agents=lambda: live_counts(studio.redis),
    )


def _tools_question() -> Callable[[Path], Awaitable[bool]]:
    """How the media tools' server is asked; what it is asked with takes a second to load, and so is loaded when the
    first question comes."""
    from chimera.bootstrap.crew import tool_server_command
    from chimera.tools.tool_session import server_answers

    return lambda home: server_answers(tool_server_command(home))
