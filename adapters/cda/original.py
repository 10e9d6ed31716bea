"""The document as it came: DocumentReference and Binary, and a Provenance from everything made of it."""

import base64
import binascii
from typing import Any

from adapters.cda import composition, datatypes
from adapters.cda.document import SHARED, Document
from adapters.cda.reading import attribute, words
from adapters.feeds.dates import fhir_instant

_UNTRACED = SHARED | {"Binary"}


def keep(document: Document, payload: bytes, authors: list[dict[str, str]], kept: dict[str, str]) -> None:
    """Add the original, the embedded body of an unstructured document, and the Provenance."""
    original = document.add("Binary", f"{document.identity}/xml", _binary("application/xml", payload))
    contents = [{"attachment": _attachment("application/xml", original["reference"], document)}]
    contents += _unstructured(document)
    made: dict[str, Any] = {
        "masterIdentifier": datatypes.identifier(document.root.find("id")),
        "status": "current",
        "docStatus": "final",
        "type": composition.kind(document),
        "subject": document.subject,
        "date": fhir_instant(document.date.replace("T", " "), document.zone) if document.date else None,
        "author": [author for author in authors if "reference" in author],
        "custodian": _organisation(document.made[kept["reference"]].get("custodian")),
        "description": composition.title(document),
        "content": contents,
        "context": _context(document),
    }
    level = composition.confidentiality(document.root)
    if level:
        system = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
        made["securityLabel"] = [{"coding": [{"system": system, "code": level}]}]
    reference = document.add("DocumentReference", document.identity, made)
    _provenance(document, reference, authors, made["date"])


def _organisation(reference: dict[str, str] | None) -> dict[str, str] | None:
    return reference if reference and "reference" in reference else None


def _context(document: Document) -> dict[str, Any] | None:
    made: dict[str, Any] = {
        "encounter": [{"reference": document.encounter}] if document.encounter else [],
        "related": composition.related_identifiers(document),
    }
    return {name: value for name, value in made.items() if value} or None


def _binary(content_type: str, content: bytes) -> dict[str, Any]:
    return {"contentType": content_type, "data": base64.b64encode(content).decode("ascii")}


def _attachment(content_type: str, url: str, document: Document) -> dict[str, Any]:
    made: dict[str, Any] = {"contentType": content_type, "url": url, "title": composition.title(document)}
    if document.date:
        made["creation"] = document.date
    return made


def _unstructured(document: Document) -> list[dict[str, Any]]:
    """nonXMLBody: its bytes in a Binary, or the address that it points to."""
    text = document.root.find("component/nonXMLBody/text")
    if text is None:
        return []
    content_type = attribute(text, "", "mediaType") or "text/plain"
    target = attribute(text, "reference", "value")
    if target:
        return [{"attachment": _attachment(content_type, target, document)}]
    content = words(text).encode("utf-8")
    if attribute(text, "", "representation") == "B64":
        try:
            content = base64.b64decode("".join((text.text or "").split()), validate=True)
        except (binascii.Error, ValueError):
            content_type = "text/plain"
    if not content:
        return []
    binary = document.add("Binary", f"{document.identity}/body", _binary(content_type, content))
    return [{"attachment": _attachment(content_type, binary["reference"], document)}]


def _provenance(
    document: Document, reference: dict[str, str], authors: list[dict[str, str]], recorded: str | None
) -> None:
    if not recorded:
        return
    targets = [{"reference": made} for made in document.made if made.partition("/")[0] not in _UNTRACED]
    elements = {
        "target": targets,
        "recorded": recorded,
        "agent": [{"who": author} for author in authors],
        "entity": [{"role": "source", "what": reference}],
    }
    document.add("Provenance", document.identity, elements)
