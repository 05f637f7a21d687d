"""A process of the crew that only makes pieces; arguments: none, everything comes by the environment."""

import asyncio
import os

from chimera.bootstrap.studio import open_studio
from chimera.bootstrap.workshop import open_workshop
from chimera.config.settings import Settings
from chimera.core.clock import SystemClock
from chimera.core.progress import silent


async def main() -> None:
    settings = Settings.from_environment(os.environ)
    async with open_studio(settings, SystemClock()) as studio, open_workshop(studio, silent) as shop:
        await shop.host.lost.wait()


if __name__ == "__main__":
    asyncio.run(main())
