"""What it takes to host agents: memory of a fresh process, a round of all heartbeats, and that none expires."""

import asyncio
import gc
import time
from typing import NamedTuple

import psutil  # type: ignore[import-untyped]
from redis.asyncio import Redis

from chimera.bench.crew.at_work import hosted
from chimera.bench.crew.found import Found, Line
from chimera.bench.crew.fresh import in_fresh_process
from chimera.bench.crew.ground import Ground
from chimera.runtime.roster.states import PIPELINE_COMMANDS_MAX, live_counts
from chimera.storage.database import open_database

LOOK_SECONDS = 10.0
_MEMORY_HOW = (
    "resident memory of a fresh process with its connections that has adopted the agents, shown them all and kept them "
    "alive for some seconds"
)
_MEGABYTE = 2**20


class Hosting(NamedTuple):
    """Bytes after settling, and seconds of one round of all heartbeats."""

    memory: int
    sweep_seconds: float


class Soak(NamedTuple):
    """Keys that Redis let expire, and agents that had no key at any look."""

    expired: int
    missing_most: int


def hosting(ground: Ground, counts: tuple[int, ...], settle_seconds: float) -> list[Line]:
    """Each number of agents in a process of its own, beside one that hosts a single agent."""
    nobody = _host(ground, 1, settle_seconds)
    lines: list[Line] = []
    for count in counts:
        found = _host(ground, count, settle_seconds)
        lines += [
            Found(f"memory_mb_{count}_agents", "MB", found.memory / _MEGABYTE, _MEMORY_HOW),
            Found(
                f"bytes_per_agent_{count}_agents",
                "bytes",
                (found.memory - nobody.memory) / count,
                "what the process takes beyond one with a single agent, per agent",
            ),
            Found(
                f"sweep_seconds_{count}_agents",
                "s",
                found.sweep_seconds,
                "all states shown again at once, pipeline after pipeline; a living host spreads this over a minute",
            ),
        ]
    return [
        *lines,
        Found("memory_mb_1_agent", "MB", nobody.memory / _MEGABYTE, _MEMORY_HOW),
        Found("commands_per_pipeline", "commands", PIPELINE_COMMANDS_MAX, "the most that one round trip carries"),
    ]


def soak(ground: Ground, agents: int, minutes: float) -> list[Line]:
    """Hosts that many for so long, and counts state keys that expired or were missing."""
    with ground.database() as url:
        found = in_fresh_process(
            keep_hosting, url, ground.empty_redis(), agents, minutes * 60, seconds=minutes * 60 + 120
        )
    how = f"{agents:,} agents hosted for {minutes:g} minutes; state keys live 300 s"
    return [
        Found("expired_state_keys", "keys", found.expired, f"{how}; as Redis counts expired keys"),
        Found(
            "missing_state_keys", "keys", found.missing_most, f"{how}; most missing at a look every {LOOK_SECONDS:g} s"
        ),
    ]


def _host(ground: Ground, agents: int, settle_seconds: float) -> Hosting:
    with ground.database() as url:
        return in_fresh_process(host, url, ground.empty_redis(), agents, settle_seconds)


def host(url: str, redis_url: str, agents: int, settle_seconds: float) -> Hosting:
    """Adopt them, settle, and show all of them once more."""
    return asyncio.run(_measured(url, redis_url, agents, settle_seconds))


async def _measured(url: str, redis_url: str, agents: int, settle_seconds: float) -> Hosting:
    async with (
        open_database(url) as database,
        Redis.from_url(redis_url) as redis,
        hosted(database, redis, agents) as (roster, _),
    ):
        await asyncio.sleep(settle_seconds)
        gc.collect()
        memory = int(psutil.Process().memory_info().rss)
        started_at = time.perf_counter()
        roster.beat()
        await roster.flush()
        return Hosting(memory, time.perf_counter() - started_at)


def keep_hosting(url: str, redis_url: str, agents: int, seconds: float) -> Soak:
    """Host them for so long."""
    return asyncio.run(_kept(url, redis_url, agents, seconds))


async def _kept(url: str, redis_url: str, agents: int, seconds: float) -> Soak:
    async with (
        open_database(url) as database,
        Redis.from_url(redis_url) as redis,
        hosted(database, redis, agents),
    ):
        missing_most = 0
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            await asyncio.sleep(min(LOOK_SECONDS, left))
            missing_most = max(missing_most, agents - sum((await live_counts(redis)).values()))
        stats = await redis.info("stats")
        return Soak(int(stats["expired_keys"]), missing_most)
