"""What the country adds to the header of CDA (WS/T 482): about the person, the contact, the kind of visit, the department.

Elements outside the stock schema: age, patientType, household, nativePlace, occupation, educationLevel, nationality,
employerOrganization, providerOrganization inside patientRole.
"""

from typing import Any

from adapters.cda import datatypes, parties
from adapters.cda.document import Document
from adapters.cda.reading import attribute, is_void, words
from adapters.safe_xml import Element

_EXTENSION = "urn:hie:extension:"
_PLACES = {
    "household/place/addr": f"{_EXTENSION}registered-residence",
    "birthplace/place/addr": "http://hl7.org/fhir/StructureDefinition/patient-birthPlace",
    "nativePlace/place/addr": f"{_EXTENSION}native-place",
}
_CODES = {
    "occupation/occupationCode": f"{_EXTENSION}occupation",
    "educationLevel/educationLevelCode": f"{_EXTENSION}education",
    "nationality": f"{_EXTENSION}nationality",
}
_CONTACTS = frozenset({"ECON", "NOK", "CON", "GUARD", "PRS", "CAREGIVER", "AGNT"})
_KINDS = {"1": "AMB", "2": "EMER", "3": "IMP"}


def extensions(document: Document, person: Element) -> list[dict[str, Any]]:
    """Residence, native place, occupation, education, nationality and employer as extensions of Patient."""
    made: list[dict[str, Any]] = []
    for path, url in _PLACES.items():
        found = person.find(path)
        address = parties.address(found) if found is not None else None
        if address:
            made.append({"url": url, "valueAddress": address})
    for path, url in _CODES.items():
        if concept := document.concept(person.find(path)):
            made.append({"url": url, "valueCodeableConcept": concept})
    employer = words(person.find("employerOrganization/name"))
    if employer and not is_void(employer):
        made.append({"url": f"{_EXTENSION}employer", "valueString": employer})
    return made


def contacts(document: Document) -> list[dict[str, Any]]:
    """participants who are the patient's contacts."""
    made = []
    for entity in document.root.findall("participant/associatedEntity"):
        if (entity.get("classCode") or "") not in _CONTACTS:
            continue
        person = entity.find("associatedPerson")
        relationship = document.concept(entity.find("code"))
        found: dict[str, Any] = {
            "relationship": [relationship] if relationship else [],
            "name": next(iter(parties.names(person)), None) if person is not None else None,
            "telecom": parties.telecoms(entity),
            "address": next(iter(parties.addresses(entity)), None),
        }
        if found["name"] or found["telecom"] or found["address"]:
            made.append({name: value for name, value in found.items() if value})
    return made


def age(document: Document) -> None:
    """A document without a birth date tells the age: kept as an Observation."""
    person = document.root.find("recordTarget/patientRole/patient")
    if person is None or attribute(person, "birthTime", "value"):
        return
    amount = datatypes.quantity(person.find("age"))
    if amount:
        elements = {
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "30525-0"}], "text": "年龄"},
            "subject": document.subject,
            "effectiveDateTime": document.date,
            "valueQuantity": amount,
        }
        document.add("Observation", f"{document.identity}/age", elements)


def visit_class(root: Element) -> str:
    """The class of the visit by patientType (CV: 1 outpatient, 2 emergency, 3 inpatient); empty where it isn't told."""
    return _KINDS.get(attribute(root, "recordTarget/patientRole/patientType/patienttypeCode", "code"), "")


def department(root: Element) -> str:
    """The department that provides the care."""
    name = words(root.find("recordTarget/patientRole/providerOrganization/name"))
    is_department = attribute(root, "recordTarget/patientRole/providerOrganization/id", "root").endswith(
        ".1.26"
    )
    return name if is_department and not is_void(name) else ""
