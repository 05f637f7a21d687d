"""An operation as an MCP tool: its name, its words, its schemas, and what a client may expect of it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mcp_types import Tool, ToolAnnotations
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from chimera.contracts.contract import Contract
from chimera.core.errors import Forbidden
from chimera.runtime.operations.operation import AnyOperation
from chimera.security.permissions import Caller

Json = dict[str, Any]
IF_MATCH = "if_match"
_SUBJECT = "internal.agent."
_REFERENCE = "#/$defs/{model}"
_IF_MATCH_SCHEMA: Json = {
    "type": "string",
    "maxLength": 200,
    "description": "The etag told with the version you saw: what was changed since is not overwritten.",
}


@dataclass(frozen=True, slots=True)
class OperationTool:
    """One operation, the tool it is shown as, and which arguments stand beside what it asks for."""

    operation: AnyOperation
    tool: Tool
    beside: frozenset[str]

    def may_call(self, caller: Caller) -> bool:
        try:
            self.operation.admit(caller)
        except Forbidden:
            return False
        return True


def tools_of(operations: Iterable[AnyOperation]) -> dict[str, OperationTool]:
    """The tools by their names, in the catalogue's order."""
    return {found.tool.name: found for found in map(_tool_of, operations)}


def names_of(tools: Mapping[str, OperationTool]) -> dict[str, OperationTool]:
    """The tools by every name they answer to: the one listed, the operation's own, and that without its prefix."""
    known = dict(tools)
    for found in tools.values():
        known[found.operation.name] = known[found.operation.name.removeprefix(_SUBJECT)] = found
    return known


def tool_name(operation_name: str) -> str:
    """`artist_produce` for `internal.agent.artist.produce`: MCP allows dots, but widespread clients refuse a whole
    server over one."""
    return operation_name.removeprefix(_SUBJECT).replace(".", "_")


def _tool_of(operation: AnyOperation) -> OperationTool:
    beside = frozenset(() if operation.terms is None else operation.terms.model_fields)
    if is_versioned(operation):
        beside |= {IF_MATCH}
    tool = Tool(
        name=tool_name(operation.name),
        title=_title(operation.name),
        description=_description(operation),
        input_schema=_input_schema(operation),
        output_schema=_output_schema(operation),
        annotations=_annotations(operation),
    )
    return OperationTool(operation, tool, beside)


def is_versioned(operation: AnyOperation) -> bool:
    """Whether the operation puts a document in the place of another, whose version the caller has to name."""
    return operation.method == "PUT"


def _title(name: str) -> str:
    """`Artist: produce`."""
    noun, _, verb = name.removeprefix(_SUBJECT).replace("_", " ").partition(".")
    return f"{noun.capitalize()}: {verb}"


def _description(operation: AnyOperation) -> str:
    told = [operation.summary]
    if operation.accepted is not None:
        told.append(
            "It takes longer than a call: a task_id is answered at once. `tasks_get` tells what becomes of it, "
            "`tasks_cancel` calls it off; asked again in the same way, it is the same task."
        )
    if operation.right is not None:
        told.append(f"Needs the right {operation.right}.")
    if operation.failures:
        told.append(f"May fail with {', '.join(dict.fromkeys(failure.code for failure in operation.failures))}.")
    return " ".join(told)


def _annotations(operation: AnyOperation) -> ToolAnnotations:
    """By the method: GET reads, PUT and DELETE may be repeated; a POST that only adds is no danger to what is there."""
    method = operation.method
    only_adds = operation.creates or operation.name.startswith(_SUBJECT)
    return ToolAnnotations(
        read_only_hint=method == "GET",
        destructive_hint=method in {"PUT", "DELETE"} or (method == "POST" and not only_adds),
        idempotent_hint=method != "POST",
        open_world_hint=False,
    )


def _input_schema(operation: AnyOperation) -> Json:
    """What is asked, with what stands beside it as further fields of one closed object."""
    wanted = [operation.asks, *([] if operation.terms is None else [operation.terms])]
    parts, definitions = _schemas(wanted, "validation")
    properties: Json = {name: field for part in parts for name, field in part.get("properties", {}).items()}
    required = [name for part in parts for name in part.get("required", ())]
    if is_versioned(operation):
        properties[IF_MATCH] = _IF_MATCH_SCHEMA
        required.append(IF_MATCH)
    return {
        "type": "object",
        "properties": properties,
        **({"required": required} if required else {}),
        "additionalProperties": False,
        **({"$defs": definitions} if definitions else {}),
    }


def _output_schema(operation: AnyOperation) -> Json:
    wanted = [operation.answers, *([] if operation.accepted is None else [operation.accepted])]
    parts, definitions = _schemas(wanted, "serialization")
    root: Json = parts[0] if len(parts) == 1 else {"type": "object", "anyOf": parts}
    return {**root, **({"$defs": definitions} if definitions else {})}


def _schemas(contracts: list[type[Contract]], mode: JsonSchemaMode) -> tuple[list[Json], Json]:
    """The contracts' schemas, and the definitions they refer to."""
    references, whole = models_json_schema([(one, mode) for one in contracts], ref_template=_REFERENCE)
    definitions: Json = whole["$defs"]
    names = [references[one, mode]["$ref"].rpartition("/")[2] for one in contracts]
    parts = [definitions[name] for name in names]
    return parts, {name: schema for name, schema in definitions.items() if name not in names}
