"""`chimera migrate`: bring the database up to date and give the application its rights, once, before others start."""

import os
import sys

from chimera.bootstrap.migrating import migrated
from chimera.cli.document import print_json
from chimera.cli.options import Json
from chimera.config.settings import Settings


async def migrate(*, json: Json = False) -> None:
    """Apply what the database lacks of this version's migrations; repeated, it changes nothing.

    With DATABASE_OWNER_URL it works as the owner, and the login of DATABASE_URL gets the application's rights. Every
    other command does the same when it starts; a deployment runs this once instead, and starts the rest after it.
    """
    found = await migrated(Settings.from_environment(os.environ))
    if json:
        print_json({"applied": found.applied, "version": found.version})
    elif found.applied:
        sys.stdout.write(f"{found.applied} migrations applied; the database is at {found.version}.\n")
    else:
        sys.stdout.write(f"Nothing to do: the database is at {found.version}.\n")
