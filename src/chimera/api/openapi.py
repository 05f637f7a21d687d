"""The OpenAPI 3.1 document, made from the operations: their contracts' schemas, and every error with its codes."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from chimera.api.asking import WAIT_SECONDS_MAX
from chimera.api.bodies import BodyTooLarge, BodyTooSlow, NoJson
from chimera.api.errors import PROBLEM_JSON, RETRY_AFTER_SECONDS, HeadersTooLarge
from chimera.api.openapi_open import open_path, other_paths
from chimera.contracts.contract import Contract
from chimera.contracts.error import ErrorEnvelope
from chimera.contracts.problem import Problem
from chimera.core.errors import (
    ChimeraError,
    EngineUnavailable,
    Forbidden,
    InternalError,
    PreconditionFailed,
    RateLimited,
    Unauthenticated,
    ValidationFailed,
)
from chimera.runtime.operations.operation import AnyOperation
from chimera.runtime.operations.tokens import AnyOpenOperation

Json = dict[str, Any]
_REFERENCE = "#/components/schemas/{model}"
_ALWAYS: tuple[type[ChimeraError], ...] = (
    Unauthenticated, Forbidden, ValidationFailed, RateLimited, HeadersTooLarge, InternalError, EngineUnavailable
)  # fmt: skip
_WITH_BODY: tuple[type[ChimeraError], ...] = (BodyTooLarge, BodyTooSlow, NoJson)
SPECIFIED: Mapping[str, str] = {
    "TrendAnalysisRequest": "trend_analysis_request",
    "TrendAnalysis": "trend_analysis",
    "BriefRequest": "brief_request",
    "Brief": "brief",
    "ProductionRequest": "production_request",
    "Asset": "asset",
    "ApprovalRequest": "approval_request",
    "Approval": "approval",
}
"""The specification's own JSON, by contract."""
_PATH_FIELD = re.compile(r"\{([a-z_]+)\}")
_DESCRIPTION = (
    "Chimera's subjects, reads and actions. Every failure is the envelope of the specification's section 8, or "
    "RFC 9457's problem document for callers that accept `application/problem+json`."
)


def openapi_document(
    operations: Sequence[AnyOperation], version: str, open_operations: Sequence[AnyOpenOperation] = ()
) -> Json:
    """The document of these operations; with those that are open, of the keys and media too."""
    schemas = _Schemas(operations, open_operations)
    paths: dict[str, Json] = defaultdict(dict)
    for operation in operations:
        paths[operation.path][operation.method.lower()] = _operation(operation, schemas)
    for opened in open_operations:
        asks, answers = schemas.reference(opened.asks, "validation"), schemas.reference(opened.answers, "serialization")
        paths[opened.path] |= open_path(opened, asks, answers, _failures)
    if open_operations:
        paths |= other_paths(_failures)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Chimera", "version": version, "description": _DESCRIPTION},
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "servers": [{"url": "/"}],
        "security": [{"access_token": []}],
        "tags": [{"name": name} for name in _tags(paths)],
        "paths": dict(paths),
        "components": {
            "schemas": schemas.definitions,
            "securitySchemes": {
                "access_token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "An access token (RS256, one hour): `chimera token issue --role ROLE`.",
                }
            },
        },
    }


def _tags(paths: Mapping[str, Json]) -> dict[str, None]:
    return dict.fromkeys(tag for methods in paths.values() for told in methods.values() for tag in told["tags"])


def tag_of(operation: AnyOperation) -> str:
    """Under which heading the operation is listed: subjects, or the noun of its path."""
    noun = operation.path.split("/")[2]
    return "subjects" if noun.startswith("internal.agent.") else noun


def failures_of(operation: AnyOperation) -> dict[int, tuple[str, ...]]:
    """Every error the operation may answer with: the codes by status."""
    kinds = [*_ALWAYS, *operation.failures]
    if _has_body(operation):
        kinds += _WITH_BODY
    if operation.tagged and operation.method != "GET":
        kinds.append(PreconditionFailed)
    return _codes(kinds)


def _codes(kinds: Iterable[type[ChimeraError]]) -> dict[int, tuple[str, ...]]:
    codes: dict[int, dict[str, None]] = defaultdict(dict)
    for kind in kinds:
        codes[kind.status][kind.code] = None
    return {status: tuple(codes[status]) for status in sorted(codes)}


def _operation(operation: AnyOperation, schemas: "_Schemas") -> Json:
    told: Json = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [tag_of(operation)],
        "parameters": [*_fields(operation, schemas), *_headers(operation)],
        "responses": {**_answers(operation, schemas), **_told(failures_of(operation))},
    }
    if operation.right is not None:
        told["description"] = f"Needs the right `{operation.right}`."
    if _has_body(operation):
        told["requestBody"] = _body(operation, schemas)
    return told


def _path_fields(operation: AnyOperation) -> frozenset[str]:
    return frozenset(_PATH_FIELD.findall(operation.path))


def _body_fields(operation: AnyOperation) -> frozenset[str]:
    if operation.method in {"GET", "DELETE"}:
        return frozenset()
    return frozenset(operation.asks.model_fields) - _path_fields(operation)


def _has_body(operation: AnyOperation) -> bool:
    return bool(_body_fields(operation))


def _fields(operation: AnyOperation, schemas: "_Schemas") -> list[Json]:
    in_path, in_body = _path_fields(operation), _body_fields(operation)
    asked = schemas.of(operation.asks, "validation")
    found = [
        _parameter(name, "path" if name in in_path else "query", schema, asked)
        for name, schema in asked.get("properties", {}).items()
        if name not in in_body
    ]
    if operation.terms is not None:
        terms = schemas.of(operation.terms, "validation")
        found += [_parameter(name, "query", schema, terms) for name, schema in terms.get("properties", {}).items()]
    return found


def _parameter(name: str, place: str, schema: Json, whole: Json) -> Json:
    required = place == "path" or name in whole.get("required", ())
    return {"name": name, "in": place, "required": required, "schema": _in_text(schema)}


def _in_text(schema: Json) -> Json:
    """A parameter's schema: what is left out has no null to write."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind.get("type") != "null"]
    if "anyOf" not in schema:
        return schema
    rest = {name: value for name, value in schema.items() if name not in {"anyOf", "default"}}
    return {**kinds[0], **rest} if len(kinds) == 1 else {**rest, "anyOf": kinds}


def _headers(operation: AnyOperation) -> list[Json]:
    def header(name: str, description: str) -> Json:
        return {
            "name": name, "in": "header", "required": False, "schema": {"type": "string"}, "description": description
        }  # fmt: skip

    found = []
    if operation.accepted is not None:
        found.append(
            header("Prefer", f"`wait=N`: answer 200 if ready within N seconds, {WAIT_SECONDS_MAX:.0f} at most.")
        )
    if operation.tagged and operation.method == "GET":
        found.append(header("If-None-Match", "The ETag of an earlier answer: 304 where nothing has changed."))
    if operation.tagged and operation.method != "GET":
        found.append(header("If-Match", "The ETag of what is to be changed."))
    if operation.creates:
        found.append(header("Idempotency-Key", "The same key with the same body is done once."))
    return found


def _body(operation: AnyOperation, schemas: "_Schemas") -> Json:
    in_body = _body_fields(operation)
    if in_body == frozenset(operation.asks.model_fields):
        schema: Json = schemas.reference(operation.asks, "validation")
    else:
        whole = schemas.of(operation.asks, "validation")
        required = [name for name in whole.get("required", ()) if name in in_body]
        schema = {
            "type": "object",
            "additionalProperties": False,
            "properties": {name: value for name, value in whole["properties"].items() if name in in_body},
            **({"required": required} if required else {}),
        }
    must = any(asked.is_required() for name, asked in operation.asks.model_fields.items() if name in in_body)
    return {"required": must, "content": {"application/json": _with_example(schema, operation.asks)}}


def _answers(operation: AnyOperation, schemas: "_Schemas") -> Json:
    if operation.status == 204:
        return {"204": {"description": "Done."}}
    answers: Json = {str(operation.status): _answer(operation.answers, schemas, "The answer.")}
    if operation.tagged:
        answers[str(operation.status)]["headers"] = {"ETag": {"schema": {"type": "string"}}}
        if operation.method == "GET":
            answers["304"] = {"description": "Nothing has changed."}
    if operation.accepted is not None:
        answers["202"] = _answer(operation.accepted, schemas, "It takes longer: `status_url` tells what becomes of it.")
    return answers


def _answer(contract: type[Contract], schemas: "_Schemas", description: str) -> Json:
    schema = schemas.reference(contract, "serialization")
    return {"description": description, "content": {"application/json": _with_example(schema, contract)}}


def _with_example(schema: Json, contract: type[Contract]) -> Json:
    name = SPECIFIED.get(contract.__name__)
    return {"schema": schema} if name is None else {"schema": schema, "example": example(name)}


def _failures(kinds: Iterable[type[ChimeraError]]) -> Json:
    return _told(_codes(kinds))


def _told(codes_by_status: Mapping[int, Sequence[str]]) -> Json:
    return {str(status): _failure(status, codes) for status, codes in codes_by_status.items()}


def _failure(status: int, codes: Sequence[str]) -> Json:
    def coded(contract: type[Contract], place: Iterable[str]) -> Json:
        closed: Json = {"enum": list(codes)}
        for name in reversed([*place, "code"]):
            closed = {"properties": {name: closed}}
        return {"schema": {"allOf": [{"$ref": _REFERENCE.format(model=contract.__name__)}, closed]}}

    told: Json = {
        "description": " or ".join(f"`{code}`" for code in codes),
        "content": {"application/json": coded(ErrorEnvelope, ["error"]), PROBLEM_JSON: coded(Problem, [])},
    }
    if any(kind.status == status for kind in RETRY_AFTER_SECONDS):
        told["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return told


class _ExactNumbers(GenerateJsonSchema):
    """An exact decimal is a JSON number, never one in quotes."""

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        found = super().decimal_schema(schema)
        return next((kind for kind in found.get("anyOf", ()) if kind.get("type") == "number"), found)


class _Schemas:
    """The contracts' schemas, as they are read and as they are written."""

    def __init__(self, operations: Sequence[AnyOperation], open_operations: Sequence[AnyOpenOperation]) -> None:
        asked = {contract for operation in operations for contract in (operation.asks, operation.terms) if contract}
        given = {
            contract for operation in operations for contract in (operation.answers, operation.accepted) if contract
        }
        asked |= {operation.asks for operation in open_operations}
        given |= {operation.answers for operation in open_operations}
        wanted: list[tuple[type[Contract], JsonSchemaMode]] = [
            *((contract, "validation") for contract in _by_name(asked)),
            *((contract, "serialization") for contract in _by_name({*given, ErrorEnvelope, Problem})),
        ]
        self._references, whole = models_json_schema(wanted, ref_template=_REFERENCE, schema_generator=_ExactNumbers)
        self.definitions: Json = whole["$defs"]

    def reference(self, contract: type[Contract], mode: JsonSchemaMode) -> Json:
        return dict(self._references[contract, mode])

    def of(self, contract: type[Contract], mode: JsonSchemaMode) -> Json:
        """The schema itself."""
        found: Json = self.definitions[self._references[contract, mode]["$ref"].rpartition("/")[2]]
        return found


def _by_name(contracts: Iterable[type[Contract]]) -> list[type[Contract]]:
    return sorted(contracts, key=lambda contract: contract.__name__)


def example(name: str) -> Any:
    """The specification's JSON of that name."""
    return json.loads((resources.files("chimera.api") / "examples" / f"{name}.json").read_text())
