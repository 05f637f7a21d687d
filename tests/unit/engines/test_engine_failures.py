"""What the engines' words mean for a person."""

import errno
from pathlib import Path

import pytest

from chimera.storage.engines.failure import closing_lines, home_failure, is_port_taken, start_failure

FOLDER = Path("/home/ada/chimera/engines/postgresql/data")


@pytest.mark.parametrize(
    ("log", "advice"),
    [
        ("FATAL:  could not write to file: No space left on device", "the disk is full"),
        ("DETAIL: Disk quota exceeded", "quota is used up"),
        ("FATAL:  database files are incompatible with server", "another PostgreSQL version"),
        ("FATAL:  could not create shared memory segment: Cannot allocate memory", "the kernel gives no shared memory"),
        ("FATAL:  could not open file: Permission denied", "give them back"),
        ("postgres: error while loading shared libraries: libpq.so.5", "install Chimera's requirements again"),
        ("PANIC:  could not locate a valid checkpoint record", "are damaged: restore them from a backup"),
        ("FATAL:  incorrect checksum in control file", "are damaged: restore them from a backup"),
        ("", "are damaged"),
    ],
)
def test_each_known_death_comes_with_what_to_do(log: str, advice: str) -> None:
    assert advice in start_failure("PostgreSQL", FOLDER, log).message


def test_the_fatal_line_is_quoted_rather_than_the_last_one() -> None:
    assert closing_lines("LOG: starting\nFATAL:  bad\nLOG: stopped\n") == ("FATAL:  bad",)


def test_quoted_lines_are_bounded() -> None:
    lines = closing_lines("\n".join(["x" * 10_000] * 100))
    assert len(lines) <= 6
    assert max(map(len, lines)) <= 400


@pytest.mark.parametrize(
    "log",
    [
        'LOG:  could not bind IPv4 address "127.0.0.1": Address already in use',
        "Warning: Could not create server TCP listening socket 127.0.0.1:6379: bind: Address already in use",
    ],
)
def test_a_taken_port_is_recognised(log: str) -> None:
    assert is_port_taken(log)


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EACCES, "set CHIMERA_HOME to a folder of your own"),
        (errno.EROFS, "read-only disk"),
        (errno.ENOTDIR, "a file stands where a folder is needed"),
        (errno.EIO, "chimera doctor"),
    ],
)
def test_each_refusal_of_the_system_comes_with_what_to_do(number: int, advice: str) -> None:
    assert advice in home_failure(Path("/home/ada/chimera"), OSError(number, "words")).message
