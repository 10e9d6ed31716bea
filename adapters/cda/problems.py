"""Problems and diagnoses to Condition (C-CDA Problem Observation 2.16.840.1.113883.10.20.22.4.4)."""

from typing import Any

from adapters.cda import datatypes, participants, related
from adapters.cda.document import Document, Section
from adapters.cda.reading import attribute
from adapters.safe_xml import Element

CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"
_STATUS_TEMPLATES = (f"{related.CCDA}6", "2.16.840.1.113883.10.20.1.50")
_STATUS = {
    "55561003": "active",
    "413322009": "resolved",
    "73425007": "inactive",
    "90734009": "active",
    "246455001": "recurrence",
    "263855007": "relapse",
    "277022003": "remission",
    "active": "active",
    "resolved": "resolved",
    "inactive": "inactive",
}
_CONCERN = {"completed": "resolved", "suspended": "inactive", "aborted": "inactive", "active": "active"}
_ABATED = frozenset({"resolved", "inactive", "remission"})


def coded(system: str, code: str) -> dict[str, Any]:
    """A CodeableConcept of one code."""
    return {"coding": [{"system": system, "code": code}]}


def condition(document: Document, section: Section, observation: Element) -> list[dict[str, str]]:
    """One problem observation; what else it holds is taken on its own."""
    value = observation.find("value")
    code = (document.concept(value) if value is not None else None) or document.concept(
        observation.find("code")
    )
    if code is None and not (text := document.text(observation)):
        return section.inside(document, observation)
    status_acts = related.with_template(observation, *_STATUS_TEMPLATES) + related.with_code(
        observation, "33999-4"
    )
    severities = related.with_template(observation, related.SEVERITY)
    ages = related.with_code(observation, "445518008", "397659008")
    notes, read = related.comments(document, observation)
    when = observation.find("effectiveTime")
    span = datatypes.period(when, document.zone) or {}
    abated = span.get("end") if when is not None and when.find("high") is not None else None
    author, authored = participants.author(document, observation)
    negated = related.negated(observation)
    elements = {
        "identifier": datatypes.identifiers(observation),
        "clinicalStatus": coded(
            CLINICAL, "inactive" if negated else _clinical_status(observation, status_acts, bool(abated))
        ),
        "verificationStatus": coded(VERIFICATION, "refuted") if negated else None,
        "category": [
            coded(CATEGORY, "problem-list-item" if section.code == "11450-4" else "encounter-diagnosis")
        ],
        "severity": document.concept(severities[0].find("value")) if severities else None,
        "code": code or {"text": text},
        "subject": document.subject,
        "encounter": document.encounter_reference(),
        "onsetDateTime": span.get("start"),
        "abatementDateTime": abated,
        "recordedDate": authored,
        "recorder": author if author and author.get("reference", "").startswith("Practitioner/") else None,
        "note": related.note(document, observation, notes),
    }
    if not span.get("start") and ages and (age := datatypes.quantity(ages[0].find("value"))):
        elements["onsetString"] = f"{age['value']} {age.get('unit', '')}".strip()
    made = document.add("Condition", document.key(observation, "Condition"), elements)
    return [made, *section.inside(document, observation, [*status_acts, *severities, *ages, *read])]


def _clinical_status(observation: Element, status_acts: list[Element], abated: bool) -> str:
    """The status observation decides, then the end, then the concern around it; what ended can't be active."""
    found = ""
    for act in status_acts:
        found = found or _STATUS.get(attribute(act, "value", "code").lower(), "")
    if abated and found not in _ABATED:
        return "resolved"
    if found:
        return found
    concern = next(observation.iterancestors("act"), None)
    return (
        _CONCERN.get(attribute(concern, "statusCode", "code"), "active") if concern is not None else "active"
    )
