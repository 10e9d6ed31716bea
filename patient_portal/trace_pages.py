"""Who looked, and what the exchange told: the resident's side of the trace."""

from fastapi import APIRouter, Request, Response

from consent.looks import looks, machine_looks
from consent.notices import mark_seen, notices
from fhir_profiles import instant
from patient_portal.ports import ports
from patient_portal.record_pages import unread
from patient_portal.rendering import render

router = APIRouter(prefix="/portal", include_in_schema=False)


@router.get("/looks")
def who_looked(request: Request) -> Response:
    """People first; machines folded by day."""
    given = ports(request)
    visitor = given.visitor(request)
    with given.transaction() as cursor:
        people = looks(cursor, visitor.resident_id)
        machines = machine_looks(cursor, visitor.resident_id)
    return render(
        request,
        "looks.html",
        session=visitor,
        people=people,
        machines=machines,
        names=dict(given.organisations()),
        unread=unread(given, visitor),
    )


@router.get("/notices")
def told(request: Request) -> Response:
    """Everything the exchange told the resident; reading it marks it as seen."""
    given = ports(request)
    visitor = given.visitor(request)
    with given.transaction() as cursor:
        found = notices(cursor, visitor.resident_id)
        mark_seen(cursor, visitor.resident_id, instant.now())
    return render(
        request, "notices.html", session=visitor, notices=found, names=dict(given.organisations()), unread=0
    )
