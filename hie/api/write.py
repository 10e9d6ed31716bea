"""create, update and delete, by id and by condition: https://hl7.org/fhir/R4/http.html#create, #update, #delete.

201 created, 200 updated (or the same content again: no new version), 204 deleted, 400 not valid, 409 and 412
another version or several matches. A PUT creates what is not there, under the id that the client chose.
"""

from email.utils import format_datetime
from typing import Any

from fastapi import APIRouter, Request, Response

from consent.actor import Actor
from fhir_profiles import instant, resources
from fhir_profiles.outcome import Invalid, Issue, PreconditionFailed
from fhir_profiles.resources import Resource
from hie.api import changes, conditions
from hie.api.addresses import changes_of, exchange_of, fhir_base, known_type, pairs_of
from hie.api.bodies import Body, resource_of
from hie.api.changes import Change
from hie.api.outcome_responses import CONTENT_TYPE, outcome_response
from hie.api.preferences import require_json, wants_representation
from hie.auth.actor import CurrentActor
from record_store.draft import Written
from record_store.query import ACCEPTED
from record_store.stored import Stored

router = APIRouter()


@router.post("/{type_}")
def create(type_: str, request: Request, actor: CurrentActor, body: Body) -> Response:
    """Create under a new id; with If-None-Exist only when nothing matches."""
    known_type(type_)
    require_json(request)
    preference = wants_representation(request)
    resource = resource_of(request, body, type_)
    pairs = conditions.if_none_exist(request.headers.get("if-none-exist"))
    fhir_id = changes.new_id(resource)
    # The sender's own id is not kept, but a wrong one is told.
    resource = {**changes.checked(resource), "id": fhir_id}
    change = Change(actor, "create", type_, fhir_id, resource, create_only=True)
    if pairs is None:
        written = changes_of(request).carry_out([change])[0]
        return written_response(request, written, preference, resource)
    matches: list[Stored] = []

    def decide() -> list[Change]:
        match = conditions.sole_match(exchange_of(request), actor, type_, pairs)
        matches[:] = [match] if match else []
        return [] if match else [change]

    done = changes_of(request).carry_out_if([(type_, pairs)], decide)
    if matches:
        return _existing(request, matches[0], preference)
    return written_response(request, done[0], preference, resource)


@router.put("/{type_}/{id_}")
def update(type_: str, id_: str, request: Request, actor: CurrentActor, body: Body) -> Response:
    """Store the next version, or create under this id."""
    known_type(type_)
    require_json(request)
    changes.refuse_bad_id(id_)
    preference = wants_representation(request)
    resource = resource_of(request, body, type_)
    if resource.get("id") != id_:
        raise Invalid(
            "The id in the body must be that of the address", expression=f"{type_}.id", reason="id-mismatch"
        )
    change = Change(
        actor, "update", type_, id_, changes.checked(resource), conditions.expected_version(request)
    )
    written = changes_of(request).carry_out([change])[0]
    return written_response(request, written, preference, resource)


@router.delete("/{type_}/{id_}")
def remove(type_: str, id_: str, request: Request, actor: CurrentActor) -> Response:
    """Delete; the history stays."""
    known_type(type_)
    changes.refuse_bad_id(id_)
    exchange_of(request).door.read(actor, type_, id_)
    change = Change(actor, "delete", type_, id_, expected=conditions.expected_version(request))
    written = changes_of(request).carry_out([change])[0]
    return Response(status_code=204, headers={"ETag": f'W/"{written.version}"'})


@router.put("/{type_}")
def conditional_update(type_: str, request: Request, actor: CurrentActor, body: Body) -> Response:
    """Update what a search finds, or create when it finds nothing."""
    known_type(type_)
    require_json(request)
    preference = wants_representation(request)
    resource = resource_of(request, body, type_)
    pairs = _condition(request)
    expected = conditions.expected_version(request)
    wished: list[Change] = []

    def decide() -> list[Change]:
        match = conditions.sole_match(exchange_of(request), actor, type_, pairs)
        wished[:] = [change_for(actor, type_, resource, match, expected)]
        return wished

    done = changes_of(request).carry_out_if([(type_, pairs)], decide)
    return written_response(request, done[0], preference, wished[0].resource or {})


@router.delete("/{type_}")
def conditional_delete(type_: str, request: Request, actor: CurrentActor) -> Response:
    """Delete the one resource that a search finds."""
    known_type(type_)
    pairs = _condition(request)
    match = conditions.sole_match(exchange_of(request), actor, type_, pairs)
    if match is None:
        return Response(status_code=204)
    change = Change(actor, "delete", type_, match.id, expected=match.version)
    written = changes_of(request).carry_out([change])[0]
    return Response(status_code=204, headers={"ETag": f'W/"{written.version}"'})


def change_for(
    actor: Actor, type_: str, resource: Resource, match: Stored | None, expected: int | None = None
) -> Change:
    """A conditional update once its search has been asked. Invalid or PreconditionFailed where the ids disagree."""
    chosen = resource.get("id")
    if match is None:
        if chosen is not None:
            changes.refuse_bad_id(chosen)
        fhir_id = chosen or changes.new_id(resource)
        return Change(
            actor,
            "create",
            type_,
            fhir_id,
            changes.checked({**resource, "id": fhir_id}),
            create_only=chosen is None,
        )
    if chosen is not None and chosen != match.id:
        raise Invalid(
            "The id in the body is not that of the match", expression=f"{type_}.id", reason="id-mismatch"
        )
    if expected is not None and expected != match.version:
        raise PreconditionFailed("The match has another version than If-Match names", reason="version")
    return Change(
        actor, "update", type_, match.id, changes.checked({**resource, "id": match.id}), match.version
    )


def written_response(request: Request, written: Written, preference: str, resource: Resource) -> Response:
    """201 or 200 with the headers of the new version, and the body that was preferred."""
    address = f"{fhir_base(request)}/{written.type}/{written.fhir_id}/_history/{written.version}"
    headers = {
        "ETag": f'W/"{written.version}"',
        "Last-Modified": format_datetime(written.updated, usegmt=True),
        "Location": address,
    }
    status = 201 if written.created else 200
    if preference == "minimal":
        return Response(status_code=status, headers=headers)
    if preference == "OperationOutcome":
        done = Issue("informational", "Created" if written.created else "Stored", severity="information")
        return outcome_response(status, [done], headers)
    return Response(resources.dumps(with_version(resource, written)), status, headers, CONTENT_TYPE)


def with_version(resource: Resource, written: Written) -> Resource:
    """What a later read will give."""
    meta: dict[str, Any] = {"versionId": str(written.version), "lastUpdated": instant.text(written.updated)}
    meta |= {name: value for name, value in resource.get("meta", {}).items() if name not in meta}
    rest = {name: value for name, value in resource.items() if name not in ("resourceType", "id", "meta")}
    return {"resourceType": written.type, "id": written.fhir_id, "meta": meta, **rest}


def _condition(request: Request) -> list[tuple[str, str]]:
    pairs = [(name, value) for name, value in pairs_of(request) if name not in ACCEPTED]
    if not pairs:
        raise PreconditionFailed("A conditional write needs search parameters", reason="no-condition")
    return pairs


def _existing(request: Request, match: Stored, preference: str) -> Response:
    address = f"{fhir_base(request)}/{match.reference}/_history/{match.version}"
    headers = {"ETag": f'W/"{match.version}"', "Location": address}
    body = match.body if preference == "representation" else b""
    return Response(body, 200, headers, CONTENT_TYPE)
