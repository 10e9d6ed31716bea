"""The three switches: who, what, this. The page drafts a directive, the card signs it, the next request obeys."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Body, Request, Response

from consent.card_signature import canonical, signing_input
from consent.categories import SENSITIVE, Label
from consent.directive_profile import directive
from consent.directives import Kept, listed, register, withdraw
from fhir_profiles import instant, resources
from fhir_profiles.outcome import Failure, Invalid, NotFound
from patient_portal import language, timeline
from patient_portal.ports import Ports, Visitor, ports
from patient_portal.record_pages import PAGE, unread
from patient_portal.rendering import render

router = APIRouter(prefix="/portal/directives", include_in_schema=False)

CATEGORIES = tuple(label.name or "" for label in Label if label & SENSITIVE)
Fields = Annotated[dict[str, Any], Body()]


@dataclass(frozen=True, slots=True)
class Shown:
    """A directive in words."""

    id: str
    words: str
    state: str
    recorded: datetime


@router.get("")
def switches(request: Request, visit: str = "") -> Response:
    """What is set, and the form to set more; `visit` is the one to be hidden."""
    given = ports(request)
    visitor = given.visitor(request)
    actor = visitor.actor(request.state.request_id)
    found = given.door.everything(actor, visitor.patient, types=("Encounter",), count=PAGE)
    visits = timeline.visits([stored.body for stored in found.matches + found.included], given.sources())
    with given.transaction() as cursor:
        kept = listed(cursor, visitor.resident_id)
    say = language.translator(
        language.chosen(request.cookies.get(language.COOKIE), request.headers.get("accept-language"))
    )
    organisations = given.organisations()
    known = {each.encounter: each for each in visits if each.encounter}
    return render(
        request,
        "directives.html",
        session=visitor,
        organisations=organisations,
        categories=CATEGORIES,
        visits=[each for each in visits if each.encounter],
        wanted=visit,
        directives=[_shown(each, dict(organisations), known, say) for each in kept],
        unread=unread(given, visitor),
    )


@router.post("/draft")
def draft(request: Request, fields: Fields) -> Response:
    """The text that the card is to sign, for the choices of the form."""
    given = ports(request)
    try:
        visitor = given.visitor(request)
        visitor.check(str(fields.get("csrf", "")))
        certificate = base64.b64decode(str(fields.get("certificate", "")), validate=True)
        document = _drafted(given, visitor, fields)
    except binascii.Error:
        return _refused(Invalid("This is no certificate", reason="card-format"))
    except Failure as failure:
        return _refused(failure)
    return _told({"text": signing_input(certificate, canonical(document))})


@router.post("")
def sign(request: Request, fields: Fields) -> Response:
    """Put a signed directive in force, or end one."""
    given = ports(request)
    try:
        visitor = given.visitor(request)
        visitor.check(str(fields.get("csrf", "")))
        act = withdraw if fields.get("withdraw") else register
        with given.transaction() as cursor:
            act(
                cursor,
                given.trust,
                visitor.resident_id,
                str(fields.get("jws", "")),
                visitor.actor(request.state.request_id),
                instant.now(),
            )
    except Failure as failure:
        return _refused(failure)
    return _told({"next": "/portal/directives"})


def _drafted(given: Ports, visitor: Visitor, fields: dict[str, Any]) -> dict[str, Any]:
    moment = instant.text(instant.now())
    if wanted := fields.get("withdraw"):
        with given.transaction() as cursor:
            kept = listed(cursor, visitor.resident_id)
        for each in kept:
            if each.consent["id"] == wanted and each.state == "active":
                return each.consent | {"status": "inactive", "dateTime": moment}
        raise NotFound("There is no such directive in force", reason="directive-unknown")
    organisation, category, visit = (
        str(fields.get(name) or "") for name in ("organisation", "category", "visit")
    )
    return directive(
        UUID(str(uuid4())),
        f"Patient/{visitor.patient}",
        moment,
        permit=fields.get("permit") == "yes",
        who=("organisation", organisation) if organisation and not visit else None,
        category="" if visit else category,
        visit=visit,
    )


def _shown(
    kept: Kept, names: dict[str, str], visits: dict[str, timeline.Visit], say: language.Translate
) -> Shown:
    provision = kept.consent.get("provision", {})
    parts = [say("开放" if provision.get("type") == "permit" else "关闭")]
    for actor in provision.get("actor", ()):
        code = actor.get("reference", {}).get("identifier", {}).get("value", "")
        parts.append(names.get(code, code))
    parts += [say(f"label:{label.get('code', '')}") for label in provision.get("securityLabel", ())]
    for data in provision.get("data", ()):
        visit = visits.get(data.get("reference", {}).get("reference", ""))
        parts.append(say("一次就诊" if data.get("meaning") == "related" else "一条记录"))
        if visit is not None:
            parts.append(" ".join(filter(None, (visit.date[:10], say(visit.kind), visit.place))))
    if len(parts) == 1:
        parts.append(say("全部内容"))
    return Shown(kept.consent["id"], " · ".join(parts), kept.state, kept.recorded)


def _told(content: dict[str, Any], status: int = 200) -> Response:
    return Response(
        resources.dumps(content), status, headers={"Cache-Control": "no-store"}, media_type="application/json"
    )


def _refused(failure: Failure) -> Response:
    issue = failure.issues[0]
    return _told({"reason": issue.reason, "text": issue.text}, failure.status)
