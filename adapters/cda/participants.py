"""Authors, performers, custodians and the places of care: CDA roles to Practitioner, Organization and Location."""

from typing import Any

from adapters.cda import datatypes, parties
from adapters.cda.document import Document
from adapters.cda.reading import words
from adapters.safe_xml import Element


def practitioner(document: Document, role: Element | None) -> dict[str, str] | None:
    """An assignedAuthor or assignedEntity to a reference with its display; a device or none gives what there is."""
    if role is None:
        return None
    person = role.find("assignedPerson")
    if person is None:
        person = role.find("informationRecipient")
    found = datatypes.identifiers(role)
    names = parties.names(person) if person is not None else []
    if not names and not found:
        return organisation(document, role.find("representedOrganization")) or device(role)
    if not found:
        return {"display": names[0]["text"]}
    elements: dict[str, Any] = {
        "identifier": found,
        "name": names,
        "telecom": parties.telecoms(role),
        "address": parties.addresses(role),
        "qualification": [{"code": code}] if (code := document.concept(role.find("code"))) else [],
    }
    made = document.add("Practitioner", _key(found), elements)
    return {**made, "display": names[0]["text"]} if names else made


def device(role: Element) -> dict[str, str] | None:
    """The name of an authoring system."""
    label = words(role.find("assignedAuthoringDevice/softwareName")) or words(
        role.find("assignedAuthoringDevice/manufacturerModelName")
    )
    return {"display": label} if label else None


def organisation(document: Document, element: Element | None) -> dict[str, str] | None:
    """A representedOrganization or custodian to a reference; without an id its name alone is kept."""
    if element is None:
        return None
    found, label = datatypes.identifiers(element), words(element.find("name"))
    if not found:
        return {"display": label} if label else None
    elements = {
        "identifier": found,
        "name": label,
        "telecom": parties.telecoms(element),
        "address": [
            {key: value for key, value in entry.items() if key != "use"}
            for entry in parties.addresses(element)
        ],
    }
    made = document.add("Organization", _key(found), elements)
    return {**made, "display": label} if label else made


def location(document: Document, facility: Element | None) -> dict[str, str] | None:
    """A healthCareFacility or a location participant to a reference."""
    if facility is None:
        return None
    found = datatypes.identifiers(facility)
    label = words(facility.find("location/name")) or words(facility.find("playingEntity/name"))
    kind = document.concept(facility.find("code"))
    label = label or (kind or {}).get("text", "")
    if not found:
        return {"display": label} if label else None
    place = facility.find("location")
    elements = {
        "identifier": found,
        "name": label,
        "type": [kind] if kind else [],
        "address": next(iter(parties.addresses(place)), None) if place is not None else None,
    }
    made = document.add("Location", _key(found), elements)
    return {**made, "display": label} if label else made


def performers(document: Document, act: Element) -> list[dict[str, str]]:
    """The performers of an act."""
    roles = (found.find("assignedEntity") for found in act.findall("performer"))
    return [made for role in roles if (made := practitioner(document, role))]


def author(document: Document, act: Element) -> tuple[dict[str, str] | None, str | None]:
    """The first author of an act and the time of authoring."""
    found = act.find("author")
    if found is None:
        return None, None
    return practitioner(document, found.find("assignedAuthor")), datatypes.moment(
        found.find("time"), document.zone
    )


def _key(identifiers: list[dict[str, Any]]) -> str:
    return f"{identifiers[0].get('system', '')}|{identifiers[0]['value']}"
