"""`chimera env`: the urls of the running engines, for psql, valkey-cli and scripts."""

import os
import shlex
import sys
from typing import Annotated

from cyclopts import Parameter

from chimera.cli.document import print_json
from chimera.cli.options import Json
from chimera.config.settings import Settings
from chimera.core.errors import EngineUnavailable
from chimera.core.secret import revealed
from chimera.storage.engines.opening import statuses

Owner = Annotated[
    bool, Parameter(name="--owner", negative="", help="Print DATABASE_OWNER_URL too: the login that may change tables.")
]


async def env(*, owner: Owner = False, json: Json = False) -> None:
    """Print DATABASE_URL=... and REDIS_URL=... of the running engines (they hold the passwords).

    DATABASE_URL is the application's login. Use it as: eval "$(chimera env)" && psql "$DATABASE_URL"

    Raises:
        EngineUnavailable: an engine does not run.
    """
    settings = Settings.from_environment(os.environ)
    urls = await running_urls(settings, owner=owner)
    if json:
        print_json(urls)
        return
    sys.stdout.write("".join(f"{name}={shlex.quote(url)}\n" for name, url in urls.items()))


async def running_urls(settings: Settings, *, owner: bool = False) -> dict[str, str]:
    """The variables as set, otherwise those of the embedded engines that run now; a single login is its own owner.

    Raises:
        EngineUnavailable: one does not run.
    """
    database, state = await statuses(settings.chimera_home)
    urls = {
        "DATABASE_URL": revealed(settings.database_url) or database.url,
        "REDIS_URL": revealed(settings.redis_url) or state.url,
    }
    if owner:
        external = revealed(settings.database_owner_url or settings.database_url)
        urls["DATABASE_OWNER_URL"] = external or database.owner_url
    stopped = [name for name, url in urls.items() if not url]
    if stopped:
        raise EngineUnavailable(
            f"no engine runs for {' and '.join(stopped)} on {settings.chimera_home}: "
            "`chimera engines start` starts them",
            {"missing": list(stopped)},
        )
    return {name: url for name, url in urls.items() if url}
