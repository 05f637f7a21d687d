"""`chimera serve`: the local channel on a web page, until Ctrl-C."""

import os
import sys
from typing import Annotated

from cyclopts import Parameter, validators

from chimera.api.app import create_app
from chimera.api.health import Probes, current_health
from chimera.api.server import bind, loopback_only
from chimera.api.server import serve as serve_app
from chimera.api.treasury_door import TreasuryDoor
from chimera.bootstrap.crew import tool_server_command
from chimera.bootstrap.studio import Studio, open_studio
from chimera.config.settings import Settings
from chimera.core.clock import SystemClock
from chimera.core.errors import ValidationFailed
from chimera.platforms.local_channel.address import HOST_DEFAULT, PORT_DEFAULT
from chimera.runtime.roster.states import live_counts
from chimera.storage.database import check_connection
from chimera.tools.tool_session import server_answers

Port = Annotated[int, Parameter(validator=validators.Number(gte=0, lte=65535))]
BehindProxy = Annotated[bool, Parameter(name="--behind-proxy", negative="")]
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


async def serve(
    *,
    host: str = HOST_DEFAULT,
    port: Port = PORT_DEFAULT,
    behind_proxy: BehindProxy = False,
    public_host: tuple[str, ...] = (),
) -> None:
    """Show the channel: gallery, videos, Media RSS (/feed.xml), JSON Feed (/feed.json), /health.

    Where the CFO's key is, other processes ask for money under /v1, with a token from `chimera token issue`.

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
    """
    hosts = hosts_answered(host, behind_proxy=behind_proxy, public_hosts=public_host)
    with bind(host, port) as listener:
        async with open_studio(Settings.from_environment(os.environ), SystemClock()) as studio:
            health = current_health(probes_of(studio), studio.clock)
            app = create_app(studio.channel, health, studio.clock, hosts, treasury_door(studio))
            shown = f"[{host}]" if ":" in host else host
            sys.stderr.write(f"http://{shown}:{listener.getsockname()[1]}/ (Ctrl-C stops)\n")
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
    tools = tool_server_command(studio.home)

    async def database_answers() -> bool:
        return await check_connection(studio.database.url) > 0

    async def redis_answers() -> bool:
        return bool(await studio.redis.ping())

    return Probes(
        database=database_answers,
        redis=redis_answers,
        mcp_layer=lambda: server_answers(tools),
        live_agents=lambda: live_counts(studio.redis),
    )
