"""Allergies and intolerances (C-CDA Allergy - Intolerance Observation 2.16.840.1.113883.10.20.22.4.7)."""

from typing import Any

from adapters.cda import datatypes, participants, related
from adapters.cda.document import Document, Section
from adapters.cda.problems import coded
from adapters.cda.reading import attribute, words
from adapters.safe_xml import Element

CLINICAL = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
SNOMED = "http://snomed.info/sct"
_REACTION = f"{related.CCDA}9"
_STATUS = (f"{related.CCDA}28", "2.16.840.1.113883.10.20.1.39")
_CRITICALITY = f"{related.CCDA}145"
_KINDS = {  # the kind of propensity: (type, category)
    "419199007": ("allergy", ""),
    "416098002": ("allergy", "medication"),
    "414285001": ("allergy", "food"),
    "426232007": ("allergy", "environment"),
    "418038007": ("", ""),
    "418471000": ("", "food"),
    "419511003": ("", "medication"),
    "420134006": ("", ""),
    "59037007": ("intolerance", "medication"),
    "235719002": ("intolerance", "food"),
    "232347008": ("allergy", "environment"),
    "300916003": ("allergy", "environment"),
}
_NONE_KNOWN = {
    "416098002": ("409137002", "No known drug allergy"),
    "414285001": ("429625007", "No known food allergy"),
    "426232007": ("428607008", "No known environmental allergy"),
}
_SEVERITIES = {
    "255604002": "mild",
    "371923003": "moderate",
    "6736007": "moderate",
    "371924009": "severe",
    "24484000": "severe",
    "399166001": "severe",
}
_CRITICAL = {"CRITL": "low", "CRITH": "high", "CRITU": "unable-to-assess"}
_ENDED = {"73425007": "inactive", "413322009": "resolved"}


def allergy(document: Document, section: Section, observation: Element) -> list[dict[str, str]]:
    """One allergy observation with its substance, reactions and severity."""
    substances = _substances(document, observation)
    value = observation.find("value")
    kind = attribute(observation, "value", "code")
    negated = related.negated(observation)
    if negated and not substances:
        code, display = _NONE_KNOWN.get(kind, ("716186003", "No known allergy"))
        substances = [{"coding": [{"system": SNOMED, "code": code, "display": display}], "text": display}]
        negated = False
    if not substances:
        fallback = document.concept(value) or document.concept(observation.find("code"))
        substances = [fallback or {"text": document.text(observation) or section.title or "Allergy"}]
    reactions = related.with_template(observation, _REACTION)
    severities = related.with_template(observation, related.SEVERITY)
    criticalities = related.with_template(observation, _CRITICALITY)
    statuses = related.with_template(observation, *_STATUS) + related.with_code(observation, "33999-4")
    notes, read = related.comments(document, observation)
    author, authored = participants.author(document, observation)
    made = [found for act in reactions if (found := _reaction(document, act, severities))]
    if severities and not made and (grade := document.concept(severities[0].find("value"))):
        notes = [*notes, {"text": f"Severity: {grade.get('text') or grade['coding'][0]['code']}"}]
    typed, category = _KINDS.get(kind, ("", ""))
    elements: dict[str, Any] = {
        "identifier": datatypes.identifiers(observation),
        "clinicalStatus": coded(CLINICAL, _clinical_status(observation, statuses)),
        "verificationStatus": coded(VERIFICATION, "refuted" if negated else "confirmed"),
        "type": typed,
        "category": [category] if category else [],
        "criticality": next(
            (_CRITICAL[c] for act in criticalities if (c := attribute(act, "value", "code")) in _CRITICAL),
            None,
        ),
        "code": substances[0],
        "patient": document.subject,
        "encounter": document.encounter_reference(),
        "recordedDate": authored,
        "recorder": author if author and author.get("reference", "").startswith("Practitioner/") else None,
        "note": related.note(document, observation, notes),
        "reaction": made
        + [{"substance": other, "manifestation": [{"text": "not stated"}]} for other in substances[1:]],
    }
    onset = document.timing(observation, "onset")
    elements |= onset
    reference = document.add("AllergyIntolerance", document.key(observation, "AllergyIntolerance"), elements)
    return [
        reference,
        *section.inside(document, observation, [*reactions, *severities, *criticalities, *statuses, *read]),
    ]


def _substances(document: Document, observation: Element) -> list[dict[str, Any]]:
    found = []
    for entity in observation.findall("participant/participantRole/playingEntity"):
        made = document.concept(entity.find("code"))
        label = words(entity.find("name"))
        if made or label:
            found.append(
                {**(made or {}), "text": label or (made or {}).get("text", "")} if label else made or {}
            )
    return found


def _reaction(document: Document, act: Element, outer: list[Element]) -> dict[str, Any] | None:
    manifestation = document.concept(act.find("value"))
    severities = related.with_template(act, related.SEVERITY) or outer
    text = document.text(act)
    if manifestation is None and not text:
        return None
    made: dict[str, Any] = {"manifestation": [manifestation or {"text": text}]}
    if manifestation and text and text != manifestation.get("text"):
        made["description"] = text
    if onset := datatypes.moment(act.find("effectiveTime"), document.zone):
        made["onset"] = onset
    for severity in severities:
        if grade := _SEVERITIES.get(attribute(severity, "value", "code")):
            made["severity"] = grade
    return made


def _clinical_status(observation: Element, statuses: list[Element]) -> str:
    for act in statuses:
        if (code := attribute(act, "value", "code")) in _ENDED:
            return _ENDED[code]
    concern = next(observation.iterancestors("act"), None)
    ended = concern is not None and attribute(concern, "statusCode", "code") == "completed"
    return "inactive" if ended and not statuses else "active"
