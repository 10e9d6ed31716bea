"""Sensitivity labels of resources at ingest, and their inheritance along visits, reports and documents.

A label is what must not be read without the resident's explicit permit (or, for NOTIFIABLE, what the law lets the
authority read). Codes decide, then names of diagnoses and medicines, then the department; what a sensitive
department sends under codes that nobody knows is labelled too.
"""

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from consent.categories import SENSITIVE, Label
from consent.holding import listed, members, visit
from consent.label_codes import (
    DEPARTMENT_CODES,
    DEPARTMENT_WORDS,
    ICD10_RANGES,
    LOINC,
    MIXED_DEPARTMENT,
    TEXT_WORDS,
)
from fhir_profiles.code_systems import NOTIFIABLE_DISEASES
from fhir_profiles.notifiable_diseases import notifiable

Resource = dict[str, Any]

LOINC_SYSTEM = "http://loinc.org"
SHARED_SYSTEMS = (
    "http://loinc.org",
    "http://snomed.info/sct",
    "http://hl7.org/fhir",
    "http://terminology.hl7.org",
)
REPORT_CARDS = ("HSDB03.02", "notifiable-report")
"""The report card for infectious diseases: WS/T 483 document type, and our own word."""


_ICD10 = re.compile(r"[A-Z]\d\d(\.?[0-9A-Z]+)?")
_ICD10_SYSTEM = re.compile(
    r"icd-?10|2\.16\.156\.10011\.2\.3\.3\.11|2\.16\.156\.10011\.11\.[1-5]$", re.IGNORECASE
)
_DIAGNOSES = ("Condition", "Encounter", "DiagnosticReport", "FamilyMemberHistory", "Claim", "EpisodeOfCare")
_CONCEPTS = {
    "Condition": ("code",),
    "Observation": ("code", "valueCodeableConcept"),
    "DiagnosticReport": ("code", "conclusionCode"),
    "MedicationRequest": ("medicationCodeableConcept", "reasonCode"),
    "MedicationDispense": ("medicationCodeableConcept",),
    "MedicationAdministration": ("medicationCodeableConcept", "reasonCode"),
    "MedicationStatement": ("medicationCodeableConcept", "reasonCode"),
    "Procedure": ("code", "reasonCode"),
    "ServiceRequest": ("code", "reasonCode"),
    "Encounter": ("type", "serviceType", "reasonCode"),
    "Specimen": ("type",),
    "Medication": ("code",),
    "DocumentReference": ("type",),
    "Composition": ("type",),
    "FamilyMemberHistory": (),
    "CarePlan": ("category",),
    "AllergyIntolerance": ("code",),
    "Immunization": ("vaccineCode",),
    "Questionnaire": (),
}
_UNLABELLED = frozenset(
    ("Patient", "Practitioner", "PractitionerRole", "Organization", "Location", "HealthcareService", "Person")
)
_VISITLESS = _UNLABELLED | {"Encounter"}
_REPORTED = ("Condition", "DiagnosticReport")
_NOT_SO = ("refuted", "entered-in-error")


def labels(resource: Resource, department: str = "") -> int:
    """The labels that one resource deserves by itself; `department` is the sender's name or code of the department."""
    kind = resource["resourceType"]
    if kind in _UNLABELLED:
        return 0
    mask, known = 0, True
    for concept in _concepts(resource, kind):
        found, shared = _concept(concept, kind in _DIAGNOSES)
        mask |= found
        known = known and (shared or kind == "Encounter")
    if kind not in _REPORTED or _denied(resource):
        mask &= ~Label.NOTIFIABLE
    if _is_report_card(resource):
        mask |= Label.NOTIFIABLE
    own = department or _department(resource, kind)
    if own:
        mask |= _of_department(own, known or bool(mask & SENSITIVE))
    return mask


def label_batch(
    resources: list[Resource], department: str = "", stored: Mapping[str, int] | None = None
) -> list[int]:
    """The labels of the resources of one message, in order, with inheritance.

    `stored` gives the labels of Encounters (`Encounter/id`) that the batch names and does not hold. What belongs to
    a visit or a report has the labels of that visit and of the report's own code; a report, a document, its Binary
    and a Provenance have those of everything they hold. The Patient inside a notifiable report card is part of the
    statutory report.
    """
    departments = {
        _name(resource): _department(resource, "Encounter")
        for resource in resources
        if resource["resourceType"] == "Encounter"
    }
    own = [labels(resource, department or departments.get(visit(resource), "")) for resource in resources]
    visited = dict(stored or {})
    for resource, mask in zip(resources, own, strict=True):
        if resource["resourceType"] == "Encounter":
            visited[_name(resource)] = visited.get(_name(resource), 0) | mask
    total = [
        mask | visited.get(visit(resource), 0) & SENSITIVE
        for resource, mask in zip(resources, own, strict=True)
    ]
    holders = _holders(resources)
    for holder, held in holders:
        if resources[holder]["resourceType"] != "Provenance":
            for member in held:
                total[member] |= own[holder] & SENSITIVE
    for holder, held in holders:
        for member in held:
            total[holder] |= total[member] & SENSITIVE
    for holder, held in holders:
        for member in held:
            if resources[member]["resourceType"] == "Binary":
                total[member] |= total[holder]
    if any(_is_report_card(resource) for resource in resources):
        total = [mask | Label.NOTIFIABLE for mask in total]
    return [0 if _is_directory(resource) else mask for resource, mask in zip(resources, total, strict=True)]


def visits_of_batch(resources: list[Resource]) -> list[str]:
    """The visit (`Encounter/id`, "" for none) that each resource of one message belongs to: its own word, or that of
    the report or document that holds it. A hidden visit takes its attachments with it."""
    found = [visit(resource) for resource in resources]
    for holder, held in reversed(_holders(resources)):
        if resources[holder]["resourceType"] == "Provenance":
            continue
        for member in held:
            if resources[member]["resourceType"] not in _VISITLESS:
                found[member] = found[member] or found[holder]
    for holder, held in _holders(resources):
        if resources[holder]["resourceType"] == "Provenance":
            found[holder] = found[holder] or next((found[member] for member in held if found[member]), "")
    return found


def _holders(resources: list[Resource]) -> list[tuple[int, list[int]]]:
    """Positions of what holds others of the same message, with the positions of those, small holders first."""
    place = {_name(resource): position for position, resource in enumerate(resources)}
    found = [
        (position, [place[name] for name in members(resource) if name in place])
        for position, resource in enumerate(resources)
    ]
    return sorted(
        ((position, held) for position, held in found if held),
        key=lambda one: _HEIGHT.get(resources[one[0]]["resourceType"], 0),
    )


def _name(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource.get('id')}"


_HEIGHT = {
    "Observation": 1,
    "DiagnosticReport": 2,
    "List": 3,
    "Composition": 3,
    "DocumentReference": 4,
    "Provenance": 5,
}


@functools.lru_cache(maxsize=16384)
def of_code(system: str, code: str, diagnosis: bool) -> int:
    """The labels of one code. In a diagnosis any code shaped like ICD-10 is read as one, whatever its system says."""
    if system == NOTIFIABLE_DISEASES:
        return int(Label.NOTIFIABLE)
    if system == LOINC_SYSTEM:
        return int(LOINC.get(code, 0))
    code = code.upper()
    foreign = system.startswith(SHARED_SYSTEMS) and not _ICD10_SYSTEM.search(system)
    if foreign or not _ICD10.fullmatch(code) or not (diagnosis or _ICD10_SYSTEM.search(system)):
        return 0
    mask = 0
    for low, high, label in ICD10_RANGES:
        if low <= code[: len(low)] and code[: len(high)] <= high:
            mask |= label
    if notifiable(code):
        mask |= Label.NOTIFIABLE
    return int(mask)


@functools.lru_cache(maxsize=16384)
def of_text(text: str) -> int:
    """The labels of a diagnosis, test or medicine by its name."""
    folded = text.casefold()
    mask = 0
    for words, label in TEXT_WORDS:
        if words.search(folded):
            mask |= label
    return int(mask)


def _concept(concept: Resource, diagnosis: bool) -> tuple[int, bool]:
    """The labels of a CodeableConcept, and whether any code of it is one that others know."""
    mask, shared = 0, False
    for coding in concept.get("coding", ()):
        system = coding.get("system", "")
        mask |= of_code(system, coding.get("code", ""), diagnosis)
        if display := coding.get("display"):
            mask |= of_text(display)
        shared = shared or system.startswith(SHARED_SYSTEMS) or bool(_ICD10_SYSTEM.search(system))
    if text := concept.get("text"):
        mask |= of_text(text)
    return mask, shared


def _concepts(resource: Resource, kind: str) -> Iterator[Resource]:
    for name in _CONCEPTS.get(kind, ("code",)):
        yield from listed(resource.get(name))
    if kind == "Observation":
        for component in resource.get("component", ()):
            yield from listed(component.get("code"))
    elif kind == "FamilyMemberHistory":
        for condition in resource.get("condition", ()):
            yield from listed(condition.get("code"))


def _department(resource: Resource, kind: str) -> str:
    if kind != "Encounter":
        return ""
    service = resource.get("serviceType") or {}
    coding = (service.get("coding") or [{}])[0]
    named = [coding.get("code", ""), coding.get("display", ""), service.get("text", "")]
    named += [one.get("location", {}).get("display", "") for one in resource.get("location", ())]
    return " ".join(part for part in named if part)


@functools.lru_cache(maxsize=4096)
def _of_department(department: str, understood: bool) -> int:
    code = department.split(" ", maxsplit=1)[0]
    for prefix in (code, code[:5], code[:2]):
        if prefix in DEPARTMENT_CODES and re.fullmatch(r"[\d.]+", code):
            return int(DEPARTMENT_CODES[prefix])
    folded = department.casefold()
    mask = 0
    for words, label in DEPARTMENT_WORDS:
        if words.search(folded):
            mask |= label
    if not mask and not understood and MIXED_DEPARTMENT.search(folded):
        mask = Label.UNKNOWN_SENSITIVE_DEPARTMENT
    return int(mask)


def _is_report_card(resource: Resource) -> bool:
    return any(
        coding.get("code") in REPORT_CARDS
        for name in ("category", "type")
        for concept in listed(resource.get(name))
        for coding in concept.get("coding", ())
    )


def _denied(resource: Resource) -> bool:
    """Whether a diagnosis was taken back: what was refuted is not reported."""
    status = resource.get("verificationStatus")
    return isinstance(status, dict) and any(
        coding.get("code") in _NOT_SO for coding in status.get("coding", ())
    )


def _is_directory(resource: Resource) -> bool:
    return resource["resourceType"] in _UNLABELLED and resource["resourceType"] != "Patient"
