"""Section 9's health: what each component answers now, each asked within a bound."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from chimera.contracts.health import Health, HealthComponents
from chimera.core.clock import Clock
from chimera.core.vocabulary import ComponentHealth, Role

PROBE_SECONDS_MAX = 3.0
TOOLS_SECONDS_MAX = 20.0
TOOLS_ASKED_EVERY_SECONDS = 60.0
"""The tool server is started for the question, which costs about a CPU-second."""
_log = structlog.get_logger(__name__)

Probe = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Probes:
    """One question a component; each may raise or hang, both count as unhealthy."""

    database: Probe
    redis: Probe
    mcp_layer: Probe
    live_agents: Callable[[], Awaitable[dict[Role, int]]]


def overall(components: HealthComponents) -> ComponentHealth:
    """Unhealthy without the database, the one truth; degraded where anything else is missing."""
    if components.database is not ComponentHealth.HEALTHY:
        return ComponentHealth.UNHEALTHY
    rest = {components.redis, components.mcp_layer}
    return ComponentHealth.HEALTHY if rest == {ComponentHealth.HEALTHY} else ComponentHealth.DEGRADED


def current_health(probes: Probes, clock: Clock) -> Callable[[], Awaitable[Health]]:
    """What `/health` asks; the tools' answer is kept for a minute."""
    kept: tuple[float, ComponentHealth] | None = None
    asking = asyncio.Lock()

    async def mcp_layer() -> ComponentHealth:
        nonlocal kept
        async with asking:
            if kept is None or clock.monotonic() - kept[0] >= TOOLS_ASKED_EVERY_SECONDS:
                kept = (clock.monotonic(), await _asked("mcp_layer", probes.mcp_layer, TOOLS_SECONDS_MAX))
            return kept[1]

    async def health() -> Health:
        database, redis, tools, agents = await asyncio.gather(
            _asked("database", probes.database, PROBE_SECONDS_MAX),
            _asked("redis", probes.redis, PROBE_SECONDS_MAX),
            mcp_layer(),
            _counted(probes),
        )
        components = HealthComponents(database=database, redis=redis, mcp_layer=tools, agents=agents)
        return Health(status=overall(components), components=components, timestamp=clock.now().replace(microsecond=0))

    return health


async def _asked(name: str, probe: Probe, seconds_max: float) -> ComponentHealth:
    try:
        async with asyncio.timeout(seconds_max):
            well = await probe()
    except Exception as error:  # noqa: BLE001 - whatever a component answers with, it is not well
        _log.warning("component_unhealthy", component=name, problem=f"{type(error).__name__}: {error}")
        well = False
    return ComponentHealth.HEALTHY if well else ComponentHealth.UNHEALTHY


async def _counted(probes: Probes) -> dict[Role, int]:
    try:
        async with asyncio.timeout(PROBE_SECONDS_MAX):
            return await probes.live_agents()
    except Exception as error:  # noqa: BLE001 - without Redis nobody is known to be at work
        _log.warning("agents_unknown", problem=f"{type(error).__name__}: {error}")
        return {}
