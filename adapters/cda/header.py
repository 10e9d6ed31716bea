"""The header of a document (CDA R2 §4.2): patient, author, custodian, encounter.

Numbers of visits stand on patientRole in shared documents (WS/T 500): they go to the Encounter. The patient's key is
the number that this source is most likely to use for the person in its next document, too.
"""

from typing import Any

from adapters.cda import datatypes, national_header, parties
from adapters.cda.document import Document
from adapters.cda.reading import attribute, words
from adapters.feeds.code_maps import shipped
from adapters.safe_xml import Element
from fhir_profiles import identifier_systems as systems

_PREFERRED = (
    systems.SOURCE_PATIENT,
    systems.CITIZEN_ID,
    systems.CHART,
    systems.HEALTH_CARD,
    systems.HEALTH_RECORD,
)
_VISITS = frozenset({systems.OUTPATIENT_VISIT, systems.INPATIENT_STAY})
_RECORDS = frozenset(
    {
        systems.LABORATORY_REPORT,
        systems.IMAGING_REPORT,
        systems.ORDER,
        systems.PRESCRIPTION,
        systems.SPECIMEN,
        systems.PATHOLOGY,
        systems.CONSENT_FORM,
    }
)
_GENDERS = {
    "M": "male",
    "F": "female",
    "UN": "other",
    "1": "male",
    "2": "female",
    "0": "unknown",
    "9": "unknown",
}


def patient_key(root: Element) -> str:
    """`system|value` of the identifier that names the patient; empty where there is none."""
    found = _identifiers(root)
    for wanted in _PREFERRED:
        for identifier in found:
            if identifier.get("system") == wanted:
                return f"{wanted}|{identifier['value']}"
    usual = [entry for entry in found if entry.get("system") not in _RECORDS]
    usual.sort(key=lambda entry: entry.get("system") in _VISITS)
    return f"{usual[0].get('system', '')}|{usual[0]['value']}" if usual else ""


def record_numbers(root: Element) -> list[dict[str, Any]]:
    """Identifiers on patientRole that number a report or an order, not a person."""
    return [found for found in _identifiers(root) if found.get("system") in _RECORDS]


def patient(document: Document) -> None:
    """recordTarget to Patient."""
    role = document.root.find("recordTarget/patientRole")
    person = role.find("patient") if role is not None else None
    if role is None:
        return
    elements: dict[str, Any] = {
        "identifier": [
            found for found in _identifiers(document.root) if found.get("system") not in _VISITS | _RECORDS
        ],
        "telecom": parties.telecoms(role),
        "address": parties.addresses(role),
    }
    if person is not None:
        elements |= _person(document, person)
    document.add("Patient", document.patient_key, elements)


def _person(document: Document, person: Element) -> dict[str, Any]:
    birth = datatypes.stamp(attribute(person, "birthTime", "value"), document.zone)
    marital = person.find("maritalStatusCode")
    languages = []
    for entry in person.findall("languageCommunication"):
        code = attribute(entry, "languageCode", "code")
        if code:
            spoken: dict[str, Any] = {"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": code}]}}
            if preferred := datatypes.value_of_flag(entry.find("preferenceInd")):
                spoken["preferred"] = preferred
            languages.append(spoken)
    deceased = person.find("sdtc.deceasedTime")
    return {
        "name": parties.names(person),
        "gender": _GENDERS.get(attribute(person, "administrativeGenderCode", "code").upper(), "unknown"),
        "birthDate": birth[:10] if birth else None,
        "deceasedDateTime": datatypes.moment(deceased, document.zone),
        "maritalStatus": _marital(document, marital),
        "communication": languages,
        "contact": national_header.contacts(document) + _guardians(document, person),
        "extension": _race_and_ethnicity(person) + national_header.extensions(document, person),
    }


def _marital(document: Document, element: Element | None) -> dict[str, Any] | None:
    made = document.concept(element)
    entry = shipped()["marital"].get(attribute(element, "", "code")) if element is not None else None
    if made and entry and "2.16.156" in attribute(element, "", "codeSystem"):
        made["coding"] = [dict(coding) for coding in entry.codings]
    return made


def _guardians(document: Document, person: Element) -> list[dict[str, Any]]:
    return [made for guardian in person.findall("guardian") if (made := _guardian(document, guardian))]


def _guardian(document: Document, guardian: Element) -> dict[str, Any] | None:
    person, organisation = guardian.find("guardianPerson"), guardian.find("guardianOrganization")
    made: dict[str, Any] = {
        "relationship": [found] if (found := document.concept(guardian.find("code"))) else [],
        "telecom": parties.telecoms(guardian),
        "address": next(iter(parties.addresses(guardian)), None),
        "name": next(iter(parties.names(person)), None) if person is not None else None,
    }
    if organisation is not None and (label := words(organisation.find("name"))):
        made["organization"] = {"display": label}
    filled = {name: value for name, value in made.items() if value}
    return filled if filled.keys() - {"relationship"} else None


def _race_and_ethnicity(person: Element) -> list[dict[str, Any]]:
    """Race and ethnic group as US Core extensions; the ethnic group of GB 3304 under its own."""
    made: list[dict[str, Any]] = []
    for tag, name in (("raceCode", "us-core-race"), ("ethnicGroupCode", "us-core-ethnicity")):
        element = person.find(tag)
        found = datatypes.coding(element) if element is not None else []
        if element is None or not found:
            continue
        if "2.16.156" in (element.get("codeSystem") or ""):
            made.append({"url": "urn:hie:extension:ethnic-group", "valueCodeableConcept": {"coding": found}})
            continue
        text = (element.get("displayName") or "").strip() or found[0]["code"]
        parts: list[dict[str, Any]] = [
            {"url": "ombCategory", "valueCoding": found[0]},
            {"url": "text", "valueString": text},
        ]
        made.append({"url": f"http://hl7.org/fhir/us/core/StructureDefinition/{name}", "extension": parts})
    return made


def _identifiers(root: Element) -> list[dict[str, Any]]:
    role = root.find("recordTarget/patientRole")
    if role is None:
        return []
    person = role.find("patient")
    found = datatypes.identifiers(role) + (datatypes.identifiers(person) if person is not None else [])
    return list({(entry.get("system"), entry["value"]): entry for entry in found}.values())


def visit_numbers(root: Element) -> list[dict[str, Any]]:
    """The numbers of visits and stays that stand on patientRole."""
    return [found for found in _identifiers(root) if found.get("system") in _VISITS]


def prescription_number(root: Element) -> dict[str, Any] | None:
    """The number of the prescription that a document is (C0004, C0005)."""
    return next((found for found in _identifiers(root) if found.get("system") == systems.PRESCRIPTION), None)
