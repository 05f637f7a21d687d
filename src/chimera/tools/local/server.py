"""Our own MCP server of local media tools over stdio: `python -m chimera.tools.local.server --root FOLDER`.

MCP has no idempotency, so each tool is submitted under the caller's job id and asked for until it is done.
stdout carries the protocol and nothing else; everything for people goes to stderr.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import anyio
import mcp_types as types
import structlog
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from pydantic import AfterValidator, Field, ValidationError

import chimera
from chimera.contracts.contract import Contract
from chimera.contracts.error import validation_failed
from chimera.core.errors import ChimeraError, NotFound
from chimera.telemetry.logs import configure_logs
from chimera.telemetry.trace import taken_up, traced
from chimera.tools.local.job_folder import JobFolder
from chimera.tools.local.job_process import as_failure, error_document
from chimera.tools.local.job_runner import JobRunner, open_runner
from chimera.tools.local.tool_table import LocalTool, tools_with

PARALLEL_JOBS_DEFAULT = 1
"""Voice and encoder would fight for the same cores, so one job runs at a time unless the caller says otherwise."""
LIMIT_SECONDS_MAX = 600.0
_NO_JOB = UUID(int=0)
_log = structlog.get_logger(__name__)


class JobReference(Contract):
    """Arguments of `job_status` and `job_cancel`; `folder` is the production's own, absolute."""

    job_id: UUID
    folder: Annotated[Path, AfterValidator(Path.absolute)]


class JobSubmission(JobReference):
    """Arguments of `<tool>_submit`; `job` is the tool's contract, `cpu_seconds_max` what its process may use."""

    job: Annotated[dict[str, Any], Field(max_length=50)]
    cpu_seconds_max: Annotated[int, Field(gt=0)] | None = None


class LocalToolServer:
    """The MCP face of a runner."""

    def __init__(self, tools: Mapping[str, LocalTool], runner: JobRunner) -> None:
        self._tools = tools
        self._runner = runner

    async def list_tools(
        self, context: ServerRequestContext[Any], params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        """The submit tool of every medium, and the two job tools."""
        del context, params
        submits = [
            types.Tool(name=f"{name}_submit", description=tool.description, input_schema=_submit_schema(tool))
            for name, tool in self._tools.items()
        ]
        reference = JobReference.model_json_schema()
        return types.ListToolsResult(
            tools=[
                *submits,
                types.Tool(name="job_status", description="Where a job is, and its result.", input_schema=reference),
                types.Tool(name="job_cancel", description="End a job and its processes.", input_schema=reference),
            ],
            ttl_ms=0,
            cache_scope="public",
        )

    async def call_tool(
        self, context: ServerRequestContext[Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        """Answer one call; an expected failure is a result with `is_error` and section 8's envelope."""
        del context
        with traced(taken_up(params.meta, uuid4())):
            return await self._answered(params.name, params.arguments or {})

    async def _answered(self, name: str, arguments: dict[str, Any]) -> types.CallToolResult:
        try:
            document = await self._call(name, arguments)
        except ValidationError as error:
            return _refused(name, validation_failed(error))
        except (ChimeraError, OSError) as error:
            return _refused(name, as_failure(error))
        _log.info("tool_answered", tool=name, job_id=document.get("job_id"), state=document.get("state"))
        return _answer(document, is_error=False)

    async def _call(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if name in {"job_status", "job_cancel"}:
            reference = JobReference.model_validate(arguments)
            if name == "job_cancel":
                return (await self._runner.cancel(reference.job_id, reference.folder)).model_dump(mode="json")
            return self._runner.status(reference.job_id, reference.folder).model_dump(mode="json")
        tool = name.removesuffix("_submit")
        if tool not in self._tools or tool == name:
            raise NotFound(f"there is no tool {name!r}", {"tool": name})
        submission = JobSubmission.model_validate(arguments)
        status = await self._runner.submit(
            tool, submission.job_id, submission.folder, submission.job, submission.cpu_seconds_max
        )
        return status.model_dump(mode="json")


def _submit_schema(tool: LocalTool) -> dict[str, Any]:
    job = tool.job_contract.model_json_schema()
    definitions = job.pop("$defs", {})
    schema = JobSubmission.model_json_schema()
    schema["properties"]["job"] = job
    return {**schema, "$defs": definitions}


def _refused(name: str, failure: ChimeraError) -> types.CallToolResult:
    _log.info("tool_refused", tool=name, code=failure.code, problem=failure.message)
    return _answer(_envelope(failure), is_error=True)


def _envelope(failure: ChimeraError) -> dict[str, Any]:
    return {"error": error_document(JobFolder(Path(str(_NO_JOB))), failure)}


def _answer(document: dict[str, Any], *, is_error: bool) -> types.CallToolResult:
    text = types.TextContent(type="text", text=json.dumps(document))
    return types.CallToolResult(content=[text], structured_content=document, is_error=is_error)


async def serve(tools: Mapping[str, LocalTool], root: Path, *, parallel_max: int, limit_seconds: float) -> None:
    """Serve one client on stdin and stdout until it closes stdin."""
    async with open_runner(tools, root, parallel_max=parallel_max, limit_seconds=limit_seconds) as runner:
        face = LocalToolServer(tools, runner)
        server = Server(
            "chimera-local-tools",
            version=chimera.__version__,
            on_list_tools=face.list_tools,
            on_call_tool=face.call_tool,
        )
        async with stdio_server() as (received, sent):
            await server.run(received, sent, server.create_initialization_options())


def main(arguments: Sequence[str]) -> None:
    """Read the command line and serve."""
    configure_logs()
    parser = argparse.ArgumentParser(prog="chimera.tools.local.server", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="the only folder tree jobs may work in")
    parser.add_argument("--parallel", type=int, choices=range(1, 9), default=PARALLEL_JOBS_DEFAULT)
    parser.add_argument("--limit-seconds", type=float, default=LIMIT_SECONDS_MAX, help="upper bound of one job's time")
    parser.add_argument(
        "--tool", action="append", default=[], metavar="NAME=MODULE:FUNCTION", help="run another function for a tool"
    )
    options = parser.parse_args(arguments)
    tools = tools_with(dict(item.partition("=")[::2] for item in options.tool))
    limit_seconds = min(max(options.limit_seconds, 0.1), LIMIT_SECONDS_MAX)
    anyio.run(partial(serve, tools, options.root, parallel_max=options.parallel, limit_seconds=limit_seconds))


if __name__ == "__main__":
    main(sys.argv[1:])
