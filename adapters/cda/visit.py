"""componentOf/encompassingEncounter, and the visit numbers of shared documents, to Encounter."""

from typing import Any

from adapters.cda import datatypes, header, national_header, participants
from adapters.cda.document import Document
from adapters.cda.reading import attribute, words
from adapters.safe_xml import Element
from fhir_profiles import identifier_systems as systems

_ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_KINDS = {"AMB", "EMER", "FLD", "HH", "IMP", "ACUTE", "NONAC", "OBSENC", "PRENC", "SS", "VR"}
_EMERGENCY = frozenset({"C0003"})


def encounter(document: Document) -> None:
    """Keep the visit that the document belongs to, where the header names one."""
    numbers = header.visit_numbers(document.root)
    found = document.root.find("componentOf/encompassingEncounter")
    own = datatypes.identifiers(found) if found is not None else []
    identifiers = list({(entry.get("system"), entry["value"]): entry for entry in [*own, *numbers]}.values())
    if found is None and not numbers:
        return
    elements: dict[str, Any] = {
        "identifier": identifiers,
        "status": "finished",
        "class": {"system": _ACT_CODE, "code": _class(document, found, numbers)},
        "subject": document.subject,
        "serviceType": {"text": national_header.department(document.root)},
    }
    if found is not None:
        elements |= _told(document, found)
    if "period" not in elements and elements["class"]["code"] != "IMP" and document.date:
        elements["period"] = {"start": document.date}
    key = next(
        (f"{entry.get('system', '')}|{entry['value']}" for entry in identifiers),
        f"{document.identity}/encounter",
    )
    document.encounter = document.add("Encounter", key, elements)["reference"]


def _told(document: Document, found: Element) -> dict[str, Any]:
    kind = document.concept(found.find("code"))
    admission = (
        "入院途径" in attribute(found, "code", "codeSystemName")
        or attribute(found, "code", "displayName") == "入院途径"
    )
    facility = found.find("location/healthCareFacility")
    place = participants.location(document, facility)
    units = _units(document, facility)
    people = [
        *(found.find(f"responsibleParty/{tag}") for tag in ("assignedEntity",)),
        *(part.find("assignedEntity") for part in found.findall("encounterParticipant")),
    ]
    individuals = [made for role in people if (made := participants.practitioner(document, role))]
    period = datatypes.period(found.find("effectiveTime"), document.zone)
    disposition = document.concept(found.find("dischargeDispositionCode"))
    provider = (
        participants.organisation(document, facility.find("serviceProviderOrganization"))
        if facility is not None
        else None
    )
    told: dict[str, Any] = {
        "type": [kind] if kind and not admission else [],
        "participant": [{"individual": entry} for entry in individuals if _person(entry)],
        "location": [{"location": entry} for entry in ([place] if place else []) + units],
        "hospitalization": {"admitSource": kind if admission else None, "dischargeDisposition": disposition},
        "serviceProvider": provider,
    }
    if period:
        told["period"] = period
    return {name: value for name, value in told.items() if value}


def _units(document: Document, facility: Element | None) -> list[dict[str, str]]:
    """Bed, room, ward, department: organisations that are parts of organisations in WS/T 500."""
    if facility is None:
        return []
    names = [
        label
        for organisation in facility.iter("asOrganizationPartOf")
        for whole in organisation.findall("wholeOrganization")
        if (label := words(whole.find("name")))
    ]
    return [{"display": " / ".join(reversed(names))}] if names else []


def _class(document: Document, found: Element | None, numbers: list[dict[str, Any]]) -> str:
    code = attribute(found, "code", "code") if found is not None else ""
    if code in _KINDS:
        return code
    if told := national_header.visit_class(document.root):
        return told
    if attribute(document.root, "code", "code") in _EMERGENCY:
        return "EMER"
    if any(entry.get("system") == systems.INPATIENT_STAY for entry in numbers):
        return "IMP"
    if found is not None and found.find("dischargeDispositionCode") is not None:
        return "IMP"
    return "AMB"


def _person(reference: dict[str, str]) -> bool:
    return reference.get("reference", "Practitioner/").startswith("Practitioner/")
