"""Sensitivity labels of resources at ingest, and their inheritance along visits, reports and documents.

A label is what must not be read without the resident's explicit permit (or, for NOTIFIABLE, what the law lets the
authority read). Codes decide, then names of diagnoses and medicines, then the department; what a sensitive
department sends under codes that nobody knows is labelled too.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from consent.categories import SENSITIVE, Label
from consent.label_codes import (
    DEPARTMENT_CODES,
    DEPARTMENT_WORDS,
    ICD10_RANGES,
    LOINC,
    MIXED_DEPARTMENT,
    NOTIFIABLE_RANGES,
    TEXT_WORDS,
)

Resource = dict[str, Any]

LOINC_SYSTEM = "http://loinc.org"
SHARED_SYSTEMS = (
    "http://loinc.org",
    "http://snomed.info/sct",
    "http://hl7.org/fhir",
    "http://terminology.hl7.org",
)
REPORT_CATEGORIES = ("notifiable", "notifiable-report", "infectious-report")

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
    visited = {
        f"Encounter/{resource.get('id')}": _department(resource, "Encounter")
        for resource in resources
        if resource["resourceType"] == "Encounter"
    }
    own = [labels(resource, department or visited.get(_encounter(resource), "")) for resource in resources]
    place = {f"{resource['resourceType']}/{resource.get('id')}": at for at, resource in enumerate(resources)}
    known = dict(stored or {})
    for reference, at in place.items():
        if reference.startswith("Encounter/"):
            known[reference] = known.get(reference, 0) | own[at]
    total = list(own)
    for at, resource in enumerate(resources):
        total[at] |= known.get(_encounter(resource), 0) & SENSITIVE
    holding = [
        (at, [place[one] for one in _members(resource) if one in place])
        for at, resource in enumerate(resources)
    ]
    holding = [(at, members) for at, members in holding if members]
    for at, members in holding:
        if resources[at]["resourceType"] != "Provenance":
            for member in members:
                total[member] |= own[at] & SENSITIVE
    for at, members in sorted(holding, key=lambda held: _HEIGHT.get(resources[held[0]]["resourceType"], 0)):
        for member in members:
            total[at] |= total[member] & SENSITIVE
    for at, members in holding:
        for member in members:
            if resources[member]["resourceType"] == "Binary":
                total[member] |= total[at]
    if any(mask & Label.NOTIFIABLE and _is_report_card(resources[at]) for at, mask in enumerate(own)):
        total = [mask | Label.NOTIFIABLE for mask in total]
    return [0 if _is_directory(resources[at]) else mask for at, mask in enumerate(total)]


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
    if any(low <= code[: len(low)] and code[: len(high)] <= high for low, high in NOTIFIABLE_RANGES):
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
        yield from _listed(resource.get(name))
    if kind == "Observation":
        for component in resource.get("component", ()):
            yield from _listed(component.get("code"))
    elif kind == "FamilyMemberHistory":
        for condition in resource.get("condition", ()):
            yield from _listed(condition.get("code"))


def _listed(value: Any) -> Iterable[Resource]:
    if isinstance(value, dict):
        return (value,)
    return (one for one in value or () if isinstance(one, dict))


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
        coding.get("code") in REPORT_CATEGORIES
        for concept in _listed(resource.get("category"))
        for coding in concept.get("coding", ())
    )


def _is_directory(resource: Resource) -> bool:
    return resource["resourceType"] in _UNLABELLED and resource["resourceType"] != "Patient"


def _encounter(resource: Resource) -> str:
    held = resource.get("encounter") or resource.get("context")
    if isinstance(held, dict):
        if isinstance(reference := held.get("reference"), str):
            return reference
        for one in held.get("encounter", ()):
            return str(one.get("reference", ""))
    return ""


def _members(resource: Resource) -> Iterator[str]:
    kind = resource["resourceType"]
    for name in _HOLDS.get(kind, ()):
        for one in _listed(resource.get(name)):
            yield one.get("reference") or one.get("item", {}).get("reference", "")
    if kind == "Composition":
        yield from _entries(resource.get("section", ()))
    elif kind == "DocumentReference":
        for content in resource.get("content", ()):
            yield content.get("attachment", {}).get("url", "")
        for one in (resource.get("context") or {}).get("related", ()):
            yield one.get("reference", "")
    elif kind == "DiagnosticReport":
        for form in resource.get("presentedForm", ()):
            yield form.get("url", "")


_HOLDS = {
    "DiagnosticReport": ("result",),
    "Observation": ("hasMember", "derivedFrom"),
    "List": ("entry",),
    "Provenance": ("target",),
}


def _entries(sections: list[Resource]) -> Iterator[str]:
    for section in sections:
        for entry in section.get("entry", ()):
            yield entry.get("reference", "")
        yield from _entries(section.get("section", ()))
