"""FT1: charges."""

from adapters.hl7v2.draft import Draft
from adapters.hl7v2.message import Segment
from adapters.hl7v2.segments.patient import leftover


def ft1(draft: Draft, segment: Segment) -> None:
    """A charge, keyed by its transaction number, else by code and time; a credit (CR) reverses it."""
    code = draft.value(7) or draft.value(7, 2) or draft.value(25)
    if not code:
        leftover(draft, segment)
        return
    key = draft.value(2) or f"{code}|{draft.value(4)}|{draft.encounter}"
    item = draft.begin("ChargeItem", f"{key}|{draft.occurrence(f'charge:{key}')}")
    item["status"] = "aborted" if draft.value(6).upper() == "CR" else "billable"
    item["subject"] = draft.subject()
    draft.within(item, "context")
    draft.apply("FT1[ChargeItem]", item)
    item.setdefault("code", {"text": code})
    if quantity := item.get("quantity"):
        quantity.pop("comparator", None)
    draft.keep(item)
    draft.noted = item


HANDLERS = {"FT1": ft1}
