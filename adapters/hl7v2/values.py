"""OBX-5 as Observation.value[x]: typed where OBX-2 and the text agree, kept as text where they do not."""

import re
from collections.abc import Callable
from typing import Any

from adapters.hl7v2.datatypes import concepts, quantities, times
from adapters.hl7v2.draft import Draft

_TEXT = frozenset(("ST", "TX", "FT", "IS", "ID", "GTS", "SI", "VH", "DLN"))
_TYPED: dict[str, tuple[str, Callable[[str, Draft], Any]]] = {
    **dict.fromkeys(("CE", "CWE", "CNE", "CF"), ("valueCodeableConcept", concepts.cwe)),
    **dict.fromkeys(("DT", "TS", "DTM"), ("valueDateTime", times.date_time)),
    "TM": ("valueTime", times.time),
    "DR": ("valuePeriod", times.period),
    "CQ": ("valueQuantity", quantities.cq),
}
_MEASURED = re.compile(r"^[<>]?=?\s*[0-9]")
_ORIGINAL = "http://hl7.org/fhir/StructureDefinition/originalText"


def value(draft: Draft, kind: str, raw: str, unit_raw: str) -> dict[str, Any]:
    """One `value[x]` entry of a repetition of OBX-5, or nothing when it is empty."""
    if not raw or raw == '""' or kind in ("ED", "RP"):
        return {}
    unit = quantities.unit(unit_raw, draft) if unit_raw else {}
    if kind == "NM":
        return _number(draft, raw, unit)
    if kind == "SN":
        return quantities.structured(raw, draft, unit) or _text(draft, _joined(draft, raw), unit)
    if kind == "NR":
        return _range(draft, raw, unit)
    if typed := _TYPED.get(kind):
        name, function = typed
        found = function(raw, draft)
        return {name: found} if found else _text(draft, _joined(draft, raw), {})
    return _plain(draft, kind, raw, unit)


def is_text(kind: str) -> bool:
    """Whether OBX-2 names one of the text types whose lines are joined."""
    return kind in ("TX", "FT")


def _number(draft: Draft, raw: str, unit: dict[str, Any]) -> dict[str, Any]:
    text = draft.encoding.first(raw)
    quantity = quantities.quantity(text, unit)
    if quantity is not None:
        return {"valueQuantity": quantity}
    bounds = quantities.range_of(text)
    if bounds and len(bounds) == 2:
        return {"valueRange": {name: {**bound, **unit} for name, bound in bounds.items()}}
    return _text(draft, _joined(draft, raw), unit)


def _range(draft: Draft, raw: str, unit: dict[str, Any]) -> dict[str, Any]:
    texts = draft.encoding.texts(raw)
    bounds = [quantities.decimal(text) if text else None for text in (*texts, "")[:2]]
    found = {
        name: {"value": bound[1], **unit}
        for name, bound in zip(("low", "high"), bounds, strict=True)
        if bound is not None
    }
    if len(found) == 2 and found["low"]["value"] > found["high"]["value"]:
        found = {}
    return {"valueRange": found} if found else _text(draft, _joined(draft, raw), unit)


def _plain(draft: Draft, kind: str, raw: str, unit: dict[str, Any]) -> dict[str, Any]:
    """Text types and everything that has no FHIR type of its own.

    HEURISTIC: laboratory systems in China send every number as ST; with a unit beside it, it is a quantity.
    """
    if kind not in _TEXT and draft.encoding.component in raw:
        if not kind and raw.count(draft.encoding.component) >= 2 and (concept := concepts.cwe(raw, draft)):
            return {"valueCodeableConcept": concept}
        return _text(draft, _joined(draft, raw), unit)
    text = draft.encoding.text(raw)
    if unit and kind not in ("TX", "FT") and (quantity := quantities.quantity(text, unit)):
        if str(float(quantity["value"])) != text:
            quantity = {"extension": [{"url": _ORIGINAL, "valueString": text}], **quantity}
        return {"valueQuantity": quantity}
    return _text(draft, text, unit)


def _text(draft: Draft, text: str, unit: dict[str, Any]) -> dict[str, Any]:
    """valueString; a unit is written behind what looks like a measurement, else it stands beside as an extension."""
    if not text:
        return {}
    if unit and _MEASURED.match(text) and "\n" not in text:
        return {"valueString": f"{text} {unit['unit']}"}
    return {"valueString": text}


def _joined(draft: Draft, raw: str) -> str:
    """Components as words in a row."""
    encoding = draft.encoding
    if raw.count(encoding.component) == 0:
        return encoding.text(raw)
    pieces = [
        encoding.text(piece.replace(encoding.subcomponent, " ")) for piece in raw.split(encoding.component)
    ]
    return " ".join(piece for piece in pieces if piece)
