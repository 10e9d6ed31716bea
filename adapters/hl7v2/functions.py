"""The functions that rules may name in `as`, and which of them take text instead of a raw repetition."""

from collections.abc import Callable
from typing import Any

from adapters.hl7v2.datatypes import (
    concepts,
    contacts,
    identifiers,
    names,
    parties,
    quantities,
    times,
    timing,
)
from adapters.hl7v2.draft import Draft
from adapters.hl7v2.elements import acts, bookings, immunizations, results, visits


def text(raw: str, draft: Draft) -> str | None:
    """All of the value as text, stray component separators included."""
    return draft.encoding.text(raw) or None


def boolean(raw: str, draft: Draft) -> bool | None:
    """Table 0136, and its Chinese habits."""
    return {"Y": True, "N": False, "1": True, "0": False, "是": True, "否": False, "T": True, "F": False}.get(
        draft.encoding.first(raw).upper()
    )


def words(raw: str, draft: Draft) -> dict[str, Any] | None:
    """A CodeableConcept of text alone."""
    said = draft.encoding.text(raw)
    return {"text": said} if said else None


def note(raw: str, draft: Draft) -> dict[str, Any] | None:
    """An Annotation."""
    said = draft.encoding.text(raw)
    return {"text": said} if said else None


def staff_license(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Identifier of a practitioner's licence (PLN)."""
    return identifiers.number(raw, draft, "licence", "MD")


def transaction_time(raw: str, draft: Draft) -> str | None:
    """The start of a transaction's time, which is a DR or a stamp."""
    return times.date_time(raw, draft)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "CX": identifiers.cx,
    "EI": identifiers.ei,
    "EIP": identifiers.eip,
    "number": identifiers.number,
    "social_security": identifiers.social_security,
    "XPN": names.xpn,
    "name_text": names.text,
    "XAD": contacts.xad,
    "XTN": contacts.xtn,
    "CWE": concepts.cwe,
    "coding": concepts.coding,
    "code": concepts.code,
    "either": concepts.either,
    "shown": concepts.shown,
    "date": times.date,
    "dateTime": times.date_time,
    "instant": times.instant,
    "time": times.time,
    "period": times.period,
    "birth_time": times.birth_time,
    "practitioner": parties.practitioner,
    "operator": parties.operator,
    "organization": parties.organization,
    "place": parties.place,
    "quantity": quantities.cq,
    "NM": quantities.nm,
    "money": quantities.money,
    "integer": quantities.integer,
    "positive": quantities.positive,
    "timing": timing.quantity_timing,
    "text": text,
    "boolean": boolean,
    "words": words,
    "note": note,
    "participant": visits.participant,
    "stay": visits.stay,
    "visit_number": visits.visit_number,
    "account_number": visits.account_number,
    "discharged_to": visits.discharged_to,
    "servicing_facility": visits.servicing_facility,
    "days": visits.days,
    "marital_status": visits.marital_status,
    "species": visits.species,
    "restricted": visits.restricted,
    "ethnic_group": visits.ethnic_group,
    "diagnosis": concepts.diagnosis,
    "performer": acts.performer,
    "actor": acts.actor,
    "concept_note": acts.concept_note,
    "manifestation": acts.manifestation,
    "amount": acts.amount,
    "per_day": acts.per_day,
    "substituted": acts.substituted,
    "rate": acts.rate,
    "department": acts.department,
    "number_value": acts.number_value,
    "active_flag": acts.active_flag,
    "email": acts.email,
    "qualification": acts.qualification,
    "staff_license": staff_license,
    "transaction_time": transaction_time,
    "immunization_performer": immunizations.performer,
    "report_origin": immunizations.report_origin,
    "administered_at": immunizations.administered_at,
    "maker": immunizations.maker,
    "vaccine_amount": immunizations.amount,
    "interpretation": results.interpretation,
    "performing_organization": results.performing_organization,
    "producer": results.producer,
    "device": results.device,
    "collected_period": results.collected_period,
    "additive": results.additive,
    "specimen_source": results.specimen_source,
    "appointment_party": bookings.party,
    "resource_device": bookings.resource_device,
}
