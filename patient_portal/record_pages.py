"""The resident's own record: who they are, and what happened, visit by visit."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from consent.notices import notices
from fhir_profiles import resources
from fhir_profiles.identifier_systems import CITIZEN_ID
from patient_portal import timeline
from patient_portal.ports import Ports, Visitor, ports
from patient_portal.rendering import render

router = APIRouter(prefix="/portal", include_in_schema=False)

PAGE = 400


@dataclass(frozen=True, slots=True)
class Person:
    """The head of the front page; of the identity number only the last four digits are shown."""

    name: str
    gender: str
    birth_date: str
    number: str
    sources: int


@router.get("")
def home(request: Request, page: str | None = None) -> Response:
    """The record, newest first."""
    given = ports(request)
    visitor = given.visitor(request)
    actor = visitor.actor(request.state.request_id)
    patient = resources.loads(given.door.read(actor, "Patient", visitor.patient).body)
    found = given.door.everything(actor, visitor.patient, types=VISIBLE, count=PAGE, page=page)
    return render(
        request,
        "home.html",
        session=visitor,
        person=person(patient),
        visits=timeline.visits([stored.body for stored in found.matches + found.included], given.sources()),
        next=found.next,
        unread=unread(given, visitor),
    )


VISIBLE = timeline.LISTED


def person(patient: dict[str, Any]) -> Person:
    """What the page says of a Patient."""
    name = (patient.get("name") or [{}])[0]
    number = next((i["value"] for i in patient.get("identifier", []) if i.get("system") == CITIZEN_ID), "")
    return Person(
        name=name.get("text") or f"{name.get('family', '')}{''.join(name.get('given', []))}",
        gender=patient.get("gender", "unknown"),
        birth_date=patient.get("birthDate", ""),
        number=f"···· {number[-4:]}" if number else "",
        sources=len(patient.get("link", [])),
    )


def unread(given: Ports, visitor: Visitor) -> int:
    """How many notices the resident has not seen."""
    with given.transaction() as cursor:
        return sum(notice.seen is None for notice in notices(cursor, visitor.resident_id))
