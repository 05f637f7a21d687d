"""Serving the application: one bound socket, a clean stop on Ctrl-C."""

import asyncio
import ipaddress
import socket

import uvicorn
from fastapi import FastAPI

from chimera.core.errors import EngineUnavailable, ValidationFailed

SHUTDOWN_SECONDS_MAX = 3


def loopback_only(host: str) -> None:
    """Raises:
    ValidationFailed: `host` is not a loopback address; without TLS and identity nothing else is served.
    """
    try:
        is_loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise ValidationFailed(
            f"plain HTTP is served on loopback only, not on {host!r}: use 127.0.0.1, and --behind-proxy where "
            "a proxy in front of Chimera speaks TLS",
            {"host": host},
        )


def bind(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        EngineUnavailable: the port is taken or not allowed.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise EngineUnavailable(
            f"port {port} on {host} can't be used ({error.strerror}): choose another with --port",
            {"host": host, "port": port},
        ) from error
    return listener


async def serve(app: FastAPI, listener: socket.socket) -> None:
    """Answer requests until told to stop."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS_MAX,
        lifespan="off",
        h11_max_incomplete_event_size=16_384,
        limit_concurrency=512,
    )
    server = uvicorn.Server(config)
    with listener:
        try:
            await server.serve(sockets=[listener])
        except asyncio.CancelledError:
            await server.shutdown(sockets=[listener])
            raise
