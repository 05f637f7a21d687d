"""What each component answers makes section 9's health, within a bound."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from chimera.api.health import Probes, current_health
from chimera.core.clock import FixedClock
from chimera.core.vocabulary import ComponentHealth, Role

HEALTHY, DEGRADED, UNHEALTHY = ComponentHealth.HEALTHY, ComponentHealth.DEGRADED, ComponentHealth.UNHEALTHY


async def well() -> bool:
    return True


async def ill() -> bool:
    return False


async def broken() -> bool:
    raise OSError("no route")


async def nobody() -> dict[Role, int]:
    raise ConnectionError


async def agents() -> dict[Role, int]:
    return {Role.ARTIST: 2}


ALL_WELL = Probes(database=well, redis=well, mcp_layer=well, live_agents=agents)


@pytest.mark.parametrize(
    ("probes", "status"),
    [
        (ALL_WELL, HEALTHY),
        (replace(ALL_WELL, database=broken), UNHEALTHY),
        (replace(ALL_WELL, redis=broken, live_agents=nobody), DEGRADED),
        (replace(ALL_WELL, mcp_layer=ill), DEGRADED),
    ],
)
async def test_the_status_follows_from_the_components(
    probes: Probes, status: ComponentHealth, clock: FixedClock
) -> None:
    assert (await current_health(probes, clock)()).status is status


async def test_who_is_at_work_is_told_by_role_and_nobody_without_redis(clock: FixedClock) -> None:
    assert (await current_health(ALL_WELL, clock)()).components.agents == {Role.ARTIST: 2}
    without = replace(ALL_WELL, redis=ill, live_agents=nobody)
    assert (await current_health(without, clock)()).components.agents == {}


async def test_the_tool_server_is_asked_once_a_minute_also_by_many_at_once(clock: FixedClock) -> None:
    asked = 0

    def counting() -> Callable[[], Awaitable[bool]]:
        async def ask() -> bool:
            nonlocal asked
            asked += 1
            await asyncio.sleep(0)
            return True

        return ask

    health = current_health(replace(ALL_WELL, mcp_layer=counting()), clock)
    await asyncio.gather(*(health() for _ in range(5)))
    assert asked == 1
    clock.advance(timedelta(seconds=61))
    await health()
    assert asked == 2
