"""What an engine's own words, or the operating system's, mean for the person at the terminal (pure)."""

import errno
from pathlib import Path

from chimera.core.errors import EngineUnavailable

_LOG_LINES_MAX = 6
_LOG_LINE_CHARS_MAX = 400
_KEPT = "nothing was deleted"

#: First match wins: a phrase of the engine's log, and what to do about it.
_REMEDIES: tuple[tuple[str, str], ...] = (
    ("no space left on device", "the disk is full: free some space and start again; {kept}"),
    ("disk quota exceeded", "the disk quota is used up: free some space and start again; {kept}"),
    ("could not write to file", "the disk does not take any more data: free some space and start again; {kept}"),
    ("incompatible with server", "the data are of another PostgreSQL version: open them with that version; {kept}"),
    (
        "could not create shared memory segment",
        "the kernel gives no shared memory: raise its limits, or set DATABASE_URL to a server elsewhere",
    ),
    (
        "could not create semaphores",
        "the kernel gives no semaphores: raise its limits, or set DATABASE_URL to a server elsewhere",
    ),
    ("error while loading shared libraries", "the engine's package is damaged: install Chimera's requirements again"),
    (
        "permission denied",
        "files under {folder} can't be read or written: give them back to the user who owns the home",
    ),
    ("bad file format reading the append only file", "{folder} is damaged; its state can be rebuilt: move it away"),
)
_DAMAGED = (
    "the data in {folder} are damaged: restore them from a backup, "
    "or set CHIMERA_HOME to another folder to begin anew; {kept}"
)


def start_failure(engine: str, folder: Path, log: str) -> EngineUnavailable:
    """The refusal for an engine that ended while it started; `log` is what it wrote during this start."""
    words = log.lower()
    remedy = next((text for phrase, text in _REMEDIES if phrase in words), _DAMAGED)
    last_words = closing_lines(log)
    return EngineUnavailable(
        f"{engine} did not start: {remedy.format(folder=folder, kept=_KEPT)}. "
        f"It said: {last_words[-1] if last_words else 'nothing'}",
        {"engine": engine, "folder": str(folder), "log": list(last_words)},
    )


def closing_lines(log: str) -> tuple[str, ...]:
    """The lines that tell why it ended: the fatal ones if there are any, otherwise the last ones."""
    lines = [line.strip()[:_LOG_LINE_CHARS_MAX] for line in log.splitlines() if line.strip()]
    fatal = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "error:", "Fatal", "Bad file"))]
    return tuple((fatal or lines)[-_LOG_LINES_MAX:])


def is_port_taken(log: str) -> bool:
    """Whether the engine ended only because another process took its port first."""
    words = log.lower()
    return any(phrase in words for phrase in ("address already in use", "could not bind", "failed listening on port"))


def home_failure(home: Path, error: OSError) -> EngineUnavailable:
    """The refusal for a home that the operating system does not let us use."""
    reasons = {
        errno.ENOSPC: "the disk is full: free some space and start again",
        errno.EDQUOT: "the disk quota is used up: free some space and start again",
        errno.EACCES: "this user may not write there: set CHIMERA_HOME to a folder of your own",
        errno.EPERM: "this user may not do that there: set CHIMERA_HOME to a folder of your own",
        errno.EROFS: "it lies on a read-only disk: set CHIMERA_HOME to a writable folder",
        errno.ENOTDIR: "a file stands where a folder is needed: set CHIMERA_HOME to a folder",
        errno.EEXIST: "a file stands where a folder is needed: set CHIMERA_HOME to a folder",
        errno.ENAMETOOLONG: "its path is too long: set CHIMERA_HOME to a shorter one",
        errno.EMFILE: "too many files are open: raise `ulimit -n`",
    }
    reason = reasons.get(error.errno or 0, f"{error.strerror or error}: see `chimera doctor`")
    where = error.filename if isinstance(error.filename, str) else str(home)
    return EngineUnavailable(f"the home {home} can't be used ({where}): {reason}", {"home": str(home)})
