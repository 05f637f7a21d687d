"""A process that uses the engines of a home: prints their urls as one JSON line and stays until its input ends.

Arguments: the home, and if it is to become another user: uid, gid and a home to warm up on. (Python itself may lie
where that user can't read it, so everything is imported, by use, before the change.) A refusal is printed as
{"refused": message} instead.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

from chimera.core.errors import EngineUnavailable
from chimera.storage.engines.opening import open_engines


async def main(home: Path) -> None:
    try:
        async with open_engines(home, None, None) as urls:
            _say({"database": urls.database_url, "owner": urls.owner_url or "", "redis": urls.redis_url})
            await asyncio.to_thread(sys.stdin.read)
    except EngineUnavailable as refusal:
        _say({"refused": refusal.message})


async def warm_up(home: Path) -> None:
    async with open_engines(home, None, None):
        pass


def _become(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def _say(line: dict[str, str]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if len(sys.argv) > 2:
        asyncio.run(warm_up(Path(sys.argv[4])))
        _become(int(sys.argv[2]), int(sys.argv[3]))
    asyncio.run(main(Path(sys.argv[1])))
