"""Attacks woven into honest weeks: one kind at a time, or all seven."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from random import Random

from traces.attacks_of_claim import duplicate, inflated_roi, price_gouge
from traces.attacks_of_pace import burst, drip_split, error_loop, sleeping_agent
from traces.episode import Stage
from traces.normal import normal_trace, staff, studio
from traces.request import TracedRequest, in_order
from traces.studio import Agent

#: For whoever calibrates or tests from day to day, and for the last word, which nobody may tune on.
TEST_SEEDS = (1, 2, 3, 4, 5)
FINAL_SEEDS = (101, 102, 103, 104, 105)

ATTACKS: dict[str, Callable[[Random, Stage], list[TracedRequest]]] = {
    "drip split": drip_split,
    "burst": burst,
    "inflated ROI": inflated_roi,
    "duplicate": duplicate,
    "price gouge": price_gouge,
    "sleeping agent": sleeping_agent,
    "error loop": error_loop,
}
#: An agent at work on these has something else on its mind; its honest requests meanwhile are not judged.
OF_PACE = frozenset({"drip split", "burst", "error loop", "sleeping agent"})

DAYS, AGENTS = 24, 20
#: How often each attack comes in one trace; those that are a handful of requests come more often.
EPISODES_OF_PACE, EPISODES_OF_CLAIM = 6, 9
#: Of an attack's episodes a third is hard.
HARD = Fraction(1, 3)
SLEEPERS_FROM = 900


def attack_trace(seed: int, attack: str) -> list[TracedRequest]:
    """Three weeks with only one kind of attack in them."""
    return _woven(seed, [attack])


def mixed_trace(seed: int) -> list[TracedRequest]:
    """Three weeks with all attacks; they begin on the eleventh day."""
    return _woven(seed, list(ATTACKS))


def _woven(seed: int, attacks: Sequence[str]) -> list[TracedRequest]:
    rng = Random(f"mixed {seed} {attacks}")
    where = studio(seed, DAYS)
    makers = [agent for agent in staff(seed, AGENTS, where) if agent.role == "video" and agent.since == where.start]
    planned = [(attack, hard) for attack in attacks for hard in _difficulties(attack)]
    taken, found = list[tuple[int, datetime]](), list[TracedRequest]()
    for episode, (attack, hard) in enumerate(planned):
        agent, at = _free(rng, makers, where.start, taken)
        if attack == "sleeping agent":
            agent = replace(agent, number=SLEEPERS_FROM + episode)
        helper = rng.choice([maker for maker in makers if maker.number != agent.number])
        stage = Stage(episode, agent, helper, at, hard, where)
        found += ATTACKS[attack](Random(f"{attack} {seed} {episode}"), stage)
    return in_order(found + _without_bystanders(normal_trace(seed, DAYS, AGENTS), found))


def _difficulties(attack: str) -> list[bool]:
    episodes = EPISODES_OF_PACE if attack in OF_PACE else EPISODES_OF_CLAIM
    return [episode < episodes * HARD for episode in range(episodes)]


def _free(
    rng: Random, makers: Sequence[Agent], start: datetime, taken: list[tuple[int, datetime]]
) -> tuple[Agent, datetime]:
    """An agent and a time, so that one agent's attacks are at least half a day apart."""
    while True:
        agent = rng.choice(makers)
        at = start + timedelta(days=rng.uniform(10, DAYS - 1))
        at = at.replace(hour=int(agent.opens + rng.uniform(0, agent.closes - agent.opens)) % 24)
        if all(number != agent.number or abs(at - other) > timedelta(hours=12) for number, other in taken):
            taken.append((agent.number, at))
            return agent, at


def _without_bystanders(normal: list[TracedRequest], attacks: Sequence[TracedRequest]) -> list[TracedRequest]:
    """Marks the honest requests of an agent from the start of its own attack of pace to an hour after its end."""
    spans: dict[tuple[int, int], list[datetime]] = {}
    for request in attacks:
        if request.episode is not None and request.kind in OF_PACE:
            spans.setdefault((request.episode, request.agent), []).append(request.at)
    hour = timedelta(hours=1)

    def during(request: TracedRequest) -> bool:
        return any(agent == request.agent and min(t) <= request.at <= max(t) + hour for (_, agent), t in spans.items())

    return [replace(request, bystander=True) if during(request) else request for request in normal]
