"""Parts of Immunization (RXA, ORC)."""

from typing import Any

from adapters.hl7v2.datatypes import concepts, parties, quantities
from adapters.hl7v2.draft import Draft

_FUNCTION = "http://terminology.hl7.org/CodeSystem/v2-0443"


def performer(raw: str, draft: Draft, function: str) -> dict[str, Any] | None:
    """Immunization.performer; OP ordered it, AP gave it."""
    who = parties.practitioner(raw, draft)
    if who is None:
        return None
    return {"function": {"coding": [{"system": _FUNCTION, "code": function}]}, "actor": who}


def report_origin(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Where a record of a dose comes from (NIP001); 00 says that it was given here."""
    code = draft.encoding.first(raw)
    if not code or code == "00" or len(code) != 2:
        return None
    return concepts.cwe(raw, draft)


def administered_at(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Place of an LA2, or of its facility (LA2.4) alone."""
    pieces = raw.split(draft.encoding.component)
    first = draft.encoding.component.join(pieces[:4])
    return parties.place(first, draft)


def maker(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Manufacturer of RXA-17."""
    texts = draft.encoding.texts(raw)
    system = concepts.system_of(texts[2], draft.source.name) if len(texts) > 2 and texts[2] else ""
    return parties.named_organization(concepts.shown(raw, draft) or "", texts[0], draft, system=system)


def amount(raw: str, draft: Draft, unit_path: str) -> dict[str, Any] | None:
    """Dose; 999 is the registry's way to say that the amount is not known."""
    text = draft.encoding.first(raw)
    if text.strip("9") in ("", ".") and len(text) >= 3:
        return None
    position = int(unit_path.partition("-")[2])
    return quantities.quantity(text, quantities.unit(draft.segment.raw(position), draft))
