"""A toolbox with a real server and a real CFO key, on an own folder."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from nacl.signing import SigningKey

from chimera.contracts.approval import SignedDecision
from chimera.core.clock import SystemClock
from chimera.security.decision_signature import canonical, key_id_of, sign
from chimera.tools.permit import Permit
from chimera.tools.tool_server import ServerCommand
from chimera.tools.toolbox import Toolbox, open_toolbox
from factories_production import an_artist

FUNCTIONS = {"voice": "example_job:run", "sound": "example_job:run_sound", "video": "example_job:run_video"}
Approve = Callable[..., Permit]


@pytest.fixture(scope="module")
def cfo_key() -> SigningKey:
    return SigningKey(bytes(range(32)))


@pytest.fixture
def approve(cfo_key: SigningKey) -> Approve:
    """Makes a permit as the CFO would sign it; any part of it can be given."""

    def make(
        *,
        key: SigningKey = cfo_key,
        request_id: UUID | None = None,
        agent_id: UUID | None = None,
        amount: str = "0.25",
        decision: str = "approved",
    ) -> Permit:
        tx_id, request, agent = uuid4(), request_id or uuid4(), agent_id or uuid4()
        document = canonical(
            {
                "tx_id": str(tx_id),
                "request_id": str(request),
                "agent_id": str(agent),
                "amount": amount,
                "decision": decision,
            }
        )
        signed = SignedDecision(
            tx_id=tx_id, document=document, signature=sign(document, key), key_id=key_id_of(key.verify_key)
        )
        return Permit(signed, request, agent, Decimal(0))

    return make


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The work folder of every production of these tests."""
    return tmp_path_factory.mktemp("work")


@pytest.fixture
def folder(work: Path) -> Path:
    """One production's work folder."""
    path = work / "own" / str(uuid4())
    path.mkdir(parents=True)
    return path


@pytest.fixture(scope="module")
def shared_command(work: Path) -> ServerCommand:
    return ServerCommand(
        root=work,
        log=work / "logs" / "tools.log",
        limit_seconds=30,
        functions=FUNCTIONS,
        python_path=[Path(__file__).parent],
    )


@pytest.fixture
def command(shared_command: ServerCommand) -> ServerCommand:
    """The command of a server of the test's own, told from the shared one by its root."""
    return replace(shared_command, root=shared_command.root / "own")


@pytest.fixture
async def toolbox(command: ServerCommand, cfo_key: SigningKey) -> AsyncIterator[Toolbox]:
    """A toolbox with a server of the test's own."""
    async with open_toolbox(command, cfo_key.verify_key, SystemClock(), an_artist) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_toolbox(shared_command: ServerCommand, cfo_key: SigningKey) -> AsyncIterator[Toolbox]:
    """One toolbox for all tests of a module that leave its server alone."""
    async with open_toolbox(shared_command, cfo_key.verify_key, SystemClock(), an_artist) as opened:
        yield opened
