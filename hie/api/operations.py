"""Operations on one type or resource: $validate, $meta, Patient/$match.

https://hl7.org/fhir/R4/resource-operation-validate.html, resource-operation-meta.html, patient-operation-match.html.
`$match` is a search by what identifies: the citizen number and the card, then name with birth date.
"""

from typing import Any

from fastapi import APIRouter, Request, Response

from fhir_profiles import resources, validation
from fhir_profiles.outcome import Invalid, Issue
from fhir_profiles.resources import Resource
from hie.api import bundles, changes
from hie.api.addresses import exchange_of, fhir_base, known_type
from hie.api.answers import json_response
from hie.api.bodies import Body, resource_of
from hie.api.outcome_responses import outcome_response
from hie.api.preferences import require_json
from hie.auth.actor import CurrentActor
from record_store.stored import Stored

router = APIRouter()
GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"
MOST_MATCHES = 20


@router.post("/Patient/$match")
def match(request: Request, actor: CurrentActor, body: Body) -> Response:
    """The Patients that are surely, or probably, the one described."""
    require_json(request)
    parameters = _parameters(resource_of(request, body, "Parameters"))
    described = parameters.get("resource")
    if not isinstance(described, dict) or described.get("resourceType") != "Patient":
        raise Invalid("$match wants a Patient in the parameter 'resource'", expression="Parameters.parameter")
    changes.checked(described)
    wanted = parameters.get("count")
    count = min(wanted, MOST_MATCHES) if isinstance(wanted, int) and wanted > 0 else MOST_MATCHES
    entries: dict[str, bytes] = {}
    for pairs, grade, score in _searches(described):
        if parameters.get("onlyCertainMatches") and grade != "certain":
            continue
        for found in (
            exchange_of(request)
            .door.search(actor, "Patient", [*pairs, ("_count", str(MOST_MATCHES))])
            .matches
        ):
            entries.setdefault(found.id, _graded(fhir_base(request), found, grade, score))
    parts = list(entries.values())[:count]
    return json_response(bundles.bundle("searchset", parts, total=len(parts)))


@router.post("/{type_}/$validate")
@router.post("/{type_}/{id_}/$validate")
def validate(type_: str, request: Request, actor: CurrentActor, body: Body, id_: str = "") -> Response:
    """What is wrong with a resource; nothing is stored."""
    known_type(type_)
    require_json(request)
    resource = resource_of(request, body)
    if resource["resourceType"] == "Parameters" and type_ != "Parameters":
        given = _parameters(resource).get("resource")
        resource = given if isinstance(given, dict) else {}
    if resource.get("resourceType") != type_:
        issues = [Issue("invalid", f"This is no {type_}", "resourceType", reason="type-mismatch")]
    else:
        issues = validation.issues(resource)
    return outcome_response(200, issues)


@router.get("/{type_}/{id_}/$meta")
def meta(type_: str, id_: str, request: Request, actor: CurrentActor) -> Response:
    """Profiles, tags and security labels of a resource."""
    known_type(type_)
    require_json(request)
    found = exchange_of(request).door.read(actor, type_, id_)
    answer = {
        "resourceType": "Parameters",
        "parameter": [{"name": "return", "valueMeta": resources.loads(found.body)["meta"]}],
    }
    return json_response(resources.dumps(answer))


def _parameters(resource: Resource) -> dict[str, Any]:
    """The parameters of a Parameters resource: name to its value or resource."""
    found: dict[str, Any] = {}
    parts = resource.get("parameter")
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, dict):
            value = part.get("resource")
            if value is None:
                value = next((content for name, content in part.items() if name.startswith("value")), None)
            found[str(part.get("name"))] = value
    return found


def _searches(patient: Resource) -> list[tuple[list[tuple[str, str]], str, float]]:
    """The searches that a description allows, surest first, with their grade and score."""
    found: list[tuple[list[tuple[str, str]], str, float]] = []
    for identifier in patient.get("identifier", []):
        if isinstance(identifier, dict) and identifier.get("system") and identifier.get("value"):
            token = f"{_escaped(str(identifier['system']))}|{_escaped(str(identifier['value']))}"
            found.append(([("identifier", token)], "certain", 1.0))
    birth = patient.get("birthDate")
    for name in patient.get("name", []):
        family = name.get("text") or name.get("family") if isinstance(name, dict) else None
        if family and birth:
            pairs = [("name", _escaped(str(family))), ("birthdate", str(birth))]
            if patient.get("gender"):
                pairs.append(("gender", str(patient["gender"])))
            found.append((pairs, "probable", 0.8))
    if not found:
        raise Invalid(
            "$match needs an identifier with its system, or name and birth date", reason="too-little"
        )
    return found


def _escaped(text: str) -> str:
    for character in "\\,|$":
        text = text.replace(character, "\\" + character)
    return text


def _graded(base: str, found: Stored, grade: str, score: float) -> bytes:
    search = {"extension": [{"url": GRADE, "valueCode": grade}], "mode": "match", "score": score}
    head = resources.dumps({"fullUrl": f"{base}/{found.reference}", "search": search})
    return head[:-1] + b',"resource":' + found.body + b"}"
