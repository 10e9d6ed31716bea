"""The authority's desk: notifiable cases as the statute lets it see them, newest first."""

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response

from fhir_profiles import resources
from fhir_profiles.notifiable_diseases import notifiable
from fhir_profiles.outcome import NotAuthenticated
from hie.auth import sessions
from patient_portal.rendering import render
from patient_portal.timeline import words

router = APIRouter(prefix="/public-health", include_in_schema=False)

FOLDERS = (Path(__file__).parent / "templates",)


@router.get("")
def cases(request: Request, page: str | None = None) -> Response:
    """Diagnoses of notifiable diseases, with class and deadline."""
    session = sessions.current_session(request)
    if session.claims.role != "authority":
        raise NotAuthenticated("Sign in as an officer of public health", reason="no-session")
    actor = session.actor(request.state.request_id)
    pairs = [("_sort", "-onset-date"), ("_count", "100")]
    found = request.app.state.exchange.door.search(actor, "Condition", pairs, page=page)
    rows = [_case(resources.loads(stored.body)) for stored in found.matches]
    return render(
        request, "cases.html", folders=FOLDERS, session=session, who=actor, rows=rows, next=found.next
    )


def _case(condition: dict[str, Any]) -> dict[str, Any]:
    concept = condition.get("code", {})
    codes = [coding.get("code", "") for coding in concept.get("coding", [])]
    disease = next(filter(None, map(notifiable, codes)), None)
    return {
        "name": words(concept),
        "code": next(iter(codes), ""),
        "disease": disease,
        "date": condition.get("onsetDateTime") or condition.get("recordedDate") or "",
        "status": words(condition.get("verificationStatus")),
    }
