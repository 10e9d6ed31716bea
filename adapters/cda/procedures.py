"""Procedures and other acts: done ones to Procedure, planned ones to ServiceRequest; goals; encounters in entries."""

from typing import Any

from adapters.cda import data_elements, datatypes, participants, related
from adapters.cda.document import Document, Section
from adapters.cda.reading import attribute, is_void, words
from adapters.safe_xml import Element

_DONE = {
    "completed": "completed",
    "active": "in-progress",
    "aborted": "stopped",
    "cancelled": "not-done",
    "suspended": "on-hold",
}
_ASKED = {
    "completed": "completed",
    "active": "active",
    "aborted": "revoked",
    "cancelled": "revoked",
    "suspended": "on-hold",
}
_VISIT = {"completed": "finished", "active": "in-progress", "cancelled": "cancelled", "aborted": "cancelled"}
_CLASS = {"AMB", "EMER", "FLD", "HH", "IMP", "ACUTE", "NONAC", "OBSENC", "PRENC", "SS", "VR"}
_ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_CLASS_BY_TYPE = {"99281": "EMER", "4525004": "EMER", "IMP": "IMP", "32485007": "IMP", "183452005": "EMER"}


def procedure(document: Document, section: Section, act: Element) -> list[dict[str, str]]:
    """A procedure, act or observation about something done or to be done."""
    code = document.concept(act.find("code"))
    text = document.text(act)
    notes, read = related.comments(document, act)
    indications = related.with_template(act, related.INDICATION)
    if code is None and not text:
        return section.inside(document, act)
    author, authored = participants.author(document, act)
    status = attribute(act, "statusCode", "code")
    elements: dict[str, Any] = {
        "identifier": datatypes.identifiers(act),
        "code": code or {"text": text},
        "subject": document.subject,
        "encounter": document.encounter_reference(),
        "reasonCode": [made for found in indications if (made := document.concept(found.find("value")))],
        "bodySite": [made for found in act.findall("targetSiteCode") if (made := document.concept(found))],
        "note": related.note(document, act, notes) if code else notes,
    }
    items, elements_inside = data_elements.items_inside(document, act)
    named = next((item.text for item in items if item.role == "procedure-name" and item.text), "")
    if named:
        elements["code"] = {**elements["code"], "text": named}
    elements["note"] = [
        *elements["note"],
        *({"text": item.line} for item in items if item.role != "procedure-name"),
    ]
    if related.mood(act) == "EVN":
        kind = "Procedure"
        elements |= {
            "status": "not-done" if related.negated(act) else _DONE.get(status, "completed"),
            **document.timing(act, "performed"),
            "performer": [
                *({"actor": found} for found in participants.performers(document, act)),
                *_team(act),
            ],
            "focalDevice": [{"manipulated": device} for device in _devices(document, act)],
        }
    else:
        kind = "ServiceRequest"
        elements |= {
            "status": _ASKED.get(status, "active"),
            "intent": "order"
            if related.mood(act) == "RQO"
            else "plan"
            if related.mood(act) == "INT"
            else "proposal",
            "doNotPerform": True if related.negated(act) else None,
            **document.timing(act, "occurrence"),
            "authoredOn": authored,
            "requester": author,
            "performer": participants.performers(document, act),
        }
        if value := _value_text(document, act):
            elements["note"] = [*elements["note"], {"text": value}]
    made = document.add(kind, document.key(act, kind), elements)
    return [made, *section.inside(document, act, [*indications, *read, *elements_inside])]


def _team(act: Element) -> list[dict[str, Any]]:
    """Assistants and nurses who stand as participants with a label of their part."""
    made = []
    for role in act.findall("participant[@typeCode='ATND']/participantRole"):
        name, part = words(role.find("playingEntity/name")), attribute(role, "code", "displayName")
        if name and not is_void(name):
            made.append({"function": {"text": part}, "actor": {"display": name}})
    return made


def goal(document: Document, section: Section, act: Element) -> list[dict[str, str]]:
    """An observation in the mood GOL."""
    value = _value_text(document, act)
    code = document.concept(act.find("code"))
    description = (code or {}).get("text") or document.text(act) or value or section.title
    text = f"{description}: {value}" if value and description != value else description
    elements: dict[str, Any] = {
        "identifier": datatypes.identifiers(act),
        "lifecycleStatus": "active",
        "description": {
            **({"coding": code["coding"]} if code and "coding" in code else {}),
            "text": text or "Goal",
        },
        "subject": document.subject,
    }
    start = datatypes.moment(act.find("effectiveTime"), document.zone)
    if start and len(start) >= 10:
        elements["startDate"] = start[:10]
    made = document.add("Goal", document.key(act, "Goal"), elements)
    return [made, *section.inside(document, act)]


def encounter(document: Document, section: Section, act: Element) -> list[dict[str, str]]:
    """An encounter entry; a planned one becomes a ServiceRequest."""
    if related.mood(act) != "EVN":
        return procedure(document, section, act)
    kind = document.concept(act.find("code"))
    places = act.findall("participant[@typeCode='LOC']/participantRole")
    inner = section.inside(document, act)
    found = datatypes.period(act.find("effectiveTime"), document.zone)
    reasons = [{"condition": entry} for entry in inner if entry["reference"].startswith("Condition/")]
    elements: dict[str, Any] = {
        "identifier": datatypes.identifiers(act),
        "status": _VISIT.get(attribute(act, "statusCode", "code"), "finished"),
        "class": _class(act),
        "type": [kind] if kind else [],
        "subject": document.subject,
        "participant": [
            {"individual": made} for made in participants.performers(document, act) if _is_person(made)
        ],
        "period": found,
        "diagnosis": reasons,
        "location": [
            {"location": made} for place in places if (made := participants.location(document, place))
        ],
        "hospitalization": _disposition(document, act),
    }
    made = document.add("Encounter", document.key(act, "Encounter"), elements)
    return [made, *inner]


def _is_person(reference: dict[str, str]) -> bool:
    return reference.get("reference", "Practitioner/").startswith("Practitioner/")


def _class(act: Element) -> dict[str, str]:
    codes = [
        attribute(act, "code", "code"),
        *(found.get("code") or "" for found in act.findall("code/translation")),
    ]
    for code in codes:
        if code in _CLASS:
            return {"system": _ACT_CODE, "code": code}
    guessed = next((_CLASS_BY_TYPE[code] for code in codes if code in _CLASS_BY_TYPE), "AMB")
    return {"system": _ACT_CODE, "code": guessed}


def _disposition(document: Document, act: Element) -> dict[str, Any] | None:
    found = document.concept(act.find("sdtc.dischargeDispositionCode"))
    return {"dischargeDisposition": found} if found else None


def _value_text(document: Document, act: Element) -> str:
    value = act.find("value")
    made = datatypes.value_of(value, document.texts, document.zone) if value is not None else None
    if not made:
        return ""
    suffix, found = made
    if suffix == "Quantity":
        return f"{found['value']} {found.get('unit', '')}".strip()
    if suffix == "CodeableConcept":
        return str(found.get("text") or found["coding"][0]["code"])
    return str(found) if isinstance(found, str) else words(value)


def _devices(document: Document, act: Element) -> list[dict[str, str]]:
    made = []
    for role in act.findall("participant/participantRole"):
        device = role.find("playingDevice")
        if device is None:
            continue
        kind, udi = document.concept(device.find("code")), datatypes.identifiers(role)
        elements = {
            "identifier": udi,
            "type": kind,
            "patient": document.subject,
            "deviceName": [{"name": label, "type": "model-name"}]
            if (label := words(device.find("manufacturerModelName")))
            else [],
        }
        made.append(document.add("Device", document.key(role, "Device"), elements))
    return made
