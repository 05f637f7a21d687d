"""The treasury's whole face under load, then what must be true of its books."""

from collections.abc import AsyncIterator
from typing import Literal, NamedTuple

from chimera.agents.cfo.agent import Cfo
from chimera.bench.treasury.ground import Ground
from chimera.bench.treasury.latency import HOLD_FOR, Latencies, in_flight, open_loop
from chimera.bench.treasury.proofs import time_proofs
from chimera.bench.treasury.report import Load, Soundness, Verification
from chimera.bench.treasury.size import Size
from chimera.bench.treasury.soundness import (
    TIGHT_USD,
    open_treasury,
    overspend_usd,
    repeats_differ,
    spend_to_the_cap,
    verified,
)
from chimera.contracts.approval import Approval, ApprovalRequest
from chimera.core.progress import Progress, ProgressEvent
from chimera.treasury.treasury import Treasury

_WARM_UP = 512
Kind = Literal["in_flight", "open_loop", "cfo_approve_one_by_one"]


class Measured(NamedTuple):
    loads: tuple[Load, ...]
    soundness: Soundness
    verification: Verification


async def measure_loads(
    ground: Ground, urls: tuple[str, str], redis_url: str, size: Size, progress: Progress
) -> Measured:
    """Everything through `Treasury.decide`, on the first of two empty databases; the small cap on the second."""
    url, tight_url = urls
    async with open_treasury(ground, url, redis_url) as treasury:
        loads = [load async for load in _loads(treasury, ground, size, progress)]
        progress(ProgressEvent("soundness", 0.0, "repeats, verification, a small cap"))
        kept = ground.traffic.requests(size.repeated)
        differ = await repeats_differ(treasury, kept)
        checked = await verified(treasury)
        over = await overspend_usd(treasury, checked.report.approved_usd)
        proven = await time_proofs(url, treasury.public_key)
    tight = await spend_to_the_cap(ground, tight_url, redis_url, ground.traffic.requests(size.tight))
    progress(ProgressEvent("soundness", 1.0, f"{checked.report.entries:,} rows verified"))
    rows = checked.report.entries
    soundness = Soundness(
        approved_share=round(checked.report.approved / max(1, rows), 4),
        overspend_usd=over,
        spent_is_sum_of_rows=checked.report.ok,
        tight_cap_usd=TIGHT_USD,
        tight_cap_approved_usd=tight.approved_usd,
        tight_cap_refused=tight.refused,
        tight_cap_overspend_usd=tight.overspend_usd,
        repeated_requests=len(kept),
        repeated_answers_that_differ=differ,
        rows_verified=rows,
        problems_found=checked.report.problems_found,
    )
    speed = Verification(
        rows_per_second=round(rows / checked.seconds),
        rows_per_cpu_second=round(rows / max(checked.cpu_seconds, 1e-9)),
        proof_make_ms=round(proven.make_ms, 2),
        proof_check_ms=round(proven.check_ms, 2),
    )
    return Measured(tuple(loads), soundness, speed)


async def _loads(treasury: Treasury, ground: Ground, size: Size, progress: Progress) -> AsyncIterator[Load]:
    requests = ground.traffic.requests

    async def decide(request: ApprovalRequest) -> Approval:
        return await treasury.decide(request, hold_for=HOLD_FOR)

    await in_flight(decide, requests(_WARM_UP), _WARM_UP)
    progress(ProgressEvent("loads", 0.0, "one by one, in flight, open loop"))
    yield _load("cfo_approve_one_by_one", 1, await in_flight(Cfo(treasury).approve, requests(size.one_by_one), 1))
    for count, decisions in size.in_flight:
        progress(ProgressEvent("loads", 0.3, f"{count:,} in flight"))
        yield _load("in_flight", count, await in_flight(decide, requests(decisions), count))
    for per_second in size.arrivals_per_second:
        progress(ProgressEvent("loads", 0.6, f"{per_second:,} a second"))
        arriving = requests(int(per_second * size.seconds))
        yield _load("open_loop", per_second, await open_loop(decide, arriving, per_second, seed=per_second))
    progress(ProgressEvent("loads", 1.0, "all measured"))


def _load(kind: Kind, number: int, found: Latencies) -> Load:
    return Load(
        kind=kind,
        in_flight=None if kind == "open_loop" else number,
        arrivals_per_second=number if kind == "open_loop" else None,
        decisions=len(found.each),
        decisions_per_second=round(found.per_second, 1),
        p50_ms=round(found.percentile_ms(50), 2),
        p95_ms=round(found.percentile_ms(95), 2),
        p99_ms=round(found.percentile_ms(99), 2),
        approved_share=round(found.approved / max(1, len(found.each)), 4),
    )
