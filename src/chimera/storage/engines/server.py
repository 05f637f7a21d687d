"""The life of one embedded server on one home: who starts it, who joins it, and that the last one out stops it."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from chimera.core.errors import EngineUnavailable
from chimera.storage.engines.account import engine_account
from chimera.storage.engines.binaries import for_account
from chimera.storage.engines.engine import Engine, NotReady, Site
from chimera.storage.engines.failure import home_failure, is_port_taken, start_failure
from chimera.storage.engines.folder import EngineFolder, ServerRecord, engine_folder
from chimera.storage.engines.lock import FileLock, guarded, is_held
from chimera.storage.engines.port import free_port
from chimera.storage.engines.process import (
    end,
    find_orphans,
    find_process,
    is_alive,
    opened_folder,
    reap_in_background,
    spawn,
)

GUARD_SECONDS_MAX = 180.0
READY_SECONDS_MAX = 120.0
LEFTOVER_SECONDS_MAX = 15.0
PORT_ATTEMPTS_MAX = 5
_POLL_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Lease:
    """A place among the server's users; while any is held the server stays."""

    url: str
    owner_url: str
    users: FileLock


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """A look at one engine; urls and `pid` are None unless it runs."""

    engine: str
    running: bool
    pid: int | None
    port: int | None
    url: str | None
    owner_url: str | None
    kept: bool
    in_use: bool
    folder: Path


class EmbeddedServer:
    """One engine of one home. All methods block; call them from a thread."""

    def __init__(self, engine: Engine, home: Path) -> None:
        self._engine = engine
        self._home = home
        self._folder: EngineFolder = engine_folder(home, engine.key)

    def join(self) -> Lease:
        """Use the server, started if nobody has started it yet.

        Raises:
            EngineUnavailable: it can't be started; says what to do.
        """
        try:
            self._folder.make()
            with guarded(self._folder.guard, GUARD_SECONDS_MAX):
                users = FileLock(self._folder.users)
                try:
                    users.try_shared()
                    port = self._running_port()
                    password = self._folder.password() or ""
                    return Lease(self._engine.url(password, port), self._engine.owner_url(password, port), users)
                except BaseException:
                    users.close()
                    raise
        except OSError as error:
            raise home_failure(self._home, error) from error

    def leave(self, lease: Lease) -> None:
        """Stop using the server; the last one out stops it, unless it is kept on purpose."""
        try:
            with guarded(self._folder.guard, GUARD_SECONDS_MAX):
                lease.users.close()
                record = self._folder.record()
                if (record is None or not record.kept) and not is_held(self._folder.users):
                    self._stop()
        except OSError as error:
            raise home_failure(self._home, error) from error

    def keep(self) -> ServerStatus:
        """Start the server if needed, and let it run until `stop`."""
        lease = self.join()
        try:
            self._mark_kept()
        finally:
            lease.users.close()
        return self.status()

    def stop(self, *, in_use_too: bool) -> ServerStatus:
        """End the keeping, and the server unless somebody uses it (or in any case with `in_use_too`)."""
        if not self._folder.path.is_dir():
            return self.status()
        try:
            with guarded(self._folder.guard, GUARD_SECONDS_MAX):
                record = self._folder.record()
                if record is not None and record.kept:
                    self._folder.write_record(ServerRecord(record.pid, record.port, kept=False))
                if in_use_too or not is_held(self._folder.users):
                    self._stop()
                return self._look()
        except OSError as error:
            raise home_failure(self._home, error) from error

    def status(self) -> ServerStatus:
        """What runs now; changes nothing, and makes no folder."""
        if not self._folder.path.is_dir():
            return ServerStatus(self._engine.title, False, None, None, None, None, False, False, self._folder.path)
        try:
            with guarded(self._folder.guard, GUARD_SECONDS_MAX):
                return self._look()
        except OSError as error:
            raise home_failure(self._home, error) from error

    def _mark_kept(self) -> None:
        with guarded(self._folder.guard, GUARD_SECONDS_MAX):
            record = self._folder.record()
            if record is not None:
                self._folder.write_record(ServerRecord(record.pid, record.port, kept=True))

    def _look(self) -> ServerStatus:
        record, process = self._folder.record(), self._process()
        runs = record is not None and process is not None
        password = self._folder.password() or ""
        return ServerStatus(
            engine=self._engine.title,
            running=runs,
            pid=record.pid if record and runs else None,
            port=record.port if record and runs else None,
            url=self._engine.url(password, record.port) if record and runs else None,
            owner_url=self._engine.owner_url(password, record.port) if record and runs else None,
            kept=bool(record and runs and record.kept),
            in_use=is_held(self._folder.users),
            folder=self._folder.path,
        )

    def _process(self) -> psutil.Process | None:
        """The server of the record, if it lives."""
        record = self._folder.record()
        if record is None or self._folder.password() is None or not is_held(self._folder.alive):
            return None
        return find_process(record.pid, self._engine.process_names, self._folder.mark())

    def _running_port(self) -> int:
        """Adopt the server that runs, whoever started it; otherwise end what is left of a dead one and start anew."""
        record, process = self._folder.record(), self._process()
        if record is not None and process is not None:
            begin = self._folder.log.stat().st_size if self._folder.log.exists() else 0
            if self._wait_until_ready(process, record.port, begin):
                return record.port
        self._end_leftovers()
        return self._start(record.port if record else None)

    def _start(self, preferred_port: int | None) -> int:
        account = engine_account(self._home)
        executable = for_account(self._engine.find(), account)
        alive = FileLock(self._folder.alive)
        try:
            if not alive.try_exclusive():
                raise EngineUnavailable(f"{self._engine.title} of {self._home} is just being started: try again")
            site = Site(self._folder, executable, account, alive.descriptor)
            self._engine.prepare(site)
            for port in (preferred_port, *[None] * PORT_ATTEMPTS_MAX):
                chosen = free_port(port)
                if self._try_port(site, chosen):
                    return chosen
        finally:
            alive.close()
        raise EngineUnavailable(f"{self._engine.title} found its port taken {PORT_ATTEMPTS_MAX} times: try again")

    def _try_port(self, site: Site, port: int) -> bool:
        """Start the server there; False when somebody else was faster at that port."""
        log, begin = self._folder.open_log()
        try:
            with opened_folder(self._folder.data) as data:
                child = spawn(self._engine.launch(site, port, data=data, log=log))
        finally:
            os.close(log)
        process = psutil.Process(child.pid)
        self._folder.write_record(ServerRecord(child.pid, port, kept=False))
        reap_in_background(child)
        if self._wait_until_ready(process, port, begin):
            return True
        said = self._folder.log_since(begin)
        if is_port_taken(said):
            return False
        raise start_failure(self._engine.title, self._folder.data, said)

    def _wait_until_ready(self, process: psutil.Process, port: int, log_begin: int) -> bool:
        """True when it answers, False when it ended instead; recovery after a crash may take a while."""
        deadline = time.monotonic() + READY_SECONDS_MAX
        while is_alive(process):
            try:
                self._engine.greet(self._folder.password() or "", port)
                return True
            except NotReady:
                if time.monotonic() > deadline:
                    raise EngineUnavailable(
                        f"{self._engine.title} (process {process.pid}) runs but has not answered for "
                        f"{READY_SECONDS_MAX:.0f} s: `chimera engines stop --force`, then try again",
                        {"log": list(self._folder.log_since(log_begin).splitlines()[-5:])},
                    ) from None
                time.sleep(_POLL_SECONDS)
        return False

    def _stop(self) -> None:
        process = self._process()
        if process is not None and not end(process, self._engine.stop_steps):
            raise EngineUnavailable(f"{self._engine.title} (process {process.pid}) can't be ended: end it by hand")
        self._end_leftovers()

    def _end_leftovers(self) -> None:
        """See that no process of this home's engine lives: orphans of a killed parent, children of a killed server."""
        if not is_held(self._folder.alive):
            return
        if self._folder.password() is not None:
            for orphan in find_orphans(self._engine.process_names, self._folder.mark()):
                end(orphan, self._engine.stop_steps)
        deadline = time.monotonic() + LEFTOVER_SECONDS_MAX
        while is_held(self._folder.alive):
            if time.monotonic() > deadline:
                raise EngineUnavailable(
                    f"{self._engine.title} of {self._home} is run by a process that can't be seen from here (another "
                    "container or user?): stop it there, or set CHIMERA_HOME to another folder"
                )
            time.sleep(_POLL_SECONDS)
