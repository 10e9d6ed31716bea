"""The HTTP doors of feeds: SOAP strings, JSON, shared documents, raw HL7v2. Durable first, then the answer.

A registered institution sends its token; its client id names its source. In the demonstration alone, a sender without
one is the source `try`. The answer says that the message is kept, or why it is refused; what becomes of it afterwards
is in the inbox.
"""

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from lxml import etree

from adapters.hl7v2.acknowledgement import acknowledge
from adapters.hl7v2.encoding import Encoding
from adapters.hl7v2.header import Header, peek
from adapters.safe_xml import parse
from fhir_profiles import instant, resources
from fhir_profiles.outcome import Failure, Forbidden, Issue, NotAuthenticated
from hie.auth.actor import actor_of
from hie.intake_checks import refusal
from hie.wiring import Exchange
from record_store.inbox import Arrival, Receipt
from record_store.sources import Sender

router = APIRouter(prefix="/doors", tags=["doors"])

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
SECONDS = 30


async def body(request: Request) -> bytes:
    """The whole body."""
    return await request.body()


Body = Annotated[bytes, Depends(body)]


@router.post("/soap")
def soap(request: Request, payload: Body) -> Response:
    """A SOAP 1.1 call with a message as a string inside; answers with the national result shape."""
    receipt = _keep(request, "soap", payload, _xml_issues(payload))
    refused = [issue for issue in receipt.issues if issue.severity == "error"]
    if refused:
        return _fault(refused[0], 400)
    return _soap({"code": "1", "message": "accepted", "id": str(receipt.id)})


@router.post("/json")
def json(request: Request, payload: Body) -> Response:
    """A JSON message of a registered feed, or FHIR JSON."""
    return _answer(_keep(request, "json", payload, _json_issues(payload)))


@router.post("/cda")
def cda(request: Request, payload: Body) -> Response:
    """A shared document (CDA)."""
    return _answer(_keep(request, "cda", payload, _xml_issues(payload)))


@router.post("/hl7v2")
def hl7v2(request: Request, payload: Body) -> Response:
    """HL7v2 over HTTP; answers with an acknowledgement message."""
    exchange: Exchange = request.app.state.exchange
    header = peek(payload)
    sender = _sender(request, "mllp", (header.facility, header.application))
    issues = refusal(payload, header, sender)
    arrival = Arrival(
        source=sender.id,
        door="mllp",
        control_id=header.control_id,
        payload=payload,
        patient_key=header.patient_key,
        issues=issues,
    )
    exchange.intake.receive(arrival).result(SECONDS)
    code = "E" if any(issue.severity == "error" for issue in issues) else "A"
    moment = instant.now()
    answer = acknowledge(
        header,
        ("C" if header.enhanced else "A") + code,
        issues,
        control_id=f"{moment:%Y%m%d%H%M%S%f}",
        moment=moment,
    )
    return Response(answer, media_type="application/hl7-v2")


def _keep(request: Request, door: str, payload: bytes, issues: list[Issue]) -> Receipt:
    exchange: Exchange = request.app.state.exchange
    sender = _sender(request, door, ())
    digest = hashlib.sha256(payload).hexdigest()
    arrival = Arrival(source=sender.id, door=door, control_id=digest[:20], payload=payload, issues=issues)
    return exchange.intake.receive(arrival).result(SECONDS)


def _sender(request: Request, door: str, names: tuple[str, ...]) -> Sender:
    """The source behind a token, or `try` in the demonstration. A name inside the message counts only for a client of
    the organisation that it names. Raises NotAuthenticated, Forbidden."""
    exchange: Exchange = request.app.state.exchange
    authorization = request.headers.get("authorization")
    if authorization or not exchange.settings.demo:
        actor = actor_of(exchange.engine, authorization, request.state.request_id)
        if actor.role == "resident":
            raise Forbidden("Feeds are sent by institutions", reason="not-a-sender")
        claimed = exchange.directory.at_door(door, names)
        if claimed is not None and actor.organisation and claimed.organisation == actor.organisation:
            return claimed
        names = (actor.client_id,)
    sender = exchange.directory.at_door(door, names)
    if sender is None:
        raise NotAuthenticated("This client is registered for no feed at this door", reason="unknown-sender")
    return sender


def _xml_issues(payload: bytes) -> list[Issue]:
    try:
        parse(payload)
    except Failure as failure:
        return failure.issues
    return []


def _json_issues(payload: bytes) -> list[Issue]:
    try:
        resources.loads(payload)
    except ValueError:
        return [Issue("structure", "The body is not JSON in UTF-8", reason="not-json")]
    return []


def _answer(receipt: Receipt) -> Response:
    refused = any(issue.severity == "error" for issue in receipt.issues)
    told: dict[str, Any] = {
        "id": receipt.id,
        "state": receipt.state,
        "duplicate": receipt.duplicate,
        "issues": [{"code": issue.code, "text": issue.text} for issue in receipt.issues],
    }
    return Response(resources.dumps(told), 400 if refused else 202, media_type="application/json")


def failure_answer(request: Request, failure: Failure) -> Response | None:
    """A refusal in the form of its door; nothing was kept."""
    door = request.url.path.removeprefix("/doors/")
    issue = failure.issues[0]
    if door == "soap":
        return _fault(issue, failure.status)
    if door == "hl7v2":
        moment = instant.now()
        answer = acknowledge(
            Header(Encoding()), "AR", failure.issues, control_id=f"{moment:%Y%m%d%H%M%S%f}", moment=moment
        )
        return Response(answer, failure.status, media_type="application/hl7-v2")
    if door in ("json", "cda"):
        told = {"state": "refused", "issues": [{"code": issue.code, "text": issue.text}]}
        return Response(resources.dumps(told), failure.status, media_type="application/json")
    return None


def _fault(issue: Issue, status: int) -> Response:
    return _soap(
        {
            "faultcode": "soap:Client" if status < 500 else "soap:Server",
            "faultstring": issue.text,
            "detail": issue.reason,
        },
        status,
        name="Fault",
        uri=ENVELOPE,
    )


def _soap(
    members: dict[str, str], status: int = 200, *, name: str = "Result", uri: str = "urn:hie:doors"
) -> Response:
    envelope = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"soap": ENVELOPE})
    answer = etree.SubElement(etree.SubElement(envelope, f"{{{ENVELOPE}}}Body"), f"{{{uri}}}{name}")
    for member, text in members.items():
        etree.SubElement(answer, member).text = text
    content = etree.tostring(envelope, xml_declaration=True, encoding="utf-8")
    return Response(content, status, media_type="text/xml; charset=utf-8")
