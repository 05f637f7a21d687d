"""Serving the application: one bound socket, a clean stop on Ctrl-C."""

import asyncio
import ipaddress
import signal
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from chimera.api.connections import BoundedConnection
from chimera.core.errors import EngineUnavailable, ValidationFailed

SHUTDOWN_SECONDS_MAX = 3
KEEP_ALIVE_SECONDS = 30
BACKLOG_CONNECTIONS = 1024


def loopback_only(host: str) -> None:
    """Raises:
    ValidationFailed: `host` is not a loopback address; without TLS nothing else is served.
    """
    try:
        is_loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise ValidationFailed(
            f"plain HTTP is served on loopback only, not on {host!r}: use 127.0.0.1, or --tls, or --behind-proxy "
            "where a proxy in front of Chimera speaks TLS",
            {"host": host},
        )


def bind(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        EngineUnavailable: the port is taken or not allowed.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, asyncio sends small answers at once (TCP_NODELAY); otherwise each waits 40 ms for the other side.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG_CONNECTIONS)
    except OSError as error:
        listener.close()
        raise EngineUnavailable(
            f"port {port} on {host} can't be used ({error.strerror}): choose another with --port",
            {"host": host, "port": port},
        ) from error
    return listener


class _Server(uvicorn.Server):
    """Stops on SIGINT and SIGTERM without raising them again, so that what is open around it closes in order."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


async def serve(app: ASGIApp, listener: socket.socket, tls: ssl.SSLContext | None = None) -> None:
    """Answer requests until SIGINT or SIGTERM; a second SIGINT does not wait for open requests."""
    config = uvicorn.Config(
        app,
        http=BoundedConnection,
        ws="none",
        lifespan="off",
        log_level="error",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS_MAX,
        ssl_context_factory=None if tls is None else lambda *_: tls,
    )
    server = _Server(config)
    with listener:
        try:
            await server.serve(sockets=[listener])
        except asyncio.CancelledError:
            await server.shutdown(sockets=[listener])
            raise
