"""One job's state on disk, so that it outlives every process: request, progress, process, result, error, usage.

`<work folder>/jobs/<job id>/`; each file appears whole or not at all. The process that runs the job holds the
lock on `lock` as long as it lives; the kernel frees it however the process ends, so a held lock proves the pid.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import UUID

Document = dict[str, Any]
_READ_BYTES_MAX = 16 * 1024 * 1024


class JobFolder:
    """The files of one job."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of(cls, folder: Path, job_id: UUID) -> "JobFolder":
        """The job's folder inside a production's work folder."""
        return cls(folder / "jobs" / str(job_id))

    @property
    def log(self) -> Path:
        """What the job's process wrote to stdout and stderr."""
        return self.path / "job.log"

    def read(self, name: str) -> Document | None:
        """The document `name`, or None while it is not there."""
        try:
            with (self.path / f"{name}.json").open("rb") as file:
                document: Document = json.loads(file.read(_READ_BYTES_MAX))
                return document
        except FileNotFoundError:
            return None

    def write(self, name: str, document: Mapping[str, object]) -> None:
        """Write the document `name`, replacing an older one."""
        self._written(name, document).replace(self.path / f"{name}.json")

    def write_once(self, name: str, document: Mapping[str, object]) -> bool:
        """Write the document unless there is one; answers whether this call wrote it, whoever else tries."""
        partial = self._written(name, document)
        try:
            os.link(partial, self.path / f"{name}.json")
        except FileExistsError:
            return False
        finally:
            partial.unlink()
        return True

    def _written(self, name: str, document: Mapping[str, object]) -> Path:
        self.path.mkdir(parents=True, exist_ok=True)
        partial = self.path / f".{name}.{os.getpid()}"
        try:
            with partial.open("w", encoding="utf-8") as file:
                json.dump(document, file)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            partial.unlink(missing_ok=True)
            raise
        return partial

    @contextmanager
    def lock(self) -> Iterator[bool]:
        """Hold the job's lock for the block; gives False where another process holds it."""
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(descriptor)

    def running_pid(self) -> int | None:
        """The pid of the living process that runs this job, or None."""
        with suppress(FileNotFoundError):
            descriptor = os.open(self.path / "lock", os.O_RDWR)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                process = self.read("process")
                return int(process["pid"]) if process else None
            finally:
                os.close(descriptor)
        return None
