"""A toolbox with a real server and a real CFO key, on an own folder."""

import json
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from nacl.signing import SigningKey

from chimera.contracts.approval import SignedDecision
from chimera.core.clock import SystemClock
from chimera.security.decision_signature import canonical, key_id_of, sign
from chimera.tools.permit import Permit
from chimera.tools.tool_session import ServerCommand
from chimera.tools.toolbox import Toolbox, open_toolbox

FUNCTIONS = {"voice": "example_job:run", "sound": "example_job:run_sound"}
Approve = Callable[..., Permit]


@pytest.fixture
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
        request, agent = request_id or uuid4(), agent_id or uuid4()
        document = canonical(
            {"request_id": str(request), "agent_id": str(agent), "amount": amount, "decision": decision}
        )
        signed = SignedDecision(
            tx_id=uuid4(), document=document, signature=sign(document, key), key_id=key_id_of(key.verify_key)
        )
        return Permit(signed, request, agent, Decimal(0))

    return make


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One production's work folder."""
    path = tmp_path / "work" / str(uuid4())
    path.mkdir(parents=True)
    return path


@pytest.fixture
def command(tmp_path: Path) -> ServerCommand:
    return ServerCommand(
        root=tmp_path / "work",
        log=tmp_path / "logs" / "tools.log",
        limit_seconds=30,
        functions=FUNCTIONS,
        python_path=[Path(__file__).parent],
    )


@pytest.fixture
async def toolbox(command: ServerCommand, cfo_key: SigningKey) -> AsyncIterator[Toolbox]:
    async with open_toolbox(command, cfo_key.verify_key, SystemClock()) as opened:
        yield opened


def runs_of(folder: Path) -> list[int]:
    """The pids of the processes that ran the example job in this folder."""
    runs = folder / "runs.txt"
    return [int(line) for line in runs.read_text().split()] if runs.exists() else []


def document_of(permit: Permit) -> dict[str, object]:
    fields: dict[str, object] = json.loads(permit.approval.document)
    return fields
