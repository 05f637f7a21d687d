"""Whom this process asks for money: its own treasury, or the one at CFO_URL."""

import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from nacl.signing import SigningKey
from redis.asyncio import Redis

from chimera.config.settings import Settings
from chimera.config.transport import Plaintext
from chimera.core.clock import Clock
from chimera.core.secret import revealed
from chimera.runtime.bookkeeping import keeping_books
from chimera.security.keys import cfo_public_key, cfo_signing_key, log_signing_key
from chimera.storage.database import Database
from chimera.treasury.log.publisher import LogPublisher
from chimera.treasury.policy import SpendingPolicy
from chimera.treasury.treasury import Treasury

if TYPE_CHECKING:
    from chimera.treasury.http_asking import TokenSource
    from chimera.treasury.remote import RemoteTreasury

LOG_FOLDER = "log"
THREAD_SECONDS = 0.0005
"""How long one thread may keep the interpreter from another: the writer's two and the event loop take turns, and the
usual 5 ms would be paid at each of a batch's round trips."""
COLLECT_AFTER = (10_000, 20, 20)
"""So many more objects before Python looks for cycles among them, and so many looks before it goes through older ones:
a batch makes thousands that live until its answers are given and are in no cycle; the usual 700, 10, 10 would go
through them over and over."""


def remote_treasury(settings: Settings, home: Path, made: "TokenSource", clock: Clock) -> "RemoteTreasury | None":
    """The treasury at CFO_URL, checked against a public key that is known here; None where CFO_URL is unset.

    Asked under the `made` tokens where JWT_SECRET signs them, otherwise under the one this process was given.

    Raises:
        ValidationFailed: a variable is not as it should be.
        EngineUnavailable: the CFO's public key is not known here.
    """
    if settings.cfo_url is None:
        return None
    # They bring an HTTP client: only where another process is asked.
    from chimera.treasury.file_tokens import FileTokens
    from chimera.treasury.http_asking import GivenToken
    from chimera.treasury.remote import RemoteTreasury

    plain = settings.allows_plaintext(Plaintext.CFO)
    tokens = made
    if settings.cfo_token_file is not None:
        tokens = FileTokens(settings.cfo_url, settings.cfo_token_file, clock, plain_http_allowed=plain)
    elif settings.cfo_token is not None:
        tokens = GivenToken(settings.cfo_token.reveal())
    public_key = cfo_public_key(home / "keys", settings.cfo_public_key)
    return RemoteTreasury(settings.cfo_url, tokens, public_key, plain_http_allowed=plain)


@asynccontextmanager
async def own_treasury(
    settings: Settings, home: Path, database: Database, redis: Redis, clock: Clock, cfo_agent_id: UUID
) -> AsyncIterator[Treasury]:
    """The treasury of this process, with its books kept; closed and published when the block ends.

    Raises:
        ValidationFailed, EngineUnavailable: a key can't be read.
    """
    treasury = Treasury(
        database=database,
        redis=redis,
        clock=clock,
        key=cfo_signing_key(home / "keys", revealed(settings.cfo_private_key)),
        cfo_agent_id=cfo_agent_id,
        policy=SpendingPolicy(limits=settings.budget_limit, hurdle_rate=settings.min_roi_hurdle_rate),
    )
    tune_interpreter()
    async with keeping_books(treasury, log_publisher(settings, home, database, clock)):
        yield treasury


def tune_interpreter() -> None:
    """Let the threads of this process take turns as a treasury's threads need it, and look for garbage seldom."""
    sys.setswitchinterval(THREAD_SECONDS)
    gc.set_threshold(*COLLECT_AFTER)


def log_folder(settings: Settings, home: Path) -> Path:
    """Where the log is exported to: LEDGER_LOG_FOLDER, or the home's own."""
    return settings.ledger_log_folder or home / LOG_FOLDER


def log_key(settings: Settings, home: Path) -> SigningKey:
    """The key that signs checkpoints here, made if there is none."""
    return log_signing_key(home / "keys", revealed(settings.ledger_log_private_key))


def log_publisher(settings: Settings, home: Path, database: Database, clock: Clock) -> LogPublisher:
    """Publishes the ledger in `database`."""
    return LogPublisher(database=database, key=log_key(settings, home), folder=log_folder(settings, home), clock=clock)
