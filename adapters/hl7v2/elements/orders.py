"""Parts of ServiceRequest that depend on several fields."""

from adapters.hl7v2.datatypes import timing
from adapters.hl7v2.draft import Draft, Resource
from adapters.hl7v2.order import Order

_PRIORITIES = {"S": "stat", "A": "asap", "R": "routine", "P": "urgent", "C": "asap", "T": "urgent"}


def request_status(draft: Draft, order: Order, said: str) -> str:
    """ServiceRequest.status: what ORC says; a final result (OBR-25) completes the order unless ORC-5 says otherwise."""
    explicit = order.orc is not None and bool(order.orc.raw(5))
    result = draft.value(25).upper()
    if not explicit and result in ("F", "C", "M"):
        return "completed"
    if not explicit and result == "X":
        return "revoked"
    if said and said != "unknown":
        return said
    return "active"


def intent(draft: Draft) -> str:
    """ServiceRequest.intent from the specimen action code (OBR-11)."""
    return "reflex-order" if draft.value(11).upper() == "G" else "order"


def old_timing(draft: Draft, request: Resource, raw: str, shown: str) -> None:
    """Quantity and timing as a TQ (ORC-7, OBR-27 up to 2.4): occurrence and priority."""
    first = raw.split(draft.encoding.repetition, maxsplit=1)[0]
    found = timing.quantity_timing(first, draft)
    texts = draft.encoding.texts(first)
    if (
        len(texts) > 5
        and texts[5]
        and "priority" not in request
        and (priority := _PRIORITIES.get(texts[5][0].upper()))
    ):
        request["priority"] = priority
    if not found or any(name.startswith("occurrence") for name in request):
        return
    bounds = found.get("repeat", {}).get("boundsPeriod", {})
    if set(found) == {"repeat"} and set(found["repeat"]) == {"boundsPeriod"} and set(bounds) == {"start"}:
        request["occurrenceDateTime"] = bounds["start"]
    else:
        request["occurrenceTiming"] = found
