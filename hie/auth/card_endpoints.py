"""What a page asks while a card is in it: a challenge, one try with the PIN, and the sign-in itself. JSON both ways.

The private key stays in the page (patient_portal/static/card.js); here arrive an authenticator, a nonce and a
signature. One card opens every door of its holder: as the resident, and as who they are at work.
"""

import base64
import binascii
import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response

from consent.card_trust import Holder
from consent.citizen_card import WrongPin
from consent.sign_in import Answer
from fhir_profiles import instant, resources
from fhir_profiles.outcome import Failure, Forbidden, Invalid
from hie.auth import practitioners, sessions
from hie.auth.claims import Claims
from record_store.database import cursor, unit_of_work

router = APIRouter(prefix="/auth/card", tags=["card"])

BROWSER = "card-browser"
SCRIPTED = ("/auth/card/", "/portal", "/workspace")
HOMES = {
    "resident": "/portal",
    "clinician": "/workspace",
    "authority": "/public-health",
    "agent": "/workspace",
}

Fields = Annotated[dict[str, Any], Body()]


@router.post("/challenge")
def challenge(request: Request) -> Response:
    """A nonce for this browser, good once."""
    browser = request.cookies.get(BROWSER) or secrets.token_urlsafe(32)
    answer = _told({"nonce": request.app.state.exchange.sign_in.challenge(browser)})
    answer.set_cookie(BROWSER, browser, httponly=True, samesite="strict", path="/")
    return answer


@router.post("/attempt")
def attempt(request: Request, fields: Fields) -> Response:
    """One try with the PIN: the share of the card, or how many tries are left."""
    try:
        authenticator = base64.b64decode(_text(fields, "authenticator"), validate=True)
        share = request.app.state.exchange.shares.attempt(_text(fields, "serial"), authenticator)
    except binascii.Error:
        return _refused(Invalid("This is no card's answer", reason="card-format"))
    except Failure as failure:
        return _refused(failure)
    return _told({"share": base64.b64encode(share).decode()})


@router.post("/sign-in")
def sign_in(request: Request, fields: Fields) -> Response:
    """Open a session for the holder of a card, as a resident or at work (`as`); `next` says where to go."""
    try:
        holder = proved(request, fields)
        who = _claims(request, holder, fields.get("as") or "resident")
    except Failure as failure:
        return _refused(failure)
    with unit_of_work(request.app.state.exchange.engine) as connection:
        token = sessions.open_session(cursor(connection), who, holder.serial, instant.now())
    wanted = str(fields.get("next") or "")
    own_page = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    answer = _told({"next": wanted if own_page else HOMES.get(who.role, "/")})
    sessions.set_cookie(request, answer, token)
    return answer


def proved(request: Request, fields: dict[str, Any]) -> Holder:
    """The holder of the card that signed this browser's challenge. Raises Forbidden, Invalid."""
    answer = Answer(_text(fields, "certificate"), _text(fields, "nonce"), _text(fields, "signature"))
    holder: Holder = request.app.state.exchange.sign_in.verify(answer, request.cookies.get(BROWSER, ""))
    return holder


def _claims(request: Request, holder: Holder, role: str) -> Claims:
    with unit_of_work(request.app.state.exchange.engine) as connection:
        cur = cursor(connection)
        if role == "resident":
            cur.execute("select patient::text from resident where id = %(id)s", {"id": holder.resident})
            row = cur.fetchone()
            return Claims(
                subject=f"resident:{holder.resident}",
                role="resident",
                display="本人",
                resident_id=holder.resident,
                purpose="PATRQT",
                patient=row[0] if row else "",
            )
        at_work = practitioners.of_resident(cur, holder.resident, role)
    if at_work is None:
        raise Forbidden("This card's holder is not registered for this work", reason="not-registered")
    return at_work


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value or len(value) > 8192:
        raise Invalid("This is no card's answer", reason="card-format")
    return value


def _told(content: dict[str, Any], status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(resources.dumps(content), status, headers=headers, media_type="application/json")


def failure_answer(request: Request, failure: Failure) -> Response | None:
    """A refusal for a script of ours in a page, which asks in JSON."""
    asked = request.headers.get("content-type", "").startswith("application/json")
    if request.url.path.startswith(SCRIPTED) and (asked or request.url.path.startswith("/auth/card")):
        return _refused(failure)
    return None


def _refused(failure: Failure) -> Response:
    issue = failure.issues[0]
    told: dict[str, Any] = {"reason": issue.reason, "text": issue.text}
    if isinstance(failure, WrongPin):
        told["left"] = failure.left
    return _told(told, failure.status)
