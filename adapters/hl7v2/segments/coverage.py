"""IN1, IN2, GT1: insurance and guarantors."""

from typing import Any

from adapters.hl7v2.datatypes import concepts, contacts, parties
from adapters.hl7v2.draft import Draft, Resource
from adapters.hl7v2.message import Segment
from adapters.hl7v2.segments.patient import leftover

_CLASS = "http://terminology.hl7.org/CodeSystem/coverage-class"
_SELF = frozenset(("SEL", "18", "01", "1", "S", "SELF", "本人"))


def in1(draft: Draft, segment: Segment) -> None:
    """A coverage, keyed by policy number or insured's number, plan and company."""
    company = draft.value(3)
    name = draft.value(4)
    number = draft.value(36) or draft.value(49)
    plan = draft.value(2) or draft.value(2, 2)
    if not (company or name or number or len(plan) > 1):
        leftover(draft, segment)
        return
    resource = draft.begin("Coverage", f"{number}|{plan}|{company or name}")
    resource["status"] = "active"
    resource["beneficiary"] = draft.subject()
    draft.apply("IN1[Coverage]", resource)
    for entry in resource.get("class", []):
        kind = "group" if entry.get("value") == draft.value(8) and draft.value(8) else "plan"
        entry["type"] = {"coding": [{"system": _CLASS, "code": kind}]}
        entry.setdefault("value", entry.get("name", kind))
    resource["payor"] = [_payor(draft, segment, company, name) or draft.subject()]
    if subscriber := _subscriber(draft):
        resource["subscriber"] = subscriber
    draft.keep(resource)
    draft.noted = None


def in2(draft: Draft, segment: Segment) -> None:
    """IN2 adds identifiers to the coverage before it."""
    coverages = [resource for resource in draft.resources.values() if resource["resourceType"] == "Coverage"]
    if coverages:
        draft.apply("IN2[Coverage]", coverages[-1])


def gt1(draft: Draft, segment: Segment) -> None:
    """A guarantor as a related person."""
    name = draft.value(3) + draft.value(3, 2)
    if not name:
        leftover(draft, segment)
        return
    person = draft.begin("RelatedPerson", f"guarantor:{draft.value(2) or name}")
    person["patient"] = draft.subject()
    draft.apply("GT1[RelatedPerson]", person)
    draft.keep(person)


def _payor(draft: Draft, segment: Segment, company: str, name: str) -> Resource | None:
    details: dict[str, Any] = {}
    address = (
        contacts.xad(segment.raw(5).split(draft.encoding.repetition)[0], draft) if segment.raw(5) else None
    )
    telecom = (
        contacts.xtn(segment.raw(7).split(draft.encoding.repetition)[0], draft) if segment.raw(7) else None
    )
    # org-2 and org-3: an organisation is nobody's home.
    for contact in (address, telecom):
        if contact and contact.get("use") == "home":
            del contact["use"]
    if telecom:
        details["telecom"] = [telecom]
    if address:
        details["address"] = [address]
    shown = name or concepts.shown(segment.raw(3), draft) or company
    return parties.named_organization(shown, company, draft, **details)


def _subscriber(draft: Draft) -> Resource | None:
    relationship = (draft.value(17) or draft.value(17, 2)).upper()
    name = draft.value(16) + draft.value(16, 2)
    if relationship in _SELF:
        return draft.subject()
    if not name:
        return None
    person = draft.begin("RelatedPerson", f"insured:{name}")
    person["patient"] = draft.subject()
    draft.apply("IN1[RelatedPerson]", person)
    return {"reference": draft.keep(person)}


HANDLERS = {"IN1": in1, "IN2": in2, "GT1": gt1}
