"""The documentation page, rendered on the server from the OpenAPI document: no script, no outside host."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chimera.api.pages import templates

Json = dict[str, Any]
_DEEP_ENOUGH = 6
_SAMPLE_OF_FORMAT = {
    "uuid": "018f2c4e-7b1a-7c3d-9e5f-0123456789ab",
    "date-time": "2026-02-06T12:00:00Z",
}


@dataclass(frozen=True, slots=True)
class Described:
    """One operation as the page shows it."""

    method: str
    path: str
    told: Json
    curl: str
    takes: str | None
    gives: str | None


def documentation_page(document: Json) -> str:
    """The page of this document."""
    described = list(_described(document))
    by_tag = {tag["name"]: [one for one in described if tag["name"] in one.told["tags"]] for tag in document["tags"]}
    schemas = {name: json.dumps(schema, indent=2) for name, schema in document["components"]["schemas"].items()}
    return templates.get_template("documentation.html").render(
        document=document, by_tag=by_tag, schemas=schemas, codes=_codes(document)
    )


def _described(document: Json) -> Iterator[Described]:
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            body = told.get("requestBody", {}).get("content", {}).get("application/json")
            good: Json = next((answer for status, answer in told["responses"].items() if status < "3"), {})
            yield Described(
                method=method.upper(),
                path=path,
                told=told,
                curl=_curl(method.upper(), path, told, None if body is None else sample_of(body, document)),
                takes=None if body is None else _name_of(body["schema"]),
                gives=_name_of(good.get("content", {}).get("application/json", {}).get("schema", {})),
            )


def _curl(method: str, path: str, told: Json, body: Any) -> str:
    """A command line that asks for the operation."""
    needed = [p["name"] for p in told["parameters"] if p["in"] == "query" and p["required"]]
    query = "&".join(f"{name}=..." for name in needed)
    lines = [f'curl -X {method} "$CHIMERA{path}{"?" + query if query else ""}"', '-H "Authorization: Bearer $TOKEN"']
    if body is not None:
        lines += ['-H "Content-Type: application/json"', f"-d '{json.dumps(body)}'"]
    return " \\\n  ".join(lines)


def sample_of(media: Json, document: Json) -> Any:
    """The media type's example, or one made from its schema."""
    return media["example"] if "example" in media else _sample(media["schema"], document, 0)


def _sample(schema: Json, document: Json, depth: int) -> Any:
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for key in ("example", "default", "const"):
        if schema.get(key) is not None:
            return schema[key]
    if "enum" in schema:
        return schema["enum"][0]
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return _sample(schema[several][0], document, depth)
    return _sample_of_type(schema, document, depth)


def _sample_of_type(schema: Json, document: Json, depth: int) -> Any:
    match schema.get("type"):
        case "object" if depth < _DEEP_ENOUGH:
            required = schema.get("required", ())
            properties = schema.get("properties", {}).items()
            return {name: _sample(inner, document, depth + 1) for name, inner in properties if name in required}
        case "array" if depth < _DEEP_ENOUGH and schema.get("minItems"):
            return [_sample(schema["items"], document, depth + 1)]
        case "array":
            return []
        case "integer" | "number":
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return True
        case "string":
            return _SAMPLE_OF_FORMAT.get(schema.get("format", ""), "text")
    return {}


def _name_of(schema: Json) -> str | None:
    reference: str = schema.get("$ref", "")
    return reference.rpartition("/")[2] or None


def _codes(document: Json) -> dict[str, list[str]]:
    """Every error code with the statuses under which it is answered."""
    found: dict[str, set[str]] = {}
    for methods in document["paths"].values():
        for told in methods.values():
            for status, answer in told["responses"].items():
                if status >= "4":
                    for code in answer["description"].replace("`", "").split(" or "):
                        found.setdefault(code, set()).add(status)
    return {code: sorted(found[code]) for code in sorted(found)}
