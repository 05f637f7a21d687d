"""A port of its own for `/metrics` and the probes: any process can have one, and it answers under any host name.

It is plain HTTP and tells figures, never a piece, an agent or a request; it is opened only where it is asked for.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import APIRouter, FastAPI

from chimera.api.server import bind

CONNECTIONS_MAX = 64
CLOSE_SECONDS_MAX = 2


class _Beside(uvicorn.Server):
    """A server that leaves the process's signals to whoever runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def operating_port(host: str, port: int | None, operating: APIRouter) -> AsyncIterator[int | None]:
    """The routes on their own port while the block runs; answers which, None where none was asked for.

    Raises:
        EngineUnavailable: the port is taken or not allowed.
    """
    if port is None:
        yield None
        return
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(operating)
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=CLOSE_SECONDS_MAX,
        limit_concurrency=CONNECTIONS_MAX,
    )
    server = _Beside(config)
    with bind(host, port) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]), name="operating port")
        try:
            yield int(listener.getsockname()[1])
        finally:
            server.should_exit = True
            await asyncio.wait({serving}, timeout=CLOSE_SECONDS_MAX * 2)
            serving.cancel()
