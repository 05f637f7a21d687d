"""`cfo.approve` over HTTP with real tokens, beside a bare server that answers the same requests with nothing done."""

import json
from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

from chimera.bench.api.bare import HOW as BARE_HOW
from chimera.bench.api.bare import bare_server
from chimera.bench.api.load import Answers, loaded, request_bytes
from chimera.bench.api.served import Home, Served, new_home, serving
from chimera.bench.api.size import Size
from chimera.bench.crew.found import Found, Line
from chimera.bench.crew.fresh import in_fresh_process
from chimera.bench.crew.spread import percentile
from chimera.bench.treasury.traffic import Traffic
from chimera.contracts.approval import ApprovalRequest
from chimera.core.errors import ToolFailed
from chimera.core.vocabulary import PersonRole, Role
from chimera.security.decision_signature import is_signed
from chimera.security.keys import read_public_key
from chimera.storage.scratch import add_agents

APPROVE = "/v1/internal.agent.cfo.approve"
PER_SECOND_MAX = 3_000
"""As many requests are made ahead as could be answered at this rate."""
COST_USD = Decimal("0.01")
"""A day's limit is a thousand dollars at most, and no limit shall be met."""
WARM_UP_SECONDS = 2.0
LEDGER_PAGE = "/v1/ledger?limit=200"
_MARK = b'"approved":true'
VERIFY_SECONDS_MAX = 600.0


def approving(size: Size) -> list[Line]:
    """One round: the bare server before and after, decisions between; every answer, and the ledger, looked at.

    Raises:
        ToolFailed: an answer was no approval, a signature or the ledger does not hold.
    """
    traffic = Traffic()
    with new_home() as home:
        home.ask("ledger", "verify")  # migrates, and makes the CFO and its key
        add_agents(home.owner_url, [(agent, Role.WORKER.value) for agent in traffic.agents])
        tokens = home.tokens(traffic.agents)
        [reader] = home.people_tokens(PersonRole.FINANCE, 1)
        count = int((size.seconds + WARM_UP_SECONDS) * PER_SECOND_MAX)
        made = requests_of(traffic.requests(count), tokens)
        warm_up = int(WARM_UP_SECONDS * PER_SECOND_MAX)
        before = _bare(home, made[:1000], size)
        with serving(home) as served:
            _ask(served, made[:warm_up], size.connections, min(WARM_UP_SECONDS, size.seconds), _MARK)
            lines = _decisions(served, made[warm_up:], size, reader, home)
        after = _bare(home, made[:1000], size)
        report = json.loads(home.ask("ledger", "verify", "--json", seconds=VERIFY_SECONDS_MAX))
    by_name = {line.name: line.value for line in lines}
    bare_rate, bare_cpu = (before[0] + after[0]) / 2, (before[1] + after[1]) / 2
    return [
        *lines,
        Found("bare_requests_per_second", "1/s", bare_rate, BARE_HOW + "; before and after, the mean"),
        Found("bare_cpu_us", "us", bare_cpu, "CPU of the bare server's process a request"),
        Found("approvals_over_bare", "ratio", by_name["approvals_per_second"] / bare_rate, "of the two rates"),
        Found("approval_cpu_over_bare", "ratio", by_name["approval_cpu_us"] / bare_cpu, "of the two servers' CPU"),
        Found("ledger_problems", "", float(report["problems_found"]), "`chimera ledger verify` at the end"),
    ]


def requests_of(asked: Iterable[ApprovalRequest], tokens: dict[UUID, str]) -> list[bytes]:
    """Each request under its agent's token."""
    return [
        request_bytes("POST", APPROVE, tokens[request.agent_id], _of_one_cent(request).model_dump_json().encode())
        for request in asked
    ]


def _of_one_cent(request: ApprovalRequest) -> ApprovalRequest:
    return request.model_copy(update={"request_cost": COST_USD})


def _decisions(served: Served, made: list[bytes], size: Size, reader: str, home: Home) -> list[Found]:
    cpu_before = served.cpu_seconds()
    answers = _ask(served, made, size.connections, size.seconds, _MARK)
    cpu = served.cpu_seconds() - cpu_before
    errors = sum(answers.not_ok.values()) + answers.without_mark
    if errors:
        raise ToolFailed(f"{errors} answers were no approvals, the first: {answers.first_trouble!r}")
    signed = _signed(served, answers, reader, home)
    count = len(answers.latencies)
    how = f"POST {APPROVE} over {size.connections} keep-alive connections for {size.seconds:g} s, closed loop"
    return [
        Found("approvals_per_second", "1/s", count / answers.seconds, f"{how}; {len(made):,} requests made ahead"),
        Found("approval_p50_ms", "ms", percentile(answers.latencies, 50) * 1000, how),
        Found("approval_p95_ms", "ms", percentile(answers.latencies, 95) * 1000, how),
        Found("approval_p99_ms", "ms", percentile(answers.latencies, 99) * 1000, how),
        Found("approval_errors", "", float(errors), "answers that are not 200 with an approval"),
        Found("approval_cpu_us", "us", cpu / count * 1e6, "CPU of the process `chimera serve` a decision, all threads"),
        Found("client_cpu_us", "us", answers.cpu_seconds / count * 1e6, "CPU of the asking process a decision"),
        Found("signatures_checked", "", float(signed), "last answers whose signature is the ledger's and holds"),
    ]


def _signed(served: Served, answers: Answers, reader: str, home: Home) -> int:
    """How many of the last answers stand in the ledger's newest rows; each with its very signature, which holds."""
    page = loaded(served.port, [request_bytes("GET", LEDGER_PAGE, reader)], 1, 60.0, b'"entries"')
    rows = {row["request_id"]: row for body in page.bodies for row in json.loads(body)["entries"]}
    public_key = read_public_key(home.folder / "keys" / "cfo.pub")
    checked = 0
    for answer in map(json.loads, answers.bodies):
        row = rows.get(answer["request_id"])
        if row is None:
            continue
        signature = answer["approval_signature"]
        if signature != row["approval_signature"] or not is_signed(row["document"], signature, public_key):
            raise ToolFailed(f"the signature of request {answer['request_id']} does not hold")
        checked += 1
    if not checked:
        raise ToolFailed("none of the last answers stands in the ledger's newest rows")
    return checked


def _bare(home: Home, made: list[bytes], size: Size) -> tuple[float, float]:
    """Its rate, and its CPU microseconds a request."""
    with bare_server(home.environment) as served:
        _ask(served, made, size.connections, 0.5)
        cpu_before = served.cpu_seconds()
        answers = _ask(served, made, size.connections, size.bare_seconds)
        cpu = served.cpu_seconds() - cpu_before
    count = len(answers.latencies)
    return count / answers.seconds, cpu / count * 1e6


def _ask(served: Served, made: list[bytes], connections: int, seconds: float, mark: bytes = b"") -> Answers:
    return in_fresh_process(loaded, served.port, made, connections, seconds, mark)
