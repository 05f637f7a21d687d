"""From `chimera serve` typed to its first answer, with engines that run already."""

import time

from chimera.bench.api.load import loaded, request_bytes
from chimera.bench.api.served import new_home, serving
from chimera.bench.api.size import Size
from chimera.bench.crew.found import Found, Line
from chimera.core.errors import ToolFailed
from chimera.core.vocabulary import PersonRole

_FIRST = "/v1/budgets"
_HOW = "from the start of the process to the answer to a read with a token; engines run, the home is migrated"


def starting(size: Size) -> list[Line]:
    """Each start is a figure of its own.

    Raises:
        ToolFailed: the first request was not answered.
    """
    found: list[Line] = []
    with new_home() as home:
        [reader] = home.people_tokens(PersonRole.FINANCE, 1)
        for _ in range(size.starts):
            began_at = time.perf_counter()
            with serving(home) as served:
                answers = loaded(served.port, [request_bytes("GET", _FIRST, reader)], 1, 30.0, b"{")
                seconds, cpu = time.perf_counter() - began_at, served.cpu_seconds()
                if not answers.bodies:
                    raise ToolFailed(f"the first request was not answered: {answers.first_trouble!r}")
            found += [Found("start_seconds", "s", seconds, _HOW), Found("start_cpu_seconds", "s", cpu, "CPU of it")]
    return found
