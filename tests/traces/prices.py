"""What the studio's services cost by the book, and the weeks in which a provider's list price is 10-20% higher."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random


@dataclass(frozen=True)
class Service:
    """Prices of one order by the book, from the smallest to the largest usual one, in dollars."""

    request_type: str
    low: float
    high: float


SERVICES: dict[str, Service] = {
    "script": Service("api_call", 0.03, 0.45),
    "fact_check": Service("api_call", 0.02, 0.30),
    "voice": Service("api_call", 0.15, 1.60),
    "image": Service("api_call", 0.04, 0.25),
    "clip": Service("api_call", 0.60, 6.00),
    "music": Service("api_call", 1.00, 9.00),
    "stock": Service("api_call", 2.00, 18.00),
    "render": Service("compute", 0.40, 8.00),
    "render_4k": Service("compute", 20.00, 60.00),
    "store": Service("storage", 0.02, 0.40),
    "stamp": Service("blockchain", 0.05, 0.80),
    "thumbnail": Service("api_call", 0.02, 0.12),
    "subtitle": Service("api_call", 0.05, 0.50),
    "moderation": Service("api_call", 0.01, 0.03),
    "report": Service("compute", 2.00, 9.00),
    "archive": Service("storage", 4.00, 15.00),
}


@dataclass(frozen=True)
class Rise:
    """From `since` to `until` the provider charges `factor` times the book; then the book is corrected."""

    service: str
    since: datetime
    until: datetime
    factor: float


def rises(rng: Random, start: datetime, days: int) -> tuple[Rise, ...]:
    """About one rise a week, each for one to four days, each on one service."""
    found = []
    for _ in range(max(1, days // 7)):
        since = start + timedelta(hours=rng.uniform(24, max(25, days * 24)))
        until = since + timedelta(hours=rng.uniform(24, 96))
        found.append(Rise(rng.choice(sorted(SERVICES)), since, until, rng.uniform(1.10, 1.20)))
    return tuple(found)


def charged(book: float, service: str, at: datetime, rng: Random, risen: tuple[Rise, ...]) -> float:
    """The price asked for: the book's with a few percent of noise, sometimes a longer piece than was estimated."""
    price = book * rng.lognormvariate(0, 0.03)
    if rng.random() < 0.015:
        price *= rng.uniform(1.15, 1.40)
    for rise in risen:
        if rise.service == service and rise.since <= at < rise.until:
            price *= rise.factor
    return price
