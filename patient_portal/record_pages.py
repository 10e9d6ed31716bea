"""The resident's own record: who they are, and what happened, visit by visit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from consent.actor import Actor
from consent.disclosure import Door
from consent.notices import notices
from fhir_profiles import resources
from fhir_profiles.identifier_systems import CITIZEN_ID
from patient_portal import timeline
from patient_portal.ports import Ports, Visitor, ports
from patient_portal.rendering import render

router = APIRouter(prefix="/portal", include_in_schema=False)

PAGE = 1000
MOST = 5000
"""Resources that one page reads at most; whoever has more is told so."""
VISITS = 30


@dataclass(frozen=True, slots=True)
class Person:
    """The head of the front page; of the identity number only the last four digits are shown."""

    name: str
    gender: str
    birth_date: str
    number: str
    sources: int


@router.get("")
def home(request: Request, start: int = 0) -> Response:
    """The record, newest first; `start` is the first visit of the page."""
    given = ports(request)
    visitor = given.visitor(request)
    actor = visitor.actor(request.state.request_id)
    patient = resources.loads(given.door.read(actor, "Patient", visitor.patient).body)
    visits, cut = visits_of(given.door, actor, visitor.patient, given.sources())
    return render(
        request,
        "home.html",
        session=visitor,
        person=person(patient),
        unread=unread(given, visitor),
        **shown(visits, start, cut),
    )


def visits_of(
    door: Door, actor: Actor, patient: str, sources: Mapping[str, str]
) -> tuple[list[timeline.Visit], bool]:
    """All visits of a resident, newest first, and whether there was more than a page reads."""
    bodies: list[bytes] = []
    page: str | None = None
    while True:
        found = door.everything(actor, patient, types=timeline.LISTED, count=PAGE, page=page)
        bodies += [stored.body for stored in found.matches]
        page = found.next
        if page is None or len(bodies) >= MOST:
            return timeline.visits(bodies, sources), page is not None


def shown(visits: list[timeline.Visit], start: int, cut: bool) -> dict[str, Any]:
    """The visits of one page, where the next begins (None: the last page), and whether the record was cut."""
    start = max(start, 0)
    following = start + VISITS
    return {
        "visits": visits[start:following],
        "next": following if following < len(visits) else None,
        "cut": cut,
    }


def person(patient: dict[str, Any]) -> Person:
    """What the page says of a Patient."""
    name = (patient.get("name") or [{}])[0]
    identifiers = patient.get("identifier", [])
    number = next((i.get("value", "") for i in identifiers if i.get("system") == CITIZEN_ID), "")
    given = "".join(part or "" for part in name.get("given", []))
    return Person(
        name=name.get("text") or f"{name.get('family', '')}{given}",
        gender=patient.get("gender", "unknown"),
        birth_date=patient.get("birthDate", ""),
        number=f"···· {number[-4:]}" if number else "",
        sources=len(patient.get("link", [])),
    )


def unread(given: Ports, visitor: Visitor) -> int:
    """How many notices the resident has not seen."""
    with given.transaction() as cursor:
        return sum(notice.seen is None for notice in notices(cursor, visitor.resident_id))
