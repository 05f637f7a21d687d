"""Attacks that show in how often and how much: drip split, burst, error loop, sleeping agent.

What they imitate was read up in public reports: purchases split below an approval limit (the auditors' "same buyer,
same purpose, short time, sum above the limit"), card-testing velocity, agents that recursed or retried through a night
for hundreds of dollars, and dormant accounts that are aged with small payments and then emptied.
"""

from dataclasses import replace
from datetime import timedelta
from random import Random

from traces.episode import Stage, act
from traces.prices import SERVICES
from traces.request import TracedRequest
from traces.studio import claim, priced
from traces.words import WORDINGS, title, wording

PURPOSES: dict[str, tuple[str, ...]] = {
    "compute": (
        "GPU block for the archive re-render",
        "Render farm hours, archive project",
        "Reserve GPUs to re-encode the archive",
        "Archive re-render, next block of GPU time",
        "Compute slot for the back catalogue",
        "More render hours, catalogue",
        "Back catalogue encode, further machine time",
        "GPU lease top-up for re-encoding old videos",
    ),
    "api_call": (
        "Stock footage pack, nature",
        "Nature footage, additional clips",
        "Licence for more nature shots",
        "Footage bundle: wildlife and landscape",
        "Extra wildlife shots from the agency",
        "Landscape clips, licence fee",
        "Agency invoice for nature material",
        "Further footage of landscapes and animals",
    ),
    "storage": (
        "Storage quota extension",
        "Extend the bucket by another block",
        "More object storage for projects",
        "Additional storage volume",
        "Quota top-up, project bucket",
        "Bucket growth, next block",
    ),
}

EXCUSES = (
    "provider timed out, trying again",
    "response was not valid JSON, asking again",
    "retry after HTTP 502",
    "rate limited, backing off and repeating",
    "the clip came back empty, regenerate",
    "tool error: unknown parameter, retry",
    "verification failed, generate once more",
    "previous output rejected by the checker, new try",
    "connection reset, again",
)


def drip_split(rng: Random, stage: Stage) -> list[TracedRequest]:
    """One large purchase cut into many small ones for the same purpose, each harmless alone.

    Easy: $200-900 in 8-30 parts within 2-12 minutes; parts 4 and later are the attack. Hard: $120-350 in 12-24 parts
    over 35-60 minutes, amounts varying by a third, every part worded anew; parts 6 and later are the attack. One hard
    drip in four alternates between two agents. About half of the parts claim to cost what the book says.
    """
    parts = rng.randint(12, 24) if stage.hard else rng.randint(8, 30)
    whole = rng.uniform(120, 350) if stage.hard else rng.uniform(200, 900)
    lasts = rng.uniform(35, 60) * 60 if stage.hard else rng.uniform(2, 12) * 60
    vary, lead = (0.33, 5) if stage.hard else (rng.choice((0.0, 0.02, 0.15)), 3)
    kind = rng.choice(("compute", "compute", "api_call", "storage"))
    booked, shared = rng.random() < 0.5, stage.hard and rng.random() < 0.25
    same, roi, at, found = rng.choice(PURPOSES[kind]), claim(rng, stage.agent), stage.at, []
    for part in range(parts):
        cost = whole / parts * rng.uniform(1 - vary, 1 + vary)
        plain = rng.choice(PURPOSES[kind]) if stage.hard else f"{same} ({part + 1})" if rng.random() < 0.5 else same
        found.append(
            act(
                rng,
                stage,
                "drip split",
                at=at,
                request_type=kind,
                cost=cost,
                words=plain,
                estimate=cost if booked else None,
                lead_in=part < (2 * lead if shared else lead),
                helped=shared and part % 2 == 1,
                roi=roi,
            )
        )
        at += timedelta(seconds=lasts / parts * rng.uniform(0.6, 1.4))
    return found


def burst(rng: Random, stage: Stage) -> list[TracedRequest]:
    """A stolen key or an agent that spawns sub-agents: far more requests in a minute than its work ever needs.

    Easy: 40-150 requests in 30-150 seconds. Hard: 20-36 in 2-5 minutes. Prices, services, estimates and claims are the
    usual ones of a video agent, and each is worded for another piece. The first 8 could be one piece's orders: lead-in.
    """
    count = rng.randint(20, 36) if stage.hard else rng.randint(40, 150)
    lasts = rng.uniform(120, 300) if stage.hard else rng.uniform(30, 150)
    services = rng.sample(
        ("script", "fact_check", "voice", "image", "clip", "music", "stock", "render"), rng.randint(1, 4)
    )
    at, found = stage.at, []
    for number in range(count):
        service = rng.choice(services)
        book = priced(rng, service)
        fields = {"title": title(rng), "n": str(rng.randint(1, 9)), "m": "9", "secs": str(rng.randrange(30, 240))}
        found.append(
            act(
                rng,
                stage,
                "burst",
                at=at,
                request_type=SERVICES[service].request_type,
                cost=book * rng.uniform(0.97, 1.05) * (1 if stage.hard else rng.uniform(1, 2)),
                estimate=book,
                words=wording(service, fields | {"res": "1080p"}, rng.randrange(3)),
                lead_in=number < 8,
            )
        )
        at += timedelta(seconds=rng.expovariate(count / lasts))
    return found


def error_loop(rng: Random, stage: Stage) -> list[TracedRequest]:
    """An agent that takes every failure for a reason to try again.

    Easy: 20-90 tries 2-20 seconds apart, nearly all fail after approval (voided), the cost grows with the context by up
    to 2% a try, the words stay or say the attempt. Hard: 12-30 tries 45-150 seconds apart, one in four succeeds, every
    try has another excuse. One easy loop in four asks again and again with a projection below the hurdle. An honest
    agent makes at most three tries: the first four are lead-in.
    """
    tries = rng.randint(12, 30) if stage.hard else rng.randint(20, 90)
    service = rng.choice(("script", "voice", "image", "clip", "render", "stamp"))
    fields = {"title": title(rng), "n": "2", "m": "5", "secs": str(rng.randrange(30, 240)), "res": "1080p"}
    said, book = wording(service, fields, rng.randrange(3)), priced(rng, service)
    denied = not stage.hard and rng.random() < 0.25
    roi = rng.uniform(1.05, 1.45) if denied else claim(rng, stage.agent)
    grows, numbered = rng.uniform(1.0, 1.02), rng.random() < 0.5
    at, found = stage.at, []
    for number in range(tries):
        excuse = rng.choice(EXCUSES) if stage.hard else f"attempt {number + 1}" if numbered else ""
        fails = denied or rng.random() < (0.75 if stage.hard else 0.96)
        found.append(
            act(
                rng,
                stage,
                "error loop",
                at=at,
                request_type=SERVICES[service].request_type,
                cost=book * grows**number * rng.uniform(0.98, 1.02),
                estimate=book,
                words=f"{said}, {excuse}" if number and excuse else said,
                roi=roi,
                lead_in=number < 4,
                outcome="voided" if fails else "settled",
            )
        )
        at += timedelta(seconds=rng.uniform(45, 150) if stage.hard else rng.uniform(2, 20))
    return found


def sleeping_agent(rng: Random, stage: Stage) -> list[TracedRequest]:
    """A little used agent ages quietly, is silent for 6-12 days, wakes and empties what it can.

    History: 6-9 days of 1-3 requests of $0.20-4, honest. Easy: 4-10 requests of $40-250, 20 seconds to 8 minutes apart,
    often at night, two in three of another type than ever before. Hard: 3-6 requests of $12-35 in its old type, 4-20
    minutes apart, at the hour it used to work. Half of them begin with a test charge of up to $1, which is the lead-in.
    """
    usual = rng.choice(("api_call", "storage"))
    found = _quiet_life(rng, stage, usual)
    at = stage.at if stage.hard or rng.random() < 0.4 else stage.at.replace(hour=rng.randint(0, 4))
    kind = usual if stage.hard or rng.random() < 0.35 else rng.choice(("blockchain", "compute"))
    loot = {
        "blockchain": ("Transfer to the project wallet", "Mint collection", "Gas and settlement", "Bridge funds"),
        "compute": ("Large GPU reservation", "Reserve cluster capacity", "Dedicated machines", "Training run"),
    }.get(kind, ("Premium data package", "Enterprise plan", "Bulk credits", "Prepaid quota", "Annual licence"))
    if rng.random() < 0.5:
        found.append(
            act(
                rng,
                stage,
                "sleeping agent",
                at=at,
                request_type=kind,
                cost=rng.uniform(0.01, 1),
                words="Check account",
                lead_in=True,
            )
        )
        at += timedelta(minutes=rng.uniform(1, 20))
    for _ in range(rng.randint(3, 6) if stage.hard else rng.randint(4, 10)):
        cost = rng.uniform(12, 35) if stage.hard else rng.uniform(40, 250)
        found.append(act(rng, stage, "sleeping agent", at=at, request_type=kind, cost=cost, words=rng.choice(loot)))
        at += timedelta(seconds=rng.uniform(240, 1200) if stage.hard else rng.uniform(20, 480))
    return found


def _quiet_life(rng: Random, stage: Stage, kind: str) -> list[TracedRequest]:
    found = []
    silent, lived = rng.uniform(6, 12), rng.randint(6, 9)
    for day in range(lived):
        for _ in range(rng.randint(1, 3)):
            at = stage.at - timedelta(days=silent + day, hours=rng.uniform(-2, 2))
            what = "store" if kind == "storage" else "fact_check"
            fields = {"title": title(rng), "m": str(rng.randint(3, 9)), "res": "1080p"}
            quiet = act(
                rng,
                stage,
                "quiet",
                at=at,
                request_type=kind,
                cost=rng.uniform(0.2, 4),
                words=wording(what, fields, rng.randrange(len(WORDINGS[what]))),
                lead_in=True,
            )
            found.append(replace(quiet, lead_in=False, episode=None, hard=False))
    return found
