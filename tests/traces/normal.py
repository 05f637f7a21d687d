"""Weeks of honest work of a whole studio: video makers, batch jobs, meters, a weekly agent, newcomers, month ends."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from traces.prices import rises
from traces.request import TracedRequest, in_order
from traces.studio import Agent, Order, Studio, claim, piece, placed, priced, requests_of, with_retries
from traces.words import title

ROLES = (
    "video", "batch", "video", "meter", "video", "weekly", "video", "chain", "new_video", "batch", "video", "new_batch",
    "video", "batch",
)  # fmt: skip


def studio(seed: int, days: int) -> Studio:
    """Starts somewhere in the second week of a month, so that three weeks contain a month end."""
    rng = Random(f"studio {seed}")
    start = datetime(2026, rng.randint(1, 12), rng.randint(8, 14), tzinfo=UTC)
    outages = []
    for _ in range(max(1, days // 10)):
        since = start + timedelta(hours=rng.uniform(30, max(31, days * 24)))
        outages.append((since, since + timedelta(minutes=rng.uniform(15, 45))))
    return Studio(start, days, rises(rng, start, days), tuple(outages))


def staff(seed: int, agents: int, where: Studio) -> list[Agent]:
    """Agents 0, 1, 2 …; newcomers begin between the second and the last fifth of the trace."""
    found = []
    for number in range(agents):
        rng = Random(f"agent {seed} {number}")
        role = ROLES[number % len(ROLES)]
        begins = rng.uniform(0.3, 0.8) * where.days if role.startswith("new") else 0.0
        opens = rng.uniform(0, 12)
        found.append(
            Agent(
                number=number,
                role=role.removeprefix("new_"),
                since=where.start + timedelta(days=begins),
                opens=opens,
                closes=opens + rng.uniform(7, 12),
                claims=rng.uniform(1.9, 3.6),
                size=rng.uniform(0.7, 1.4),
                share_known=rng.uniform(0.75, 1.0),
                wording=rng.randrange(3),
            )
        )
    return found


def normal_trace(seed: int, days: int = 21, agents: int = 14) -> list[TracedRequest]:
    """Honest traffic only; the same for the same arguments."""
    where = studio(seed, days)
    return in_order(request for agent in staff(seed, agents, where) for request in work(seed, agent, where))


def work(seed: int, agent: Agent, where: Studio) -> list[TracedRequest]:
    """All that one agent asks for; a newcomer's first day is marked as such."""
    rng = Random(f"work {seed} {agent.number}")
    asked = [request for day in _days(where) for request in _DAILY[agent.role](rng, agent, where, day)]
    asked = [request for request in asked if agent.since <= request.at < where.start + timedelta(days=where.days)]
    if agent.since == where.start:
        return asked
    first_day = agent.since + timedelta(days=1)
    return [replace(request, kind="newcomer") if request.at < first_day else request for request in asked]


def _days(where: Studio) -> Iterator[datetime]:
    return (where.start + timedelta(days=day) for day in range(where.days))


def _videos(rng: Random, agent: Agent, where: Studio, day: datetime) -> Iterator[TracedRequest]:
    usual = rng.choice((1, 2, 2, 3, 4)) * (0.5 if day.weekday() >= 5 else 1.0)
    at = day + timedelta(hours=agent.opens + rng.uniform(0, 1.5))
    for _ in range(round(usual * where.load(day))):
        made = requests_of(piece(rng, agent, where, at))
        yield from made
        at = made[-1].at + timedelta(minutes=rng.uniform(1, 240))


def _batches(rng: Random, agent: Agent, where: Studio, day: datetime) -> Iterator[TracedRequest]:
    """A job on the hour, every few hours, also at midnight: the same kind of order again and again within a minute."""
    habits = Random(f"habits {agent.number} {agent.claims}")
    every, usual, service = habits.choice((4, 6, 8)), habits.randint(5, 20), habits.choice(("thumbnail", "subtitle"))
    for hour in range(0, 24, every):
        at = day + timedelta(hours=hour, seconds=rng.uniform(0, 15))
        size = max(2, round(usual * rng.uniform(0.7, 1.3) * where.load(day)))
        name, roi, book = title(rng), claim(rng, agent), priced(rng, service)
        for n in range(1, size + 1):
            order = Order(service, {"title": name, "n": str(n), "m": str(size)}, book)
            yield from with_retries(rng, where, placed(rng, agent, where, order, at, roi, "batch"))
            at += timedelta(seconds=rng.uniform(0.3, 4))


def _meter(rng: Random, agent: Agent, where: Studio, day: datetime) -> Iterator[TracedRequest]:
    """Steady small charges for two or three hours of live chat, on three days of five."""
    if rng.random() < 0.4:
        return
    begins = day + timedelta(hours=agent.opens + rng.uniform(0, 4))
    every, at = rng.uniform(40, 100), begins
    while at < begins + timedelta(hours=rng.uniform(2, 3)):
        order = Order("moderation", {}, priced(rng, "moderation"))
        yield placed(rng, agent, where, order, at, agent.claims, "meter")
        at += timedelta(seconds=every * rng.uniform(0.85, 1.15))


def _weekly(rng: Random, agent: Agent, where: Studio, day: datetime) -> Iterator[TracedRequest]:
    """Works on one day a week only: reports and the cold archive."""
    if day.weekday() != int(agent.opens) % 7:
        return
    at = day + timedelta(hours=agent.opens + rng.uniform(0, 1))
    service, roi, parts = rng.choice(("report", "archive")), claim(rng, agent), rng.randint(3, 6)
    for n in range(1, parts + 1):
        order = Order(service, {"n": str(n), "m": str(parts)}, priced(rng, service))
        yield from with_retries(rng, where, placed(rng, agent, where, order, at, roi, "weekly"))
        at += timedelta(minutes=rng.uniform(1, 12))


def _chain(rng: Random, agent: Agent, where: Studio, day: datetime) -> Iterator[TracedRequest]:
    """Proofs of publication through the day."""
    for _ in range(round(rng.randint(3, 9) * where.load(day))):
        at = day + timedelta(hours=rng.uniform(agent.opens, agent.closes))
        order = Order("stamp", {"title": title(rng)}, priced(rng, "stamp"))
        yield from with_retries(rng, where, placed(rng, agent, where, order, at, claim(rng, agent), "chain"))


_DAILY: dict[str, Callable[[Random, Agent, Studio, datetime], Iterator[TracedRequest]]] = {
    "video": _videos,
    "batch": _batches,
    "meter": _meter,
    "weekly": _weekly,
    "chain": _chain,
}
