"""The OpenAPI document held against what is served, whoever asks: no failure of ours, no status, type or shape that it
leaves out, and what breaks its schemas is refused."""

import asyncio
import sys
from pathlib import Path

import pytest

from chimera.core.vocabulary import PersonRole, Role
from factories_attack import Served

pytestmark = pytest.mark.engines
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,negative_data_rejection,unsupported_method,allow_header_conformance"
)
SETTINGS = """
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", "503"]
"""
"""503 is documented: nothing of what would answer runs beside, or a source is asked for that there is none of."""
CALLERS: tuple[Role | PersonRole | None, ...] = (PersonRole.ADMIN, PersonRole.FINANCE, Role.WORKER, None)


async def attacked(served: Served, folder: Path, caller: Role | PersonRole | None, *options: str) -> tuple[int, str]:
    """How schemathesis ended, and what it said."""
    (folder / "schemathesis.toml").write_text(SETTINGS)
    shown = () if caller is None else ("-H", f"Authorization: Bearer {served.tokens[caller]}")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "schemathesis.cli", "run", f"{served.address}/openapi.json", *shown,
        "--checks", CHECKS, "--generation-database", "none", "--seed", "1", "--no-color", "--request-timeout", "30",
        "--warnings", "off", "--continue-on-failure", *options,
        cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    told, _ = await process.communicate()
    return process.returncode or 0, told.decode()


@pytest.mark.parametrize("caller", CALLERS, ids=str)
async def test_the_document_tells_the_truth(served: Served, tmp_path: Path, caller: Role | PersonRole | None) -> None:
    seconds = "30" if caller is PersonRole.ADMIN else "10"
    ended, told = await attacked(served, tmp_path, caller, "--phases", "coverage", "--max-time", seconds)
    assert ended == 0, told
    assert " passed" in told, told


@pytest.mark.slow
@pytest.mark.parametrize("caller", CALLERS, ids=str)
async def test_the_document_tells_the_truth_for_long(
    served: Served, tmp_path: Path, caller: Role | PersonRole | None
) -> None:
    phases = ("--phases", "coverage,fuzzing,stateful")
    ended, told = await attacked(served, tmp_path, caller, *phases, "--max-examples", "100", "--max-time", "240")
    assert ended == 0, told
