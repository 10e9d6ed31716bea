"""read and vread: https://hl7.org/fhir/R4/http.html#read, #vread.

200, 304 (If-None-Match), 404 absent or not visible, 410 deleted. `_summary` and `_elements` are applied.
"""

import base64

from fastapi import APIRouter, Request, Response

from fhir_profiles import resources
from fhir_profiles.outcome import Gone, NotFound
from hie.api import answers, subsets
from hie.api.addresses import exchange_of, known_type, pairs_of
from hie.api.preferences import accepts_json, require_json
from hie.auth.actor import CurrentActor
from record_store import query
from record_store.stored import Stored

router = APIRouter()
first = APIRouter()
"""Reads by a well-formed id, to be tried before any other route: they are the most frequent requests."""


@first.get("/{type_:fhirtype}/{id_:fhirid}", include_in_schema=False)
@router.api_route("/{type_}/{id_}", methods=["GET", "HEAD"])
def read(type_: str, id_: str, request: Request, actor: CurrentActor) -> Response:
    """The current version of one resource."""
    known_type(type_)
    if type_ == "Binary" and "_format" not in request.query_params and not accepts_json(request):
        return _raw(present(exchange_of(request).door.read(actor, type_, id_)))
    require_json(request)
    return _shown(request, present(exchange_of(request).door.read(actor, type_, id_)))


@router.api_route("/{type_}/{id_}/_history/{version}", methods=["GET", "HEAD"])
def vread(type_: str, id_: str, version: str, request: Request, actor: CurrentActor) -> Response:
    """One version of a resource."""
    known_type(type_)
    require_json(request)
    if not (version.isascii() and version.isdigit()) or len(version) > 9:
        raise NotFound("There is no such version")
    return _shown(request, present(exchange_of(request).door.vread(actor, type_, id_, int(version))))


def present(found: Stored | None) -> Stored:
    """What the door gave, or the refusal: NotFound for nothing, Gone for a tombstone."""
    if found is None:
        raise NotFound("There is no such resource, or none that you may know of")
    if found.deleted:
        raise Gone("The resource was deleted; its history may still be read")
    return found


def _shown(request: Request, stored: Stored) -> Response:
    wanted = [(name, value) for name, value in pairs_of(request) if name in ("_summary", "_elements")]
    if not wanted:
        return answers.stored_response(request, stored)
    asked = query.parse(stored.type, wanted)
    cut = subsets.subset(stored, asked.summary, asked.elements)
    return answers.stored_response(request, stored, cut.body)


def _raw(stored: Stored) -> Response:
    """The content of a Binary as its sender meant it; a browser must neither guess nor run it."""
    resource = resources.loads(stored.body)
    headers = answers.version_headers(stored) | {
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox",
    }
    return Response(
        base64.b64decode(resource.get("data", "")), headers=headers, media_type=str(resource["contentType"])
    )
