"""The embedded Valkey: loopback, password, append-only file, bounded memory that never evicts."""

import signal
from collections.abc import Sequence

import redis

from chimera.core.errors import EngineUnavailable
from chimera.storage.engines.binaries import Executable, PackagedTree, find_valkey
from chimera.storage.engines.engine import NotReady, Site
from chimera.storage.engines.port import LOOPBACK
from chimera.storage.engines.process import Launch

_MEMORY_BYTES_MAX = 256 * 1024 * 1024
_CONNECT_SECONDS_MAX = 5.0


class Valkey:
    """Valkey (or Redis 7 from PATH) as an `Engine`."""

    key = "valkey"
    title = "Valkey"
    process_names = frozenset({"valkey-server", "redis-server"})
    stop_steps: Sequence[tuple[signal.Signals, float]] = ((signal.SIGTERM, 15.0), (signal.SIGKILL, 5.0))

    def find(self) -> PackagedTree | Executable:
        return find_valkey()

    def prepare(self, site: Site) -> None:
        site.folder.make_password()
        site.folder.make_data_folder(site.folder.data, site.account)

    def launch(self, site: Site, port: int, *, data: int, log: int) -> Launch:
        # The configuration, with the password, goes through standard input: command lines are public.
        password, mark = site.folder.make_password(), site.folder.mark()
        return Launch(
            arguments=[str(site.executable.path), "-"],
            folder=site.folder.data,
            account=site.account,
            log=log,
            inherited=(site.alive, data),
            stdin=configuration(password, mark, port).encode(),
        )

    def url(self, password: str, port: int) -> str:
        return f"redis://default:{password}@{LOOPBACK}:{port}/0"

    def owner_url(self, password: str, port: int) -> str:
        return self.url(password, port)

    def greet(self, password: str, port: int) -> None:
        client = redis.Redis(
            host=LOOPBACK,
            port=port,
            password=password,
            socket_timeout=_CONNECT_SECONDS_MAX,
            socket_connect_timeout=_CONNECT_SECONDS_MAX,
        )
        try:
            client.ping()
        except redis.AuthenticationError as error:
            raise EngineUnavailable("Valkey refuses the home's own password: see `chimera engines status`") from error
        except (redis.RedisError, OSError) as error:
            raise NotReady(str(error)) from error
        finally:
            client.close()


def configuration(password: str, mark: str, port: int) -> str:
    """The server's configuration; `dir .` is the working folder it is started in."""
    lines = {
        "bind": LOOPBACK,
        "port": str(port),
        "requirepass": password,
        "dir": ".",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": '""',
        "maxmemory": str(_MEMORY_BYTES_MAX),
        "maxmemory-policy": "noeviction",
        "tcp-backlog": "128",
        "daemonize": "no",
        "proc-title-template": f'"{{title}} {{listen-addr}} {mark}"',
    }
    return "".join(f"{name} {value}\n" for name, value in lines.items())
