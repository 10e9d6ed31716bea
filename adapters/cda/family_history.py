"""Family history organizers (C-CDA 2.16.840.1.113883.10.20.22.4.45) to FamilyMemberHistory."""

from typing import Any

from adapters.cda import datatypes, parties, related
from adapters.cda.document import Document, Section
from adapters.cda.reading import attribute
from adapters.safe_xml import Element

_AGE, _DEATH = f"{related.CCDA}31", f"{related.CCDA}47"
_GENDERS = {"M": "male", "F": "female", "UN": "other"}


def member(document: Document, section: Section, organizer: Element) -> list[dict[str, str]]:
    """One relative with the conditions told of."""
    relative = organizer.find("subject/relatedSubject")
    if relative is None:
        return section.inside(document, organizer)
    person = relative.find("subject")
    conditions = [found for act in related.acts(organizer) if (found := _condition(document, act))]
    gender = _GENDERS.get(attribute(person, "administrativeGenderCode", "code"))
    birth = (
        datatypes.stamp(attribute(person, "birthTime", "value"), document.zone)
        if person is not None
        else None
    )
    system = "http://hl7.org/fhir/administrative-gender"
    elements: dict[str, Any] = {
        "identifier": datatypes.identifiers(organizer),
        "status": "completed",
        "patient": document.subject,
        "name": next((name["text"] for name in parties.names(person)), None) if person is not None else None,
        "relationship": document.concept(relative.find("code")) or {"text": "not stated"},
        "sex": {"coding": [{"system": system, "code": gender}]} if gender else None,
        "bornDate": birth[:10] if birth else None,
        "deceasedBoolean": True if any(found.get("contributedToDeath") for found in conditions) else None,
        "condition": conditions,
    }
    return [document.add("FamilyMemberHistory", document.key(organizer, "FamilyMemberHistory"), elements)]


def _condition(document: Document, act: Element) -> dict[str, Any] | None:
    value = act.find("value")
    code = (document.concept(value) if value is not None else None) or document.concept(act.find("code"))
    if code is None:
        return None
    made: dict[str, Any] = {"code": code}
    ages = related.with_template(act, _AGE)
    age = datatypes.quantity(ages[0].find("value")) if ages else None
    if age and age["value"] > 0:
        made["onsetAge"] = {**age, "system": "http://unitsofmeasure.org", "code": age.get("code", "a")}
    elif when := datatypes.moment(act.find("effectiveTime"), document.zone):
        made["onsetString"] = when
    if related.with_template(act, _DEATH):
        made["contributedToDeath"] = True
    if text := document.text(act):
        made["note"] = [{"text": text}]
    return made
