"""Runs one piece of work in a new Python process, which knows nothing of ours, and brings back what it gave."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from chimera.core.errors import ToolFailed
from chimera.telemetry.logs import configure_logs

SECONDS_MAX = 600.0
T = TypeVar("T")


def in_fresh_process(work: Callable[..., T], *arguments: Any, seconds: float = SECONDS_MAX) -> T:
    """Call `work`, a function of a module, there; it and its arguments and answer are pickled.

    Raises:
        ToolFailed: it raised (the message tells what), ended without an answer, or took more than `seconds`.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(sender, work, arguments), daemon=True)
    name = f"{work.__module__.rpartition('.')[2]}.{work.__name__}"
    with receiver, sender:
        process.start()
        sender.close()
        try:
            if not receiver.poll(seconds):
                raise ToolFailed(f"{name} did not end within {seconds:g} seconds")
            succeeded, value = receiver.recv()
        except EOFError as error:
            raise ToolFailed(f"{name} ended without an answer") from error
        finally:
            process.join(5)
            process.kill()
            process.join()
            process.close()
    if not succeeded:
        raise ToolFailed(f"{name} failed: {value}")
    answer: T = value
    return answer


def _answer(sender: Connection, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    configure_logs()  # on stderr: stdout is the document's
    try:
        sender.send((True, work(*arguments)))
    except Exception as error:  # noqa: BLE001 - the edge of the process: told to whoever started it
        sender.send((False, f"{type(error).__name__}: {error}"))
