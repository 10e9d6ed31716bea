"""Dosage of prescriptions, dispenses and administrations: amounts, rates, routes and times."""

from datetime import datetime, timedelta
from typing import Any

from adapters.hl7v2.datatypes import quantities, timing
from adapters.hl7v2.draft import Draft, Resource
from adapters.hl7v2.order import Order
from adapters.hl7v2.stamps import ordered_period

_DOSE_TYPE = {
    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/dose-rate-type", "code": "ordered"}]
}
_UCUM_TIMES = {
    "S": "s",
    "M": "min",
    "H": "h",
    "D": "d",
    "W": "wk",
    "L": "mo",
    "MIN": "min",
    "WK": "wk",
    "MO": "mo",
    "A": "a",
}


def of(resource: Resource, order: Order) -> Resource:
    """The first dosage of a resource, made when it is asked for."""
    entries = resource.setdefault("dosageInstruction", [])
    if not entries:
        entries.append({})
    first: Resource = entries[0]
    order.dosage = first
    return first


def amounts(draft: Draft, dosage: Resource, low_at: int, high_at: int, unit_at: int) -> None:
    """Dose as quantity, or as range where low and high differ."""
    unit = quantities.unit(draft.segment.raw(unit_at), draft)
    low = quantities.quantity(draft.value(low_at), unit) if draft.value(low_at) else None
    high = quantities.quantity(draft.value(high_at), unit) if draft.value(high_at) else None
    for quantity in (low, high):
        if quantity:
            quantity.pop("comparator", None)
    if low or high:
        _dose(dosage).pop("doseQuantity", None)
        _dose(dosage).pop("doseRange", None)
    if low and high and low["value"] < high["value"]:
        _dose(dosage)["doseRange"] = {"low": low, "high": high}
    elif low or high:
        _dose(dosage)["doseQuantity"] = low or high
    elif draft.value(low_at):
        dosage.setdefault("additionalInstruction", []).append(
            {"text": f"{draft.value(low_at)} {unit.get('unit', '')}".strip()}
        )


def rate(draft: Draft, dosage: Resource, value_at: int, unit_at: int) -> None:
    """Rate of an infusion."""
    found = quantities.quantity(draft.value(value_at), quantities.unit(draft.segment.raw(unit_at), draft))
    if found:
        found.pop("comparator", None)
        _dose(dosage)["rateQuantity"] = found


def old_timing(draft: Draft, dosage: Resource, raw: str) -> None:
    """A TQ (ORC-7, RXE-1): timing, dose, instruction."""
    first = raw.split(draft.encoding.repetition, maxsplit=1)[0]
    if found := timing.quantity_timing(first, draft):
        dosage.setdefault("timing", found)
    if said := timing.text_of(first, draft):
        dosage.setdefault("text", said)
    quantity = first.split(draft.encoding.component)[0]
    if "doseAndRate" not in dosage and quantity:
        spread = quantity.replace(draft.encoding.subcomponent, draft.encoding.component)
        if dose := quantities.cq(spread, draft):
            dose.pop("comparator", None)
            _dose(dosage)["doseQuantity"] = dose


def timed(draft: Draft, dosage: Resource) -> None:
    """TQ1: repeat pattern, explicit times, bounds, count; its words as text."""
    raw = draft.segment.raw
    draft.maps["TQ1[Dosage]"](draft.segment, draft, dosage)
    found: dict[str, Any] = timing.of_pattern(draft.value(3), draft.value(3, 2))
    repeat: dict[str, Any] = found.get("repeat", {})
    hours = [
        stamp
        for piece in raw(4).split(draft.encoding.repetition)
        if (stamp := _clock(draft.encoding.first(piece)))
    ]
    if hours:
        repeat["timeOfDay"] = hours
        repeat.pop("when", None)
    length = _duration(draft, raw(6))
    start, end = draft.stamp(7), draft.stamp(8)
    if start and length and not end:
        end = _later(start, length)
    if bounds := ordered_period(start, end):
        repeat["boundsPeriod"] = bounds
    elif length:
        repeat["boundsDuration"] = length
    count = draft.value(14)
    if count.isascii() and count.isdigit() and int(count) > 0:
        repeat["count"] = int(count)
    if repeat:
        found["repeat"] = repeat
    if found:
        dosage["timing"] = found
    if raw(2) and "doseAndRate" not in dosage and (dose := quantities.cq(raw(2), draft)):
        dose.pop("comparator", None)
        _dose(dosage)["doseQuantity"] = dose


def route(draft: Draft, dosage: Resource) -> None:
    """RXR: route, site, method."""
    draft.maps["RXR[Dosage]"](draft.segment, draft, dosage)


def _dose(dosage: Resource) -> Resource:
    entries = dosage.setdefault("doseAndRate", [])
    if not entries:
        entries.append({"type": dict(_DOSE_TYPE)})
    first: Resource = entries[0]
    return first


def _clock(text: str) -> str | None:
    digits = text.replace(":", "")
    if (
        len(digits) < 4
        or not digits.isascii()
        or not digits.isdigit()
        or digits[:2] >= "24"
        or digits[2:4] >= "60"
    ):
        return None
    return f"{digits[:2]}:{digits[2:4]}:00"


def _later(start: str, length: Resource) -> str | None:
    """The end of a duration in days, weeks, hours or minutes, with the precision of its start."""
    unit = {"d": "days", "wk": "weeks", "h": "hours", "min": "minutes"}.get(length["code"])
    amount = float(length["value"])
    if unit is None or len(start) < 10 or not 0 < amount < 10_000:
        return None
    return (datetime.fromisoformat(start) + timedelta(**{unit: amount})).isoformat()[: len(start)]


def _duration(draft: Draft, raw: str) -> Resource | None:
    texts = (
        draft.encoding.texts(raw.replace(draft.encoding.subcomponent, draft.encoding.component))
        if raw
        else [""]
    )
    found = quantities.decimal(texts[0]) if texts[0] else None
    unit = _UCUM_TIMES.get(texts[1].upper()) if len(texts) > 1 else None
    if found is None or unit is None:
        return None
    return {"value": found[1], "unit": unit, "system": quantities.UCUM, "code": unit}
