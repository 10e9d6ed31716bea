"""ROL and PRT: who else took part, put to what stands before them; RF1: referrals."""

from typing import Any

from adapters.hl7v2.datatypes import concepts, parties
from adapters.hl7v2.datatypes.identifiers import entity_key
from adapters.hl7v2.draft import Draft, Resource
from adapters.hl7v2.message import Segment
from adapters.hl7v2.segments.patient import leftover
from adapters.hl7v2.stamps import ordered_period

_PRIMARY_CARE = frozenset(("PP", "FHCP", "PCP"))
_PLAIN_PERFORMERS = frozenset(("Observation", "DiagnosticReport", "ServiceRequest"))
_ACTOR_PERFORMERS = frozenset(("Immunization", "Procedure", "MedicationAdministration", "MedicationDispense"))
_INTERPRETERS = frozenset(("PI", "PRI", "AI"))


def rol(draft: Draft, segment: Segment) -> None:
    """A role: ROL-3 says which, ROL-4 who."""
    people = _each(draft, segment.raw(4), parties.practitioner)
    span = ordered_period(draft.stamp(5), draft.stamp(6))
    if not people or not _take_part(draft, people, segment.raw(3), draft.value(3), span):
        leftover(draft, segment)


def prt(draft: Draft, segment: Segment) -> None:
    """A participation: PRT-4 says which, PRT-5 who, PRT-8 which organisation, PRT-9 where."""
    people = _each(draft, segment.raw(5), parties.practitioner) + _each(
        draft, segment.raw(8), parties.organization
    )
    span = ordered_period(draft.stamp(11), draft.stamp(12))
    if not people or not _take_part(draft, people, segment.raw(4), draft.value(4), span):
        leftover(draft, segment)


def rf1(draft: Draft, segment: Segment) -> None:
    """A referral as a ServiceRequest, keyed by its originating number."""
    key = (
        entity_key(segment.raw(6), draft)
        or entity_key(segment.raw(11), draft)
        or draft.value(9)
        or draft.sent
    )
    request = draft.begin("ServiceRequest", f"referral:{key}")
    if not draft.apply("RF1[ServiceRequest]", request):
        leftover(draft, segment)
        return
    request.setdefault("status", "active")
    request["intent"] = "order"
    request["subject"] = draft.subject()
    if span := ordered_period(draft.stamp(7), draft.stamp(8)):
        request["occurrencePeriod"] = span
    draft.keep(request)
    draft.noted = request


def _take_part(
    draft: Draft, people: list[Resource], role_raw: str, role_code: str, span: Resource | None
) -> bool:
    role = (
        concepts.cwe(role_raw.split(draft.encoding.repetition, maxsplit=1)[0], draft, "0443")
        if role_raw
        else None
    )
    noted = draft.noted
    kind = noted["resourceType"] if noted is not None else ""
    if noted is not None and kind in _PLAIN_PERFORMERS:
        name = (
            "resultsInterpreter" if kind == "DiagnosticReport" and role_code in _INTERPRETERS else "performer"
        )
        _add(noted, name, people)
    elif noted is not None and kind in _ACTOR_PERFORMERS:
        if kind == "MedicationAdministration":
            people = [who for who in people if "Organization/" not in who.get("reference", "")]
        _add(
            noted,
            "performer",
            [{"function": role, "actor": who} if role else {"actor": who} for who in people],
        )
    elif draft.encounter and (encounter := draft.held(draft.encounter)):
        entries: list[dict[str, Any]] = []
        for who in people:
            if "Organization/" in who.get("reference", ""):
                continue
            entry: dict[str, Any] = {"type": [role]} if role else {}
            if span:
                entry["period"] = span
            entries.append({**entry, "individual": who})
        _add(encounter, "participant", entries)
    elif patient := draft.held(draft.patient):
        if role_code.upper() not in _PRIMARY_CARE and role_code:
            return False
        _add(patient, "generalPractitioner", [who for who in people if "reference" in who])
    return True


def _each(draft: Draft, raw: str, read: Any) -> list[Resource]:
    if not raw:
        return []
    return [
        found for piece in raw.split(draft.encoding.repetition) if piece and (found := read(piece, draft))
    ]


def _add(resource: Resource, name: str, entries: list[Any]) -> None:
    if not entries:
        return
    held = resource.setdefault(name, [])
    held.extend(entry for entry in entries if entry not in held)


HANDLERS = {"ROL": rol, "PRT": prt, "RF1": rf1}
