"""`scout.analyze` over HTTP with a million posts in the source: first of a server, then again and again."""

import json
import time

from chimera.bench.api.load import loaded, request_bytes
from chimera.bench.api.posts import KEYWORDS, RISING, write_posts
from chimera.bench.api.served import Served, new_home, serving
from chimera.bench.api.size import Size
from chimera.bench.crew.found import Found, Line
from chimera.bench.crew.spread import percentile
from chimera.core.errors import ToolFailed
from chimera.core.vocabulary import PersonRole

ANALYZE = "/v1/internal.agent.scout.analyze"
ASKERS = 20
_SECONDS_MAX = 60.0
_TIMEFRAME = "24h"


def scouting(size: Size) -> list[Line]:
    """One round: the first answer of a server, then questions without and with keywords.

    Raises:
        ToolFailed: an answer was no analysis, or did not tell the rising topics.
    """
    with new_home() as home:
        source = home.folder / "posts.csv"
        write_posts(source, size.posts)
        askers = home.people_tokens(PersonRole.CREATOR, ASKERS)
        with serving(home, "--source", str(source)) as served:
            first = _ask(served, askers[0], ())[0]
            rising = [_ask(served, askers[n % ASKERS], ())[0] for n in range(size.questions)]
            asked = [(word,) for word in (*RISING, *KEYWORDS)] * max(1, size.questions // 10)
            keywords = [_ask(served, askers[n % ASKERS], words)[0] for n, words in enumerate(asked)]
            memory = served.process.memory_info().rss / 2**20
    what = f"{size.posts:,} posts in a file, a window of {_TIMEFRAME}, over HTTP"
    return [
        Found("scout_first_seconds", "s", first, f"the first analysis after the start: {what}"),
        Found("scout_p95_seconds", "s", percentile([*rising, *keywords], 95), f"P95 of all later ones: {what}"),
        Found("scout_rising_p95_seconds", "s", percentile(rising, 95), f"whatever rises: {what}"),
        Found("scout_keyword_p95_seconds", "s", percentile(keywords, 95), f"one keyword, each another: {what}"),
        Found("scout_memory_mb", "MB", memory, "resident memory of the server with the posts"),
    ]


def _ask(served: Served, token: str, keywords: tuple[str, ...]) -> tuple[float, bytes]:
    body = json.dumps({"keywords": keywords, "timeframe": _TIMEFRAME, "min_velocity": 0, "platforms": []}).encode()
    began_at = time.perf_counter()
    answers = loaded(served.port, [request_bytes("POST", ANALYZE, token, body)], 1, _SECONDS_MAX, b'"trends":[')
    seconds = time.perf_counter() - began_at
    if not answers.bodies:
        raise ToolFailed(f"no analysis of {keywords}: {answers.not_ok} {answers.first_trouble!r}")
    told = {trend["topic"].lower() for trend in json.loads(answers.bodies[-1])["trends"]}
    if not keywords and not told & set(RISING):
        raise ToolFailed(f"none of {', '.join(RISING)} was told, but {', '.join(sorted(told))}")
    return seconds, answers.bodies[-1]
