"""Observations and organizers: results, vital signs, social history, assessments, and whatever has a code and a value."""

from typing import Any

from adapters.cda import datatypes, participants, related
from adapters.cda.document import Document, Section
from adapters.cda.problems import coded
from adapters.cda.reading import attribute
from adapters.safe_xml import Element

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
CATEGORIES = {
    "8716-3": "vital-signs",
    "30954-2": "laboratory",
    "29762-2": "social-history",
    "29545-1": "exam",
    "10210-3": "exam",
    "18748-4": "imaging",
    "47420-5": "survey",
    "10190-7": "survey",
    "51848-0": "survey",
}
_STATUS = {
    "completed": "final",
    "active": "preliminary",
    "aborted": "cancelled",
    "cancelled": "cancelled",
    "nullified": "entered-in-error",
}
_NULLS = {
    "UNK": "unknown",
    "NASK": "not-asked",
    "ASKU": "asked-unknown",
    "NA": "not-applicable",
    "NAV": "temp-unknown",
    "MSK": "masked",
}


def status(act: Element) -> str:
    """The status of an observation or report from its statusCode."""
    return _STATUS.get(attribute(act, "statusCode", "code"), "final")


def category(section: Section) -> list[dict[str, Any]]:
    """The category that the section gives."""
    found = CATEGORIES.get(section.code)
    return [coded(CATEGORY, found)] if found else []


def observation(document: Document, section: Section, act: Element) -> list[dict[str, str]]:
    """One observation; the observations that it holds become its members."""
    code = document.concept(act.find("code"))
    values = [
        found
        for value in act.findall("value")
        if (found := datatypes.value_of(value, document.texts, document.zone))
    ]
    text = document.text(act)
    notes, read = related.comments(document, act)
    inner = section.inside(document, act, read)
    if code is None and not values and not text:
        return inner
    author, authored = participants.author(document, act)
    elements: dict[str, Any] = {
        "identifier": datatypes.identifiers(act),
        "status": status(act),
        "category": category(section),
        "code": code or {"text": section.title or text or "Observation"},
        "subject": document.subject,
        "encounter": document.encounter_reference(),
        **(document.timing(act) or _inherited_timing(document, act)),
        "issued": authored if authored and len(authored) > 10 else None,
        "performer": participants.performers(document, act) or ([author] if author else []),
        "interpretation": [
            made for found in act.findall("interpretationCode") if (made := document.concept(found))
        ],
        "method": document.concept(act.find("methodCode")),
        "bodySite": document.concept(act.find("targetSiteCode")),
        "referenceRange": _reference_ranges(document, act),
        "note": related.note(document, act, notes) if values else notes,
        "hasMember": [entry for entry in inner if entry["reference"].startswith("Observation/")],
    }
    if related.negated(act):
        elements["note"] = [
            *elements["note"],
            {"text": "Negated: the document says that this was not observed."},
        ]
    if values:
        suffix, value = values[0]
        elements[f"value{suffix}"] = value
    elif text:
        elements["valueString"] = text
    elif not elements["hasMember"] and (null := attribute(act, "value", "nullFlavor")):
        elements["dataAbsentReason"] = coded(ABSENT, _NULLS.get(null, "unknown"))
    if len(values) > 1:
        elements["component"] = [
            {"code": elements["code"], f"value{suffix}": value} for suffix, value in values[1:]
        ]
    made = document.add("Observation", document.key(act, "Observation"), elements)
    others = [entry for entry in inner if entry not in elements["hasMember"]]
    return [made, *others]


def organizer(document: Document, section: Section, act: Element) -> list[dict[str, str]]:
    """A battery of results becomes DiagnosticReport, any other organizer with a code an Observation with members."""
    notes, read = related.comments(document, act)
    inner = section.inside(document, act, read)
    members = [entry for entry in inner if entry["reference"].startswith("Observation/")]
    code = document.concept(act.find("code"))
    if not members or code is None:
        return inner
    timed = document.timing(act)
    if section.code == "30954-2" or f"{related.CCDA}1" in {
        found.get("root") for found in act.findall("templateId")
    }:
        elements = {
            "identifier": datatypes.identifiers(act),
            "status": status(act),
            "category": [coded("http://terminology.hl7.org/CodeSystem/v2-0074", "LAB")],
            "code": code,
            "subject": document.subject,
            "encounter": document.encounter_reference(),
            **(timed or _inherited_timing(document, act)),
            "performer": participants.performers(document, act),
            "result": members,
        }
        made = document.add("DiagnosticReport", document.key(act, "DiagnosticReport"), elements)
    else:
        elements = {
            "identifier": datatypes.identifiers(act),
            "status": status(act),
            "category": category(section),
            "code": code,
            "subject": document.subject,
            "encounter": document.encounter_reference(),
            **timed,
            "note": notes,
            "hasMember": members,
        }
        made = document.add("Observation", document.key(act, "Observation"), elements)
    return [made, *(entry for entry in inner if entry not in members)]


def _inherited_timing(document: Document, act: Element) -> dict[str, Any]:
    """The time of the act around it: parts of a battery often leave theirs out."""
    for outer in act.iterancestors("organizer", "observation", "act"):
        if found := document.timing(outer):
            return found
    return {"effectiveDateTime": document.date} if document.date else {}


def _reference_ranges(document: Document, act: Element) -> list[dict[str, Any]]:
    made = []
    for found in act.findall("referenceRange/observationRange"):
        value = found.find("value")
        span = datatypes.range_of(value) if value is not None else None
        text = document.text(found) or (
            datatypes.pointed(value, document.texts) if value is not None and not span else ""
        )
        entry: dict[str, Any] = {**(span or {})}
        if text:
            entry["text"] = text
        if entry:
            made.append(entry)
    return made
