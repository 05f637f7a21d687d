"""Honest agents at work: the orders they place, the retries they make, and how one piece of video asks for money."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from traces.prices import SERVICES, Rise, charged
from traces.request import TracedRequest, dollars, ratio
from traces.words import title, wording


@dataclass(frozen=True)
class Agent:
    """An agent's habits; `claims` is the ROI it usually projects, `share_known` how often the book has its price."""

    number: int
    role: str
    since: datetime
    opens: float
    closes: float
    claims: float
    size: float
    share_known: float
    wording: int


@dataclass(frozen=True)
class Studio:
    """What is the same for all agents in one trace; in an outage a provider fails about half of its orders."""

    start: datetime
    days: int
    risen: tuple[Rise, ...] = ()
    outages: tuple[tuple[datetime, datetime], ...] = ()

    def fails(self, rng: Random, at: datetime) -> bool:
        down = any(since <= at < until for since, until in self.outages)
        return rng.random() < (0.5 if down else 0.02)

    def load(self, day: datetime) -> float:
        """Month ends are heavy: the last two days and the first."""
        return 1.8 if day.day == 1 or (day + timedelta(days=2)).month != day.month else 1.0


@dataclass(frozen=True)
class Order:
    """A service with what is said of it; enough to word the same order again in other words."""

    service: str
    fields: dict[str, str]
    book: float

    def worded(self, which: int) -> str:
        return wording(self.service, self.fields, which)


def claim(rng: Random, agent: Agent) -> float:
    """An honest projection: around the agent's habit, from 1.5 to 6."""
    return min(6.0, max(1.5, agent.claims * rng.lognormvariate(0, 0.22)))


def placed(
    rng: Random, agent: Agent, studio: Studio, order: Order, at: datetime, roi: float, kind: str
) -> TracedRequest:
    cost = charged(order.book, order.service, at, rng, studio.risen)
    known = rng.random() < agent.share_known
    jobs = kind in {"batch", "meter"}
    return TracedRequest(
        at=at,
        agent=agent.number,
        request_type=SERVICES[order.service].request_type,
        cost=dollars(cost),
        estimate=dollars(order.book) if known else None,
        projected_roi=ratio(roi),
        justification=order.worded(agent.wording if jobs or rng.random() < 0.8 else rng.randrange(3)),
        outcome="overrun" if rng.random() < 0.004 else "settled",
        closes_after=timedelta(seconds=rng.uniform(4, 180)),
        kind=kind,
    )


def with_retries(rng: Random, studio: Studio, asked: TracedRequest) -> list[TracedRequest]:
    """The request, and what an honest agent does after a failure (at most two more tries) or a rejected projection."""
    if rng.random() < 0.012 and asked.kind in {"video", "chain"}:
        return _smaller_after_rejection(rng, asked)
    tries = [asked]
    while studio.fails(rng, tries[-1].at) and len(tries) < 3:
        failed = replace(tries[-1], outcome="voided", closes_after=timedelta(seconds=rng.uniform(2, 20)))
        tries[-1] = failed
        at = failed.at + failed.closes_after + timedelta(seconds=rng.uniform(10, 120) * len(tries))
        words = asked.justification + (f" (attempt {len(tries) + 1})" if rng.random() < 0.5 else "")
        tries.append(replace(asked, at=at, justification=words, kind="retry"))
    return tries


def _smaller_after_rejection(rng: Random, asked: TracedRequest) -> list[TracedRequest]:
    """A projection below the hurdle is rejected; the agent asks for a smaller version that pays."""
    poor = replace(asked, projected_roi=ratio(rng.uniform(1.05, 1.45)))
    smaller = dollars(float(asked.cost) * rng.uniform(0.5, 0.8))
    again = replace(
        asked,
        at=asked.at + timedelta(seconds=rng.uniform(30, 300)),
        cost=smaller,
        estimate=None if asked.estimate is None else smaller,
        projected_roi=ratio(rng.uniform(1.55, 2.0)),
        justification=asked.justification + rng.choice((", smaller version", ", shorter cut", ", reduced scope")),
        kind="retry",
    )
    return [poor, again]


def piece_orders(rng: Random, agent: Agent, *, in_4k: bool) -> list[Order]:
    """3-8 orders for one video; now and then several scenes at one unit price."""
    steps = ["script", "voice", "render_4k" if in_4k else "render"]
    steps += rng.sample(
        ["fact_check", "image", "music", "stock", "store", "stamp", "clip", "subtitle"], rng.randint(0, 4)
    )
    scenes = rng.randint(2, 4) if "clip" in steps and len(steps) < 6 else 1
    fields = {"title": title(rng), "secs": str(rng.randrange(30, 240)), "res": rng.choice(("720p", "1080p"))}
    fields |= {"m": str(max(scenes, rng.randint(3, 12)))}
    orders = []
    for step in sorted(steps, key=list(SERVICES).index):
        book = priced(rng, step, agent.size)
        count = scenes if step == "clip" else 1
        orders += [Order(step, fields | {"n": str(n)}, book) for n in range(1, count + 1)]
    return orders[:8]


def priced(rng: Random, service: str, size: float = 1.0) -> float:
    """A price by the book for an order of random size; more small ones than large ones."""
    offered = SERVICES[service]
    return float(min(offered.high, max(offered.low, offered.low * (offered.high / offered.low) ** rng.random() * size)))


def piece(rng: Random, agent: Agent, studio: Studio, at: datetime) -> list[tuple[TracedRequest, Order]]:
    """One video: its orders seconds to minutes apart, each with the order it came from."""
    in_4k = rng.random() < 0.04
    roi = claim(rng, agent)
    found = []
    for order in piece_orders(rng, agent, in_4k=in_4k):
        asked = placed(rng, agent, studio, order, at, roi, "video_4k" if in_4k else "video")
        found += [(one, order) for one in with_retries(rng, studio, asked)]
        at = found[-1][0].at + timedelta(seconds=rng.lognormvariate(3.4, 0.9))
    return found


def requests_of(found: Sequence[tuple[TracedRequest, Order]]) -> list[TracedRequest]:
    return [request for request, _ in found]
