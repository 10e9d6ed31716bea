"""TXA, and OBX in MDM: documents with their text or file."""

import base64
from html import escape

from adapters.hl7v2.datatypes import concepts, documents
from adapters.hl7v2.datatypes.identifiers import entity_key
from adapters.hl7v2.draft import Draft
from adapters.hl7v2.message import Segment
from adapters.hl7v2.segments import attachments, results

_TEXTS = frozenset(("TX", "FT", "ST", ""))


def txa(draft: Draft, segment: Segment) -> None:
    """A document, keyed by its unique number (TXA-12), else by type and time."""
    number = entity_key(segment.raw(12), draft)
    key = number or f"{draft.value(2)}|{draft.value(4) or draft.value(6) or draft.sent}"
    reference = draft.begin("DocumentReference", key)
    reference["status"] = "entered-in-error" if draft.event == "T11" else "current"
    reference["subject"] = draft.subject()
    draft.apply("TXA[DocumentReference]", reference)
    if draft.encounter:
        reference["context"] = {"encounter": [{"reference": draft.encounter}]}
    reference["content"] = [{"attachment": {"title": reference.get("description") or draft.value(16) or key}}]
    parent = entity_key(segment.raw(13), draft)
    if parent and parent != number:
        target = f"DocumentReference/{draft.identity('DocumentReference', parent)}"
        code = "appends" if draft.event in ("T05", "T06") else "replaces"
        reference["relatesTo"] = [{"code": code, "target": {"reference": target}}]
    draft.keep(reference)
    draft.document = reference
    draft.noted = reference


def obx(draft: Draft, segment: Segment) -> None:
    """In MDM: text lines and files are the document's content, everything else is an observation."""
    reference = draft.document
    kind = draft.value(2).upper()
    if reference is None or (kind not in _TEXTS and kind not in ("ED", "RP")):
        results.obx(draft, segment)
        return
    if concept := concepts.cwe(segment.raw(3), draft):
        held = reference.setdefault("category", [])
        if concept not in held:
            held.append(concept)
    if kind in ("ED", "RP"):
        raw = segment.raw(5)
        found = documents.pointer(raw, draft) if kind == "RP" else documents.attachment(raw, draft)
        if found:
            key = f"{reference['id']}|{draft.occurrence('mdm')}"
            _attach(draft, attachments.kept(draft, key, found, f"DocumentReference/{reference['id']}"))
        return
    lines = [draft.encoding.text(piece) for piece in segment.raw(5).split(draft.encoding.repetition)]
    draft.lines.extend(lines)
    _attach_text(draft)


def _attach(draft: Draft, attachment: dict[str, object]) -> None:
    reference = draft.document
    if reference is None:
        return
    content = reference["content"]
    if set(content[0]["attachment"]) == {"title"}:
        content[0]["attachment"] = {**attachment, "title": content[0]["attachment"]["title"]}
    else:
        content.append({"attachment": attachment})


def _attach_text(draft: Draft) -> None:
    """All text lines so far as one plain-text attachment, and as the document's narrative."""
    reference = draft.document
    text = "\n".join(draft.lines)
    if reference is None or not text.strip():
        return
    data = base64.b64encode(text.encode()).decode()
    plain = [
        entry["attachment"]
        for entry in reference["content"]
        if entry["attachment"].get("contentType") == "text/plain"
    ]
    if plain:
        plain[0]["data"] = data
    else:
        _attach(draft, {"contentType": "text/plain", "data": data})
    body = "<br/>".join(escape(line) for line in draft.lines)
    reference["text"] = {
        "status": "generated",
        "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{body}</p></div>',
    }


HANDLERS = {"TXA": txa}
