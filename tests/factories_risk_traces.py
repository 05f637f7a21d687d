"""Traces of requests for calibrating the risk score: ordinary business of several kinds, and attacks on it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from uuid import UUID

from chimera.treasury.ask import Ask
from chimera.treasury.scoring.past import PastRequest, Pasts
from chimera.treasury.scoring.risk import Day, RiskPolicy, RiskScore, weigh

SECOND = 1_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND
NEW_YEAR = 1_767_225_600 * SECOND
POLICY = RiskPolicy(hurdle_hundredths=150)
LIMIT_CENTS = 100_000


@dataclass(frozen=True)
class Event:
    """One request of a trace; `fails` means that its approval is voided before the agent's next request."""

    at: int
    agent: UUID
    usd: float
    text: str
    roi: float = 2.5
    kind: str = "api_call"
    estimate: float | None = None
    attack: str = ""
    fails: bool = False


@dataclass(frozen=True)
class Scored:
    event: Event
    score: RiskScore
    decision: str


def ask_of(event: Event, random: Random) -> Ask:
    micros = max(1, round(event.usd * 1e6))
    return Ask(
        request_id=UUID(int=random.getrandbits(128)),
        agent_id=event.agent,
        request_type=event.kind,
        cost_micros=micros,
        charge_cents=-(-micros // 10_000),
        roi_hundredths=round(event.roi * 100),
        justification=event.text,
        estimate_micros=None if event.estimate is None else round(event.estimate * 1e6),
    )


def play(events: list[Event], limit_cents: int = LIMIT_CENTS, policy: RiskPolicy = POLICY) -> Iterator[Scored]:
    """Decide every event in order of time by budget, hurdle and risk, and remember it as the writer would."""
    pasts, random, spent, day_number = Pasts(), Random(1), 0, -1
    last_failed: dict[UUID, int] = {}
    for seq, event in enumerate(sorted(events, key=lambda event: event.at), start=1):
        if event.at // DAY != day_number:
            day_number, spent = event.at // DAY, 0
        for agent in pasts.missing([event.agent]):
            pasts.load(agent, [])
        if failed := last_failed.pop(event.agent, None):
            pasts.spoiled(event.agent, failed)
        ask = ask_of(event, random)
        day = Day(limit_cents, spent, (event.at % DAY) * 1_000_000 // DAY)
        score = weigh(ask, pasts, day, event.at, policy)
        refused = ask.charge_cents > limit_cents - spent or ask.roi_hundredths < policy.hurdle_hundredths
        decision = "rejected" if refused else "escalated" if score.hundredths > 70 else "approved"
        if decision == "approved":
            spent += 0 if event.fails else ask.charge_cents
            if event.fails:
                last_failed[event.agent] = seq
        pasts.record(
            PastRequest(
                seq, event.agent, event.kind, ask.cost_micros, event.text, event.at, decision, ask.roi_hundredths
            )
        )
        yield Scored(event, score, decision)


def agent_of(random: Random) -> UUID:
    return UUID(int=random.getrandbits(128), version=4)


def _usd(random: Random, median: float, spread: float) -> float:
    return max(0.01, round(median * random.lognormvariate(0, spread), 4))


TOPICS = [
    "otters",
    "volcanoes",
    "chess",
    "tides",
    "espresso",
    "comets",
    "violins",
    "glaciers",
    "robots",
    "kites",
    "maps",
]


def pipeline(random: Random, start: int, days: int) -> Iterator[Event]:
    """Several requests a piece within a minute, then quiet; now and then a failed one is asked again."""
    agent, at, piece = agent_of(random), start, 0
    median, pause = random.choice([0.03, 0.2, 2.0]), random.choice([8, 20, 60])
    steps = ["script", "voice", "pictures", "music", "render", "thumbnail"]
    while at < start + days * DAY:
        piece += 1
        topic = random.choice(TOPICS)
        for step in steps[: random.randint(3, 6)]:
            usd = _usd(random, median, 0.5)
            text = f"{step.capitalize()} for the video about {topic} no. {piece}"
            fails = random.random() < 0.03
            estimate = usd * random.uniform(0.85, 1.15)
            yield Event(at, agent, usd, text, random.uniform(1.6, 5.5), estimate=estimate, fails=fails)
            at += random.randint(2, 15) * SECOND
            if fails:
                yield Event(at, agent, usd, text, random.uniform(1.6, 5.5), estimate=estimate)
                at += random.randint(2, 15) * SECOND
        at += int(random.expovariate(1 / pause) * MINUTE) + MINUTE


def templated(random: Random, start: int, days: int) -> Iterator[Event]:
    """Few fixed texts, again and again, at Poisson times."""
    agent, at = agent_of(random), start
    median, gap = random.choice([(0.05, 1), (0.05, 15), (0.3, 1), (0.5, 4), (3.0, 15)])
    texts = ["Generate b-roll", "Voice-over", "Upscale frames", "Caption pass", "Trend scan"][: random.randint(2, 5)]
    while at < start + days * DAY:
        yield Event(at, agent, _usd(random, median, 0.35), random.choice(texts), random.uniform(1.5, 6))
        at += int(random.expovariate(1 / gap) * MINUTE)


def fixed_price(random: Random, start: int, days: int) -> Iterator[Event]:
    """One price, counted texts."""
    agent, at, number = agent_of(random), start, 0
    usd, gap = random.choice([0.04, 1.0, 5.0]), random.choice([3, 12, 40])
    while at < start + days * DAY:
        number += 1
        yield Event(at, agent, usd, f"Video {number}", random.uniform(1.8, 4))
        at += int(random.uniform(0.5, 1.5) * gap * MINUTE)


def hourly_batch(random: Random, start: int, days: int) -> Iterator[Event]:
    agent, size, median = agent_of(random), random.choice([5, 20]), random.choice([0.02, 0.2])
    for hour in range(days * 24):
        at = start + hour * HOUR
        for item in range(random.randint(size // 2, size)):
            at += random.randint(1, 3) * SECOND
            text = f"Nightly storage of asset {hour}-{item}"
            yield Event(at, agent, _usd(random, median, 0.3), text, random.uniform(1.6, 3), kind="storage")


def weekly(random: Random, start: int, days: int) -> Iterator[Event]:
    agent, at = agent_of(random), start
    while at < start + days * DAY:
        for item in range(random.randint(1, 3)):
            usd = _usd(random, 15, 0.25)
            yield Event(at, agent, usd, f"Weekly report, part {item}", random.uniform(2, 4), kind="compute")
            at += random.randint(1, 30) * MINUTE
        at += 7 * DAY + random.randint(-8, 8) * HOUR


def growing(random: Random, start: int, days: int) -> Iterator[Event]:
    agent, at, usd, gap = agent_of(random), start, 0.1, 30.0
    while at < start + days * DAY:
        yield Event(
            at, agent, _usd(random, usd, 0.3), f"Compute for {random.choice(TOPICS)} {at % 997}", kind="compute"
        )
        usd, gap = min(8, usd * 1.02), max(15, gap * 0.995)
        at += int(random.expovariate(1 / gap) * MINUTE)


def fast(random: Random, start: int, days: int) -> Iterator[Event]:
    """One request a second or more, of cents."""
    agent, at = agent_of(random), start
    gap = random.choice([0.3, 1.0])
    for number in range(1500):
        yield Event(at, agent, _usd(random, 0.01, 0.2), f"Token batch {number}", random.uniform(1.6, 3))
        at += int(gap * SECOND * random.uniform(0.8, 1.2))


def retrying(random: Random, start: int, days: int) -> Iterator[Event]:
    """Every tenth request fails and is asked once or twice more in the same words."""
    agent, at, number = agent_of(random), start, 0
    while at < start + days * DAY:
        number += 1
        usd, text = _usd(random, 0.8, 0.4), f"Transcode {random.choice(TOPICS)} take {number}"
        roi = random.uniform(1.6, 4)
        tries = random.choices([1, 2, 3], [90, 8, 2])[0]
        for attempt in range(tries):
            yield Event(at, agent, usd, text, roi, kind="compute", fails=attempt < tries - 1)
            at += random.randint(5, 60) * SECOND
        at += int(random.expovariate(1 / 10) * MINUTE)


NORMAL: tuple[Callable[[Random, int, int], Iterator[Event]], ...] = (
    pipeline,
    templated,
    fixed_price,
    hourly_batch,
    weekly,
    growing,
    fast,
    retrying,
)


def victim(random: Random, start: int, days: int, median: float) -> list[Event]:
    """An ordinary agent with a past, that then turns."""
    agent, at = agent_of(random), start
    events: list[Event] = []
    gap = random.choice([5, 20, 60]) * (1 if median < 1 else 4)
    while at < start + days * DAY:
        usd = _usd(random, median, 0.35)
        text = f"{random.choice(['Clip', 'Voice', 'Scene'])} on {random.choice(TOPICS)} {len(events)}"
        events.append(Event(at, agent, usd, text, random.uniform(1.7, 4), estimate=usd * random.uniform(0.9, 1.1)))
        at += int(random.expovariate(1 / gap) * MINUTE)
    return events


def attacks(random: Random, start: int) -> Iterator[Event]:
    """One attack of every kind, each by an agent with a past of its own."""
    for kind in ATTACKS:
        median = random.choice([0.3, 2.0, 5.0])
        past = victim(random, start, 3, median)
        yield from past
        yield from kind(random, past[-1], median)


def drip(random: Random, last: Event, median: float) -> Iterator[Event]:
    at, pieces = last.at + 5 * MINUTE, random.choice([20, 40, 80])
    usd = random.choice([0.7, 1.5]) * median
    for piece in range(pieces):
        text = random.choice([f"GPU cluster rent, part {piece + 1} of {pieces}", f"gpu cluster rent part {piece}"])
        yield Event(at, last.agent, round(usd * random.uniform(0.9, 1.1), 2), text, 2.5, attack="drip")
        at += random.randint(5, 30) * SECOND


def burst(random: Random, last: Event, median: float) -> Iterator[Event]:
    at = last.at + random.randint(5, 60) * MINUTE
    for number in range(random.choice([40, 80, 150])):
        text = f"{random.choice(['Clip', 'Voice', 'Scene'])} on {random.choice(TOPICS)} {1000 + number}"
        yield Event(at, last.agent, _usd(random, median, 0.3), text, random.uniform(1.7, 4), attack="burst")
        at += int(random.uniform(0.1, 2) * SECOND)


def inflated(random: Random, last: Event, median: float) -> Iterator[Event]:
    at = last.at
    for _ in range(15):
        at += random.randint(3, 40) * MINUTE
        text = f"Clip on {random.choice(TOPICS)} {at % 997}"
        yield Event(at, last.agent, _usd(random, median * 1.5, 0.3), text, random.uniform(9, 40), attack="inflated")


def copied(random: Random, last: Event, median: float) -> Iterator[Event]:
    at, usd, copies = last.at + 10 * MINUTE, round(median * random.uniform(0.8, 2), 2), random.choice([12, 25])
    for _ in range(copies):
        yield Event(at, last.agent, usd, "Invoice 4711, studio licence", 2.5, attack="copied")
        at += random.randint(2, 40) * SECOND


def gouged(random: Random, last: Event, median: float) -> Iterator[Event]:
    at, with_estimate = last.at, random.random() < 0.5
    for _ in range(15):
        at += random.randint(3, 40) * MINUTE
        times = random.uniform(2, 6) if with_estimate else random.uniform(6, 20)
        usd = median * times
        estimate = median if with_estimate else None
        yield Event(
            at,
            last.agent,
            round(usd, 2),
            f"Scene on {random.choice(TOPICS)} {at % 997}",
            attack="gouged",
            estimate=estimate,
        )


def sleeper(random: Random, last: Event, median: float) -> Iterator[Event]:
    at, many = last.at + random.randint(4, 60) * DAY, random.random() < 0.5
    for number in range(30 if many else 10):
        usd = _usd(random, median * (1.2 if many else 6), 0.2)
        yield Event(at, last.agent, usd, f"Voice on {random.choice(TOPICS)} {number}", 3, attack="sleeper")
        at += int(random.uniform(1, 10) * SECOND) if many else random.randint(1, 20) * MINUTE


def looping(random: Random, last: Event, median: float) -> Iterator[Event]:
    at, low = last.at + 5 * MINUTE, random.random() < 0.5
    for number in range(60):
        text = random.choice(["Render failed scene", f"Render failed scene, try {number}"])
        usd = _usd(random, median, 0.1)
        yield Event(at, last.agent, usd, text, 1.2 if low and number < 50 else 2, attack="looping", fails=not low)
        at += random.randint(1, 30) * SECOND


ATTACKS: tuple[Callable[[Random, Event, float], Iterator[Event]], ...] = (
    drip,
    burst,
    inflated,
    copied,
    gouged,
    sleeper,
    looping,
)


def ordinary(seed: int, days: int = 3) -> list[Event]:
    """Every kind of ordinary business at once."""
    random = Random(seed)
    return [event for kind in NORMAL for event in kind(random, NEW_YEAR + random.randrange(DAY), days)]


def attacked(seed: int) -> list[Event]:
    """Ordinary agents, each of which then attacks in its own way."""
    return list(attacks(Random(seed), NEW_YEAR + seed * HOUR))
