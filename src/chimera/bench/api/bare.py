"""The baseline of every rate over HTTP: uvicorn with httptools and uvloop, an application that answers 300 bytes."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import Receive, Scope, Send

from chimera.api.server import bind
from chimera.bench.api.served import Served, running

ANSWER = b'{"answer":"' + b"x" * 287 + b'"}'
HOW = "uvicorn with httptools and uvloop in a process of its own; an ASGI function reads the body, answers 300 bytes"
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(ANSWER)).encode())]
_MAIN = "from chimera.bench.api.bare import serve; serve()"


async def application(_scope: Scope, receive: Receive, send: Send) -> None:
    """Reads what was sent and answers the same to all."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": ANSWER})


def serve() -> None:
    """Until SIGTERM, on a free port that is told on stderr."""
    with bind("127.0.0.1", 0) as listener:
        config = uvicorn.Config(
            application, http="httptools", loop="uvloop", ws="none", lifespan="off", access_log=False, log_config=None
        )
        sys.stderr.write(f"http://127.0.0.1:{listener.getsockname()[1]}/ \n")
        sys.stderr.flush()
        uvicorn.Server(config).run([listener])


@contextmanager
def bare_server(environment: dict[str, str]) -> Iterator[Served]:
    """It, in a process of its own."""
    with running((sys.executable, "-c", _MAIN), environment) as served:
        yield served
