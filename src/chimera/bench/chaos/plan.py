"""Which faults come, in which order and at which moment: drawn from a seed. Pure."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar


class FaultKind(StrEnum):
    """What is done to the crew from outside."""

    KILL_HOST = "kill_host"
    KILL_TOOLS = "kill_tools"
    KILL_JOB = "kill_job"
    KILL_POSTGRESQL = "kill_postgresql"
    KILL_VALKEY = "kill_valkey"
    STOP_HOST = "stop_host"
    CUT_POSTGRESQL = "cut_postgresql"
    CUT_REDIS = "cut_redis"
    SILENCE = "silence"
    FLUSH_REDIS = "flush_redis"

    @property
    def kills(self) -> bool:
        """Whether it is a kill -9."""
        return self.value.startswith("kill_")

    @property
    def engine(self) -> bool:
        """Whether it befalls every process at once."""
        return self in {FaultKind.KILL_POSTGRESQL, FaultKind.KILL_VALKEY, FaultKind.FLUSH_REDIS}


class Moment(StrEnum):
    """When: while a step of a piece runs, while a job of its production runs, while a process starts, or by chance."""

    BRIEF = "brief"
    APPROVE = "approve"
    BEGIN = "begin"
    PRODUCE = "produce"
    VOICE = "voice"
    SOUND = "sound"
    VIDEO = "video"
    SETTLE = "settle"
    REVIEW = "review"
    PUBLISH = "publish"
    STARTING = "starting"
    ANYTIME = "anytime"


JOBS = (Moment.VOICE, Moment.SOUND, Moment.VIDEO)
_STEPS = (
    Moment.BRIEF,
    Moment.APPROVE,
    Moment.BEGIN,
    Moment.PRODUCE,
    *JOBS,
    Moment.SETTLE,
    Moment.REVIEW,
    Moment.PUBLISH,
)
_KILLS = {
    FaultKind.KILL_HOST: 70,
    FaultKind.KILL_TOOLS: 10,
    FaultKind.KILL_JOB: 12,
    FaultKind.KILL_POSTGRESQL: 4,
    FaultKind.KILL_VALKEY: 4,
}
"""Of a hundred kills."""
_OTHERS = (
    FaultKind.STOP_HOST,
    FaultKind.CUT_POSTGRESQL,
    FaultKind.CUT_REDIS,
    FaultKind.SILENCE,
    FaultKind.FLUSH_REDIS,
)
KILLS_FOR_EACH_OTHER = 8
"""So many kills come for each fault that is none."""
CHANCE_SECONDS_MEAN = 2.5
SECONDS_OF_CUT = (1.0, 8.0)
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Fault:
    """`fraction` is how far into the moment's usual length it strikes; `pick` (0 to 1) chooses among what could be hit.

    `seconds` is how long a cut lasts; `pause_seconds` passes before its moment is looked for.
    """

    number: int
    kind: FaultKind
    moment: Moment
    fraction: float
    pick: float
    pause_seconds: float
    seconds: float

    def choose(self, among: Sequence[Item]) -> Item:
        """The one of these, in their order, that it hits."""
        return among[min(len(among) - 1, int(self.pick * len(among)))]


def draw_faults(seed: int, kills: int) -> tuple[Fault, ...]:
    """So many kills with the other faults strewn among them; the same for the same seed and number."""
    chance = random.Random(seed)  # noqa: S311 - the faults are to be repeated from the seed, not to be secret
    kinds = _mixed(chance, _counted(_KILLS, kills))
    others = _mixed(chance, [_OTHERS[index % len(_OTHERS)] for index in range(kills // KILLS_FOR_EACH_OTHER)])
    for kind in others:
        kinds.insert(chance.randrange(len(kinds) + 1), kind)
    steps = _mixed(chance, [_STEPS[index % len(_STEPS)] for index in range(len(kinds))])
    return tuple(_fault(chance, number, kind, steps[number - 1]) for number, kind in enumerate(kinds, start=1))


def _counted(shares: dict[FaultKind, int], count: int) -> list[FaultKind]:
    """`count` kinds by their shares; every kind once at least where there is room."""
    total = sum(shares.values())
    found = [kind for kind, share in shares.items() for _ in range(max(1, round(count * share / total)))]
    most = max(shares, key=lambda kind: shares[kind])
    while len(found) < count:
        found.append(most)
    while len(found) > count:
        found.remove(most if found.count(most) > 1 else found[-1])
    return found


def _mixed(chance: random.Random, items: Sequence[Item]) -> list[Item]:
    return chance.sample(items, len(items))


def _fault(chance: random.Random, number: int, kind: FaultKind, step: Moment) -> Fault:
    moment = step
    if kind is FaultKind.KILL_JOB:
        moment = chance.choice(JOBS)
    elif kind is FaultKind.KILL_TOOLS:
        moment = chance.choice((*JOBS, Moment.ANYTIME))
    else:
        by_chance = chance.random()
        if by_chance < 0.12:
            moment = Moment.ANYTIME
        elif by_chance < 0.18 and kind is FaultKind.KILL_HOST:
            moment = Moment.STARTING
    return Fault(
        number=number,
        kind=kind,
        moment=moment,
        fraction=chance.random(),
        pick=chance.random(),
        pause_seconds=min(15.0, chance.expovariate(1 / CHANCE_SECONDS_MEAN)),
        seconds=chance.uniform(*SECONDS_OF_CUT),
    )
