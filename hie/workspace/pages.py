"""The clinicians' workspace: who is here now, one resident's record across institutions, and the two ways to it:
the resident's card, and breaking the glass."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Body, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Engine

from consent import emergency
from consent.actor import Actor
from consent.decision import Decision
from consent.emergency import REASONS
from consent.grants import present_card
from fhir_profiles import instant, resources
from fhir_profiles.identifier_systems import CITIZEN_ID
from fhir_profiles.outcome import Failure, Forbidden, NotAuthenticated, NotFound
from hie.auth import sessions
from hie.auth.card_endpoints import proved
from hie.auth.sessions import Session, check_form
from patient_portal.record_pages import person, shown, visits_of
from patient_portal.rendering import render
from record_store import resident_desk
from record_store.database import cursor, unit_of_work

router = APIRouter(prefix="/workspace", include_in_schema=False)

FOLDERS = (Path(__file__).parent / "templates",)
OPEN = "arrived,triaged,in-progress,onleave"


@router.get("")
def present(request: Request) -> Response:
    """The people with an open visit at the clinician's institution."""
    session, actor = _clinician(request)
    pairs = [("status", OPEN), ("_include", "Encounter:subject"), ("_sort", "-date"), ("_count", "100")]
    found = request.app.state.exchange.door.search(actor, "Encounter", pairs)
    patients = {stored.reference: person(resources.loads(stored.body)) for stored in found.included}
    rows = []
    for stored in found.matches:
        encounter = resources.loads(stored.body)
        reference = encounter.get("subject", {}).get("reference", "")
        if reference in patients:
            rows.append((reference.removeprefix("Patient/"), patients[reference], encounter))
    return render(request, "present.html", folders=FOLDERS, session=session, who=actor, rows=rows)


@router.post("/find")
def find(request: Request, number: Annotated[str, Form()], csrf: Annotated[str, Form()]) -> Response:
    """From an identity number to the resident's page. Says nothing of the record."""
    session, _ = _clinician(request)
    check_form(session, csrf)
    exchange = request.app.state.exchange
    with unit_of_work(exchange.engine, "hie_reader") as connection:
        cur = cursor(connection)
        found = resident_desk.find(cur, CITIZEN_ID, number.strip(), secret=exchange.key("resident-index"))
        patient = resident_desk.overview(cur, found[0]).exchange_patient if found else None
    if not patient:
        raise NotFound("Nobody in the exchange has this number", reason="not-found")
    return RedirectResponse(f"/workspace/patients/{patient}", 303)


@router.get("/patients/{patient}")
def record(request: Request, patient: str, start: int = 0) -> Response:
    """One resident's record across institutions, or the ways to it."""
    session, actor = _clinician(request)
    exchange = request.app.state.exchange
    door = exchange.door
    resident = door.resident_of(actor, patient)
    whole = _exchange_patient(exchange.engine, resident)
    if whole != patient:
        return RedirectResponse(f"/workspace/patients/{whole}", 303)
    try:
        head = door.read(actor, "Patient", patient)
        visits, cut = visits_of(door, actor, patient, request.app.state.portal.sources())
    except Forbidden as refusal:
        reason = refusal.issues[0].reason
        return render(
            request,
            "closed.html",
            status=403,
            folders=FOLDERS,
            session=session,
            patient=patient,
            reason=reason,
            reasons=REASONS,
        )
    return render(
        request,
        "record.html",
        folders=FOLDERS,
        session=session,
        person=person(resources.loads(head.body)),
        patient=patient,
        glass=_glass_until(door.explain(actor, "everything", "Patient", resident)),
        reasons=REASONS,
        **shown(visits, start, cut),
    )


@router.post("/patients/{patient}/glass")
def break_glass(
    request: Request,
    patient: str,
    reason: Annotated[str, Form()],
    explanation: Annotated[str, Form()],
    csrf: Annotated[str, Form()],
) -> Response:
    """Thirty minutes, one resident, read only; the resident is told at once."""
    session, actor = _clinician(request)
    check_form(session, csrf)
    exchange = request.app.state.exchange
    resident = exchange.door.resident_of(actor, patient)
    with unit_of_work(exchange.engine) as connection:
        emergency.open_glass(cursor(connection), actor, resident, reason, explanation, instant.now())
    return RedirectResponse(f"/workspace/patients/{patient}", 303)


@router.post("/card")
def card(request: Request, fields: Annotated[dict[str, Any], Body()]) -> Response:
    """The resident's card, proved in the clinician's page: eight hours for the institution."""
    exchange = request.app.state.exchange
    try:
        session, actor = _clinician(request)
        check_form(session, str(fields.get("csrf", "")))
        holder = proved(request, fields)
        with unit_of_work(exchange.engine) as connection:
            cur = cursor(connection)
            resident, _ = present_card(cur, actor, holder.serial, instant.now())
            cur.execute("select patient::text from resident where id = %(id)s", {"id": resident})
            patient = cur.fetchone()[0]
    except Failure as failure:
        told = {"reason": failure.issues[0].reason, "text": failure.issues[0].text}
        return Response(resources.dumps(told), failure.status, media_type="application/json")
    return Response(
        resources.dumps({"next": f"/workspace/patients/{patient}"}), media_type="application/json"
    )


def _exchange_patient(engine: Engine, resident: int) -> str:
    with unit_of_work(engine) as connection:
        cur = cursor(connection)
        cur.execute("select patient::text from resident where id = %(id)s", {"id": resident})
        row = cur.fetchone()
    return row[0] if row and row[0] else ""


def _glass_until(decision: Decision) -> datetime | None:
    """Until when the record is open by a broken glass; None when it is open otherwise."""
    return decision.valid_until if "policy:break-glass" in decision.basis else None


def _clinician(request: Request) -> tuple[Session, Actor]:
    session = sessions.current_session(request)
    if session.claims.role not in ("clinician", "agent"):
        raise NotAuthenticated("Sign in as a clinician", reason="no-session")
    return session, session.actor(request.state.request_id)
