"""Section 9's health: what each component answers now, each asked within a bound and never twice at once."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
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


async def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Probes:
    """One question a component; each may raise or hang, both count as unhealthy.

    `cfo_key` asks whether the CFO's key in use may still sign.
    """

    database: Probe
    redis: Probe
    mcp_layer: Probe
    live_agents: Callable[[], Awaitable[dict[Role, int]]]
    cfo_key: Probe = _always


def overall(components: HealthComponents, *, key_signs: bool = True) -> ComponentHealth:
    """Unhealthy without the database, the one truth; degraded where anything else is missing."""
    if components.database is not ComponentHealth.HEALTHY:
        return ComponentHealth.UNHEALTHY
    rest = {components.redis, components.mcp_layer}
    return ComponentHealth.HEALTHY if rest == {ComponentHealth.HEALTHY} and key_signs else ComponentHealth.DEGRADED


class HealthCheck:
    """Asks the components. A question that hangs is left behind, and not asked again before it has ended."""

    def __init__(self, probes: Probes, clock: Clock, seconds_max: float = PROBE_SECONDS_MAX) -> None:
        self._probes = probes
        self._clock = clock
        self._seconds_max = seconds_max
        self._asked: dict[str, asyncio.Task[bool]] = {}
        self._agents: asyncio.Task[dict[Role, int]] | None = None
        self._tools: tuple[float, ComponentHealth] | None = None

    async def __call__(self) -> Health:
        database, redis, tools, agents, key = await asyncio.gather(
            self._ask("database", self._probes.database, self._seconds_max),
            self._ask("redis", self._probes.redis, self._seconds_max),
            self._ask_tools(),
            self._count_agents(),
            self._ask("cfo_key", self._probes.cfo_key, self._seconds_max),
        )
        components = HealthComponents(database=database, redis=redis, mcp_layer=tools, agents=agents)
        status = overall(components, key_signs=key is ComponentHealth.HEALTHY)
        return Health(status=status, components=components, timestamp=self._clock.now().replace(microsecond=0))

    async def ready(self) -> bool:
        """Whether requests can be answered: the database is there."""
        return await self._ask("database", self._probes.database, self._seconds_max) is ComponentHealth.HEALTHY

    async def _ask_tools(self) -> ComponentHealth:
        """The tools' answer, kept for a minute. While a first one is under way they are degraded: not known yet."""
        if self._tools is None or self._clock.monotonic() - self._tools[0] >= TOOLS_ASKED_EVERY_SECONDS:
            asked = self._question("mcp_layer", self._tools_answer)
            await asyncio.wait({asked}, timeout=self._seconds_max)
        return ComponentHealth.DEGRADED if self._tools is None else self._tools[1]

    async def _tools_answer(self) -> bool:
        """Kept when it comes, whoever still waits for it."""
        well = False
        try:
            async with asyncio.timeout(TOOLS_SECONDS_MAX):
                well = await self._probes.mcp_layer()
        finally:
            self._tools = (self._clock.monotonic(), ComponentHealth.HEALTHY if well else ComponentHealth.UNHEALTHY)
        return well

    async def _ask(self, name: str, probe: Probe, seconds_max: float) -> ComponentHealth:
        asked = self._question(name, probe)
        await asyncio.wait({asked}, timeout=seconds_max)
        if not asked.done():
            _log.warning("component_unhealthy", component=name, problem=f"no answer within {seconds_max:g} s")
            return ComponentHealth.UNHEALTHY
        return ComponentHealth.HEALTHY if not asked.cancelled() and asked.result() else ComponentHealth.UNHEALTHY

    def _question(self, name: str, probe: Probe) -> asyncio.Task[bool]:
        """The question under way, or a new one."""
        asked = self._asked.get(name)
        if asked is None or asked.done():
            asked = self._asked[name] = asyncio.create_task(_answer(name, probe), name=f"health of {name}")
        return asked

    async def _count_agents(self) -> dict[Role, int]:
        if self._agents is None or self._agents.done():
            self._agents = asyncio.create_task(_counted(self._probes), name="health of agents")
        await asyncio.wait({self._agents}, timeout=self._seconds_max)
        with suppress(asyncio.CancelledError, asyncio.InvalidStateError):
            return self._agents.result()
        return {}


def current_health(probes: Probes, clock: Clock) -> HealthCheck:
    """What `/health` asks."""
    return HealthCheck(probes, clock)


async def _answer(name: str, probe: Probe) -> bool:
    try:
        return await probe()
    except Exception as error:  # noqa: BLE001 - whatever a component answers with, it is not well
        _log.warning("component_unhealthy", component=name, problem=f"{type(error).__name__}: {error}")
        return False


async def _counted(probes: Probes) -> dict[Role, int]:
    try:
        return await probes.live_agents()
    except Exception as error:  # noqa: BLE001 - without Redis nobody is known to be at work
        _log.warning("agents_unknown", problem=f"{type(error).__name__}: {error}")
        return {}
