"""Sections to the Composition of the document, with the references of what their entries gave."""

from typing import Any

from adapters.cda import datatypes, entries, header, narrative, participants
from adapters.cda.document import Document, Section
from adapters.cda.reading import attribute, words
from adapters.cda.tables import document_codes, document_titles, section_titles
from adapters.safe_xml import Element

DOCUMENT_TYPES = "urn:oid:2.16.156.10011.2.4"
_CONFIDENTIALITY = frozenset({"U", "L", "M", "N", "R", "V"})
_RELATIONS = {"RPLC": "replaces", "APND": "appends", "XFRM": "transforms"}
_EMPTY = '<div xmlns="http://www.w3.org/1999/xhtml">No content.</div>'


def composition(document: Document, authors: list[dict[str, str]]) -> dict[str, str]:
    """The Composition: every section with its narrative, and its entries as references."""
    root = document.root
    body = root.findall("component/structuredBody/component/section")
    elements: dict[str, Any] = {
        "identifier": datatypes.identifier(root.find("id")),
        "status": "final",
        "type": kind(document),
        "subject": document.subject,
        "encounter": document.encounter_reference(),
        "date": document.date,
        "author": authors,
        "title": title(document),
        "confidentiality": confidentiality(root),
        "attester": _attesters(document),
        "custodian": _custodian(document),
        "relatesTo": _relations(root),
        "event": _events(document),
        "section": [made for section in body if (made := _section(document, section))],
    }
    if not document.date:
        url = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
        elements["_date"] = {"extension": [{"url": url, "valueCode": "unknown"}]}
    document.place = "body"
    return document.add("Composition", document.identity, elements)


def kind(document: Document) -> dict[str, Any]:
    """The type of the document: its code, or what its template says."""
    found = document.concept(document.root.find("code"))
    if found:
        for coding in found.get("coding", []):
            if coding.get("system") == DOCUMENT_TYPES and (known := document_titles().get(coding["code"])):
                coding.setdefault("display", known)
        return found
    for template in document.root.findall("templateId"):
        code = document_codes().get(template.get("root") or "")
        if code:
            return {"coding": [{"system": DOCUMENT_TYPES, "code": code, "display": document_titles()[code]}]}
    return {"text": words(document.root.find("title")) or "Clinical document"}


def title(document: Document) -> str:
    """The title as written, or that of the document's type."""
    code = attribute(document.root, "code", "code")
    return (
        words(document.root.find("title"))
        or document_titles().get(code)
        or kind(document).get("text")
        or "Clinical document"
    )


def confidentiality(root: Element) -> str | None:
    found = attribute(root, "confidentialityCode", "code")
    return found if found in _CONFIDENTIALITY else None


def _section(document: Document, element: Element) -> dict[str, Any] | None:
    code = document.concept(element.find("code"))
    loinc = attribute(element, "code", "code")
    heading = words(element.find("title")) or attribute(element, "code", "displayName")
    section = Section(loinc, heading or section_titles().get(loinc, ""), entries.take)
    acts = [act for entry in element.findall("entry") for act in entry if isinstance(act.tag, str)]
    document.place = f"section.{loinc or section.title or 'unnamed'}"
    section.entries += entries.take_all(document, section, acts)
    inner = [found for child in element.findall("component/section") if (found := _section(document, child))]
    text = narrative.narrative(element.find("text")) or narrative.list_of(section.lines)
    made: dict[str, Any] = {
        "title": words(element.find("title")) or section_titles().get(loinc) or heading,
        "code": code,
        "text": text,
        "entry": list(
            {entry["reference"]: {"reference": entry["reference"]} for entry in section.entries}.values()
        ),
        "section": inner,
    }
    filled = {name: value for name, value in made.items() if value}
    if not filled.keys() & {"title", "code"} and not filled:
        return None
    if not filled.keys() & {"text", "entry", "section"}:
        filled["text"] = {"status": "empty", "div": _EMPTY}
    return filled


def _attesters(document: Document) -> list[dict[str, Any]]:
    made = []
    for tag, mode in (("legalAuthenticator", "legal"), ("authenticator", "professional")):
        for found in document.root.findall(tag):
            party = participants.practitioner(document, found.find("assignedEntity"))
            time = datatypes.moment(found.find("time"), document.zone)
            if party or time:
                entry: dict[str, Any] = {"mode": mode, "time": time, "party": party}
                made.append({name: value for name, value in entry.items() if value})
    return made


def _custodian(document: Document) -> dict[str, str] | None:
    path = "custodian/assignedCustodian/representedCustodianOrganization"
    return participants.organisation(document, document.root.find(path))


def _relations(root: Element) -> list[dict[str, Any]]:
    made = []
    for found in root.findall("relatedDocument"):
        code = _RELATIONS.get(found.get("typeCode") or "")
        target = datatypes.identifier(found.find("parentDocument/id"))
        if code and target:
            made.append({"code": code, "targetIdentifier": target})
    return made


def _events(document: Document) -> list[dict[str, Any]]:
    made = []
    for found in document.root.findall("documentationOf/serviceEvent"):
        code = document.concept(found.find("code"))
        detail = [
            reference for reference in participants.performers(document, found) if "reference" in reference
        ]
        entry: dict[str, Any] = {
            "code": [code] if code else [],
            "period": datatypes.period(found.find("effectiveTime"), document.zone),
            "detail": detail,
        }
        filled = {name: value for name, value in entry.items() if value}
        if filled:
            made.append(filled)
    return made


def related_identifiers(document: Document) -> list[dict[str, Any]]:
    """Numbers of reports and orders that the header carries, for the DocumentReference's context."""
    return [{"identifier": found} for found in header.record_numbers(document.root)]
