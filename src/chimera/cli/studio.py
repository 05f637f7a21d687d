"""The studio a command works in: settings from the environment, the machine's own clock."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chimera.bootstrap.studio import Studio, open_studio
from chimera.config.settings import Settings
from chimera.core.clock import SystemClock


@asynccontextmanager
async def studio_of_environment() -> AsyncIterator[Studio]:
    """The open studio; closed again when the block ends.

    Raises:
        ValidationFailed: a variable is wrong; EngineUnavailable: the home or an engine can't be used.
    """
    async with open_studio(Settings.from_environment(os.environ), SystemClock()) as studio:
        yield studio
