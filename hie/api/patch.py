"""patch with JSON Patch (RFC 6902): https://hl7.org/fhir/R4/http.html#patch.

The patched resource is checked like any other. FHIRPath Patch and XML Patch are not supported (415).
"""

import copy
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from fhir_profiles import resources
from fhir_profiles.outcome import Invalid, NotFound, TooCostly, Unprocessable
from fhir_profiles.resources import Resource
from hie.api import changes, conditions
from hie.api.addresses import Pairs, changes_of, exchange_of, known_type, pairs_of
from hie.api.bodies import Body, content_type
from hie.api.changes import Change
from hie.api.preferences import require_json, wants_representation
from hie.api.write import written_response
from hie.auth.actor import CurrentActor
from record_store.query import ACCEPTED
from record_store.stored import Stored

router = APIRouter()
JSON_PATCH = "application/json-patch+json"
MOST_OPERATIONS = 1000
LARGEST_COPIES = 1024 * 1024
"""Bytes that the copies of one patch may add: copies of copies grow without measure."""


@router.patch("/{type_}/{id_}")
def patch(type_: str, id_: str, request: Request, actor: CurrentActor, body: Body) -> Response:
    """Change parts of the current version."""
    known_type(type_)
    require_json(request)
    operations = operations_of(request, body)
    return _patched(request, actor, exchange_of(request).door.read(actor, type_, id_), operations)


@router.patch("/{type_}")
def conditional_patch(type_: str, request: Request, actor: CurrentActor, body: Body) -> Response:
    """Change the one resource that a search finds."""
    known_type(type_)
    require_json(request)
    operations = operations_of(request, body)
    pairs: Pairs = [(name, value) for name, value in pairs_of(request) if name not in ACCEPTED]
    match = conditions.sole_match(exchange_of(request), actor, type_, pairs)
    if match is None:
        raise NotFound("The condition matches nothing")
    return _patched(request, actor, match, operations)


def operations_of(request: Request, body: bytes) -> list[dict[str, Any]]:
    """The operations of a JSON Patch body."""
    if content_type(request) != JSON_PATCH:
        raise HTTPException(415, headers={"Accept-Patch": JSON_PATCH})
    return parsed(body)


def parsed(body: bytes) -> list[dict[str, Any]]:
    """A JSON Patch document, taken apart. Invalid where it is none."""
    try:
        operations = resources.loads(body)
    except ValueError as error:
        raise Invalid("The body is not JSON", reason="not-json") from error
    if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
        raise Invalid("A JSON Patch is a list of operations", reason="no-patch")
    if len(operations) > MOST_OPERATIONS:
        raise Invalid(f"More than {MOST_OPERATIONS} operations", reason="many-operations")
    return operations


def applied(resource: Resource, operations: list[dict[str, Any]]) -> Resource:
    """The resource after all operations, or Unprocessable with the one that does not apply."""
    result: Any = copy.deepcopy(resource)
    copied = 0
    for number, operation in enumerate(operations):
        try:
            if operation["op"] == "copy":
                written = resources.dumps(_find(result, _pointer(operation["from"])))
                copied += len(written)
                if copied > LARGEST_COPIES:
                    raise TooCostly(
                        "The patch copies too much", expression=f"[{number}]", reason="many-copies"
                    )
                operation = {"op": "add", "path": operation["path"], "value": resources.loads(written)}  # noqa: PLW2901
            result = _apply(result, operation)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise Unprocessable(
                "This operation of the patch does not apply", expression=f"[{number}]", reason="patch-failed"
            ) from error
    if not isinstance(result, dict):
        raise Unprocessable("The patch leaves no resource", reason="patch-failed")
    return result


def _patched(
    request: Request, actor: CurrentActor, current: Stored, operations: list[dict[str, Any]]
) -> Response:
    preference = wants_representation(request)
    expected = conditions.expected_version(request)
    resource = applied(resources.loads(current.body), operations)
    if resource.get("resourceType") != current.type or resource.get("id") != current.id:
        raise Unprocessable("A patch changes neither type nor id", reason="patch-identity")
    version = current.version if expected is None else expected
    change = Change(actor, "update", current.type, current.id, changes.checked(resource), version)
    written = changes_of(request).carry_out([change])[0]
    return written_response(request, written, preference, resource)


def _apply(document: Any, operation: dict[str, Any]) -> Any:
    kind, path = operation["op"], _pointer(operation["path"])
    match kind:
        case "add":
            return _add(document, path, operation["value"])
        case "remove":
            return _remove(document, path)
        case "replace":
            _find(document, path)
            return _add(_remove(document, path), path, operation["value"]) if path else operation["value"]
        case "move":
            source = _pointer(operation["from"])
            if path[: len(source)] == source and path != source:
                raise ValueError("into itself")
            value = _find(document, source)
            return _add(_remove(document, source), path, value)
        case "test":
            if _find(document, path) != operation["value"]:
                raise ValueError("test")
            return document
        case _:
            raise ValueError("op")


def _pointer(text: Any) -> list[str]:
    """RFC 6901."""
    if text == "":
        return []
    if not isinstance(text, str) or not text.startswith("/"):
        raise ValueError("pointer")
    return [part.replace("~1", "/").replace("~0", "~") for part in text[1:].split("/")]


def _find(document: Any, path: list[str]) -> Any:
    for part in path:
        document = document[_index(part, len(document) - 1)] if isinstance(document, list) else document[part]
    return document


def _add(document: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    parent = _find(document, path[:-1])
    if isinstance(parent, list):
        parent.insert(len(parent) if path[-1] == "-" else _index(path[-1], len(parent)), value)
    elif isinstance(parent, dict):
        parent[path[-1]] = value
    else:
        raise TypeError("no container")
    return document


def _remove(document: Any, path: list[str]) -> Any:
    if not path:
        return None
    parent = _find(document, path[:-1])
    if isinstance(parent, list):
        del parent[_index(path[-1], len(parent) - 1)]
    else:
        del parent[path[-1]]
    return document


def _index(text: str, last: int) -> int:
    if not text.isascii() or not text.isdigit() or (text[0] == "0" and len(text) > 1) or int(text) > last:
        raise IndexError(text)
    return int(text)
