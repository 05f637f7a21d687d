"""How the local tool server is started, and how a call tells that it went away; the session is `tool_session.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


class SessionLost(Exception):
    """The server went away during a call; the next call meets a new one."""


@dataclass(frozen=True, slots=True)
class ServerCommand:
    """How the tool server is started. It gets none of our secrets: only what is listed here and the basics."""

    root: Path
    log: Path
    parallel_max: int = 1
    limit_seconds: float = 120.0
    functions: Mapping[str, str] = field(default_factory=dict)
    python_path: Sequence[Path] = ()
