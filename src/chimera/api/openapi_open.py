"""The OpenAPI document's part on what is not an operation: what asks for no token, and the media."""

from collections.abc import Callable, Sequence
from typing import Any

from chimera.api.bodies import BodyTooLarge, BodyTooSlow, NoJson
from chimera.api.errors import HeadersTooLarge, RangeNotSatisfiable
from chimera.api.sealed_media import MEDIA_PATH, MEDIA_TYPES
from chimera.core.errors import (
    ChimeraError,
    EngineUnavailable,
    Forbidden,
    InternalError,
    NotFound,
    SealBroken,
    Unauthenticated,
    ValidationFailed,
)
from chimera.runtime.operations.tokens import JWKS_PATH, AnyOpenOperation

Json = dict[str, Any]
Failures = Callable[[Sequence[type[ChimeraError]]], Json]
"""The answers' part of an operation that may fail so."""
_ALWAYS: tuple[type[ChimeraError], ...] = (
    Forbidden, ValidationFailed, HeadersTooLarge, InternalError, EngineUnavailable
)  # fmt: skip
_WITH_BODY: tuple[type[ChimeraError], ...] = (BodyTooLarge, BodyTooSlow, NoJson)
_MEDIA: tuple[type[ChimeraError], ...] = (Unauthenticated, NotFound, RangeNotSatisfiable, SealBroken)


def open_path(operation: AnyOpenOperation, asks: Json, answers: Json, failures: Failures) -> Json:
    """An operation without a token; `asks` and `answers` are its documents' schemas."""
    return {
        "post": {
            "operationId": operation.name,
            "summary": operation.summary,
            "tags": ["tokens"],
            "security": [],
            "parameters": [],
            "requestBody": {"required": True, "content": {"application/json": {"schema": asks}}},
            "responses": {
                "200": {"description": "The answer.", "content": {"application/json": {"schema": answers}}},
                **failures((*_ALWAYS, *_WITH_BODY, *operation.failures)),
            },
        }
    }


def other_paths(failures: Failures) -> dict[str, Json]:
    """The public keys, and the media of a piece."""
    return {
        JWKS_PATH: {"get": _keys(failures)},
        MEDIA_PATH: {"get": _media(failures)},
    }


def _keys(failures: Failures) -> Json:
    return {
        "operationId": "tokens.keys",
        "summary": "The public keys under which access tokens are checked (RFC 7517).",
        "tags": ["tokens"],
        "security": [],
        "parameters": [],
        "responses": {
            "200": {
                "description": "The keys.",
                "content": {"application/json": {"schema": {
                    "type": "object", "required": ["keys"], "properties": {"keys": {"type": "array"}}
                }}},
            },
            **failures(_ALWAYS),
        },
    }  # fmt: skip


def _media(failures: Failures) -> Json:
    binary: Json = {media_type.partition(";")[0]: {} for media_type in MEDIA_TYPES.values()}
    return {
        "operationId": "media.read",
        "summary": "A piece's video, thumbnail or captions, whole or in one range (RFC 9110).",
        "description": "Needs the right `read:video_metadata`; for captions `read:content_pipeline`.",
        "tags": ["media"],
        "parameters": [
            {"name": "asset_id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}},
            {"name": "name", "in": "path", "required": True, "schema": {"enum": [*MEDIA_TYPES]}},
            {"name": "Range", "in": "header", "required": False, "schema": {"type": "string"}},
            {"name": "If-None-Match", "in": "header", "required": False, "schema": {"type": "string"}},
            {"name": "If-Range", "in": "header", "required": False, "schema": {"type": "string"}},
        ],
        "responses": {
            "200": {"description": "The whole file.", "content": binary},
            "206": {"description": "The range asked for.", "content": binary},
            "304": {"description": "Nothing has changed."},
            **failures((*_ALWAYS, *_MEDIA)),
        },
    }
