"""Acts done over and over beside the work: what fails is said once and tried again, and ends no work."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from chimera.core.clock import Clock

RETRY_SECONDS = 1.0
END_SECONDS_MAX = 10.0
_log = structlog.get_logger(__name__)

Act = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Repeated:
    """An act done every `seconds`; with `wanted` only when that is set, and for a tenth of the time at most."""

    name: str
    seconds: float
    act: Act
    wanted: asyncio.Event | None = None


class Loops:
    """Does each act in its own loop until cancelled; then every act under way is brought to its end.

    The loops are told to end, never cancelled: Python 3.11's `wait_for`, inside the pools, can lose a cancellation.
    """

    def __init__(self, acts: Sequence[Repeated], clock: Clock) -> None:
        self._acts = acts
        self._clock = clock
        self._ended = asyncio.Event()
        self._failing: set[str] = set()

    async def run(self) -> None:
        loops = [asyncio.create_task(self._loop(act)) for act in self._acts]
        try:
            await asyncio.wait(loops)
        finally:
            self._ended.set()
            for act in self._acts:
                if act.wanted is not None:
                    act.wanted.set()
            _, late = await asyncio.wait(loops, timeout=END_SECONDS_MAX)
            for loop in late:
                loop.cancel()

    async def _loop(self, act: Repeated) -> None:
        pause = act.seconds
        while not self._ended.is_set():
            if act.wanted is not None:
                await act.wanted.wait()
            await self._pause(pause)
            if self._ended.is_set():
                return
            began = self._clock.monotonic()
            done = await self._done(act)
            took = self._clock.monotonic() - began
            pause = max(act.seconds, 9 * took if act.wanted is not None else 0.0, 0.0 if done else RETRY_SECONDS)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._ended.wait()
        except TimeoutError:
            return

    async def _done(self, act: Repeated) -> bool:
        try:
            await act.act()
        except Exception as error:  # noqa: BLE001 - whatever it is, the work goes on and it is tried again
            if act.name not in self._failing:
                _log.warning("roster_behind", act=act.name, problem=f"{type(error).__name__}: {error}")
            self._failing.add(act.name)
            return False
        if act.name in self._failing:
            self._failing.discard(act.name)
            _log.info("roster_caught_up", act=act.name)
        return True
