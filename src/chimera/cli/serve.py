"""`chimera serve`: the studio over HTTP, with a worker beside it, until Ctrl-C."""

import asyncio
import gc
import os
import socket
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators
from fastapi import APIRouter

from chimera.api.app import Beside, create_app
from chimera.api.health import current_health
from chimera.api.metrics import StudioFamilies, studio_page
from chimera.api.operating import operating_routes
from chimera.api.operating_port import operating_port
from chimera.api.requests import Requests
from chimera.api.sealed_media import sealed_media_routes
from chimera.api.server import bind, loopback_only
from chimera.api.server import serve as serve_app
from chimera.api.tls import with_hsts
from chimera.api.tokens import token_routes
from chimera.api.treasury_door import TreasuryDoor
from chimera.bootstrap.front import Front, open_front
from chimera.bootstrap.studio import Studio, open_studio
from chimera.cli.kept_worker import kept_workers
from chimera.cli.operating import probes_of
from chimera.cli.options import ColumnMapping, MetricsPort, SourceName
from chimera.cli.serving_tls import TlsOptions, hosts_of_tls, served_tls
from chimera.config.settings import Settings
from chimera.core.clock import SystemClock
from chimera.core.errors import ValidationFailed
from chimera.mcp.http import PATH as MCP_PATH
from chimera.mcp.http import open_http_face
from chimera.platforms.local_channel.address import HOST_DEFAULT, PORT_DEFAULT
from chimera.sources.standing import StandingSource
from chimera.telemetry.spans import export_spans

WORKERS_MAX = 32
Port = Annotated[int, Parameter(validator=validators.Number(gte=0, lte=65535))]
BehindProxy = Annotated[bool, Parameter(name="--behind-proxy", negative="")]
Tls = Annotated[bool, Parameter(name="--tls", negative="")]
Workers = Annotated[int, Parameter(validator=validators.Number(gte=0, lte=WORKERS_MAX))]
MetricsAddress = tuple[str, int | None]
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def serve(
    *,
    host: str = HOST_DEFAULT,
    port: Port = PORT_DEFAULT,
    behind_proxy: BehindProxy = False,
    public_host: tuple[str, ...] = (),
    tls: Tls = False,
    cert: Path | None = None,
    key: Path | None = None,
    source: SourceName = "recorded",
    columns: ColumnMapping = None,
    workers: Workers = 1,
    metrics_port: MetricsPort = None,
    metrics_host: str = HOST_DEFAULT,
) -> None:
    """Serve the studio: the channel's pages and feeds, /health, and under /v1 all that outside callers can ask for.

    /docs tells what that is, and /mcp has the same as MCP tools; who asks shows a token from `chimera token issue`.
    A worker process is kept beside, so that this one command does everything on one machine.

    Parameters
    ----------
    host
        Address to listen on; loopback only, unless --tls is given or a proxy speaks TLS in front.
    port
        Port to listen on; 0 takes a free one.
    behind_proxy
        A proxy that speaks TLS stands in front: listen on other addresses too.
    public_host
        A name it is asked under, such as studio.example.org; may be given several times.
    tls
        Speak TLS 1.3, with a certificate of the home's own small authority unless --cert and --key are given.
    cert
        File of your certificate (PEM, with those between it and its root).
    key
        File of its key (PEM, no passphrase, readable by you only).
    source
        Where the scout looks: `recorded`, or a file of posts.
    columns
        A file's columns: time=created_utc,text=title,community=..
    workers
        How many `chimera worker` processes to keep beside; 0 where others do the work.
    metrics_port
        A port for /metrics, /livez, /readyz and /health alone, in plain HTTP for the scraper and the probes; the
        workers beside take the ports behind it.
    metrics_host
        Address of that port.
    """
    import uvloop

    options = TlsOptions(tls, cert, key)
    options.check(behind_proxy=behind_proxy)
    hosts = (
        _LOOPBACK | hosts_of_tls(host, public_host)
        if tls
        else hosts_answered(host, behind_proxy=behind_proxy, public_hosts=public_host)
    )
    with bind(host, port) as listener, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(
            _serve(
                listener,
                hosts,
                options,
                StandingSource(source, columns),
                workers,
                (metrics_host, metrics_port),
                behind_proxy=behind_proxy,
            )
        )


async def _serve(
    listener: socket.socket,
    hosts: frozenset[str],
    options: TlsOptions,
    source: StandingSource,
    workers: int,
    metrics_at: MetricsAddress,
    *,
    behind_proxy: bool,
) -> None:
    export_spans()
    async with (
        open_studio(Settings.from_environment(os.environ), SystemClock()) as studio,
        served_tls(options, studio.home / "keys", hosts, studio.clock) as tls,
        open_front(studio, source) as front,
        open_http_face(front.operations, studio.clock) as mcp,
    ):
        health = current_health(probes_of(studio), studio.clock)
        page = studio_page(StudioFamilies(studio.database, studio.clock))
        operating = operating_routes(health, ready=health.ready, page=page)
        app = create_app(
            studio.channel,
            health,
            studio.clock,
            hosts,
            treasury_door(studio),
            operations=front.operations,
            gate=studio.identity.gate,
            beside=replace(
                beside_operations(studio, front, operating),
                faces={MCP_PATH: mcp},
                requests=Requests.of(front.desk, front.feed, behind_proxy=behind_proxy),
            ),
        )
        host, port = listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        scheme = "http" if tls is None else "https"
        sys.stderr.write(f"{scheme}://{shown}:{port}/ (Ctrl-C stops)\n")
        sys.stderr.flush()
        beside_port = None if metrics_at[1] is None else metrics_at[1] + 1
        async with operating_port(*metrics_at, operating), kept_workers(workers, studio.clock, beside_port):
            gc.freeze()  # what was made at the start stays: the collector need not go through it again and again
            await serve_app(app if tls is None else with_hsts(app), listener, tls)


def hosts_answered(host: str, *, behind_proxy: bool, public_hosts: tuple[str, ...]) -> frozenset[str]:
    """The host names requests may come under; any other is refused, which keeps foreign pages out.

    Raises:
        ValidationFailed: not loopback without `--behind-proxy`, or a proxy without a public name.
    """
    if not behind_proxy:
        loopback_only(host)
        if public_hosts:
            raise ValidationFailed("--public-host is for --tls, or for a proxy in front: add --behind-proxy")
        return _LOOPBACK | {host.lower()}
    if not public_hosts:
        raise ValidationFailed("behind a proxy, say under which name it is asked: --public-host studio.example.org")
    return _LOOPBACK | {name.lower() for name in public_hosts}


def beside_operations(studio: Studio, front: Front, operating: APIRouter | None = None) -> Beside:
    """What else there is: tokens, the public keys, and the media of pieces."""
    routers = (
        token_routes(front.open_operations, studio.identity.jwks),
        sealed_media_routes(studio.identity.gate, studio.database, studio.blobs),
    )
    return Beside(operating, front.open_operations, routers)


def treasury_door(studio: Studio) -> TreasuryDoor | None:
    """The treasury's routes, where the CFO's key is."""
    if studio.own_treasury is None:
        return None
    return TreasuryDoor(studio.own_treasury, studio.identity.gate)
