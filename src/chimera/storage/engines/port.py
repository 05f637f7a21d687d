"""A free port on the loopback address."""

import socket

LOOPBACK = "127.0.0.1"


def free_port(preferred: int | None) -> int:
    """The preferred port if it is free now, otherwise any that is; whoever binds it next may still be beaten."""
    for port in (preferred, 0):
        if port is None:
            continue
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise OSError("no free port on the loopback address")
