"""Embedded documents (ED) and pointers (RP) in OBX: a DocumentReference, and a Binary for the data."""

from typing import Any

from adapters.hl7v2.datatypes import concepts, documents
from adapters.hl7v2.draft import Draft, Resource
from adapters.hl7v2.message import Segment


def document(draft: Draft, segment: Segment, kind: str, code: str) -> bool:
    """Make the document of an OBX; False when it holds neither data nor an address."""
    raw = segment.raw(5).split(draft.encoding.repetition)[0] if kind == "RP" else segment.raw(5)
    found = documents.pointer(raw, draft) if kind == "RP" else documents.attachment(raw, draft)
    if not found:
        if segment.raw(5).strip(draft.encoding.component):
            draft.warn(
                "value",
                "An embedded document could not be decoded; it was left out",
                "OBX-5",
                "undecodable-document",
            )
        return False
    order = draft.order
    place = (
        order.key if order is not None and order.key else f"{draft.value(14) or draft.sent}|{draft.encounter}"
    )
    key = f"{place}|{code}|{draft.value(4)}"
    key = f"{key}|{draft.occurrence(f'document:{key}')}"
    reference = draft.begin("DocumentReference", key)
    reference["status"] = "current"
    if concept := concepts.cwe(segment.raw(3), draft):
        reference["type"] = concept
    reference["subject"] = draft.subject()
    if when := _date(draft, order.report if order else None):
        reference["date"] = when
    attachment = kept(draft, key, found, f"DocumentReference/{reference['id']}")
    reference["content"] = [{"attachment": attachment}]
    context: dict[str, Any] = {}
    if draft.encounter:
        context["encounter"] = [{"reference": draft.encounter}]
    if order is not None and order.report is not None:
        context["related"] = [{"reference": f"DiagnosticReport/{order.report['id']}"}]
        order.report.setdefault("presentedForm", []).append(dict(attachment))
    if context:
        reference["context"] = context
    draft.keep(reference)
    draft.noted = reference
    return True


def kept(draft: Draft, key: str, attachment: Resource, owner: str) -> Resource:
    """An Attachment whose data has moved into a Binary of its own; one with an address stays as it is."""
    if "data" not in attachment:
        return attachment
    binary = draft.begin("Binary", key)
    binary["contentType"] = attachment["contentType"]
    binary["securityContext"] = {"reference": owner}
    binary["data"] = attachment["data"]
    return {"contentType": attachment["contentType"], "url": draft.keep(binary)}


def _date(draft: Draft, report: Resource | None) -> str | None:
    """DocumentReference.date is an instant: the observation's, else the report's issue."""
    stamp = draft.stamp(14)
    if stamp and "T" in stamp:
        return stamp
    return report.get("issued") if report else None
