"""FT1: charges."""

from adapters.hl7v2.draft import Draft
from adapters.hl7v2.elements.visits import account_number
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
    if account := _account(draft):
        item["account"] = [{"reference": account}]
    draft.keep(item)
    draft.noted = item


def _account(draft: Draft) -> str:
    """The account that PID-18 numbers."""
    patient = draft.message.named("PID")[-1]
    identifier = (
        account_number(patient.raw(18).split(draft.encoding.repetition)[0], draft)
        if patient.raw(18)
        else None
    )
    if identifier is None:
        return ""
    account = draft.begin("Account", identifier["value"])
    account["identifier"] = [identifier]
    account["status"] = "active"
    account["subject"] = [draft.subject()]
    return draft.keep(account)


HANDLERS = {"FT1": ft1}
