"""A process that uses the engines of a home: prints their urls as one JSON line and stays until its input ends.

Arguments: the home. A refusal is printed as {"refused": message} instead.
"""

import asyncio
import json
import sys
from pathlib import Path

from chimera.core.errors import EngineUnavailable
from chimera.storage.engines.opening import open_engines


async def main(home: Path) -> None:
    try:
        async with open_engines(home, None, None) as urls:
            _say({"database": urls.database_url, "redis": urls.redis_url})
            await asyncio.to_thread(sys.stdin.read)
    except EngineUnavailable as refusal:
        _say({"refused": refusal.message})


def _say(line: dict[str, str]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
