"""NM, SN, CQ, MO and NR: numbers keep their digits, comparators and ranges keep their sense."""

import re
import unicodedata
from decimal import Decimal
from typing import Any

from adapters import units
from adapters.hl7v2.datatypes.concepts import system_of
from adapters.hl7v2.draft import Draft
from fhir_profiles import ucum

_UNIT_STYLES = frozenset(("ISO+", "ANS+", "ISO+/ANS+"))
UCUM = "http://unitsofmeasure.org"
_NUMBER = re.compile(r"(<=|>=|<|>|≤|≥)?\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?)$", re.ASCII)
_RANGE = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*(?:-|~|–|—|--|至|到)\s*([+-]?\d+(?:\.\d+)?)$", re.ASCII)
_BOUND = re.compile(r"(<=|>=|<|>|≤|≥)\s*([+-]?\d+(?:\.\d+)?)$", re.ASCII)
_CURRENCIES = {"": "CNY", "RMB": "CNY", "元": "CNY"} | {
    code: code
    for code in ("CNY", "HKD", "MOP", "TWD", "USD", "EUR", "GBP", "JPY", "KRW", "CHF", "AUD", "CAD", "SGD")
}
_POWER = re.compile(r"\d{1,2}(/|$)", re.ASCII)
_COMPARATORS = {"<": "<", ">": ">", "<=": "<=", ">=": ">=", "≤": "<=", "≥": ">="}


def decimal(text: str) -> tuple[str, Decimal] | None:
    """Comparator ("" for none) and value of a number as laboratories write it: `<0.5`, `≥1:`, full width."""
    match = _NUMBER.match(unicodedata.normalize("NFKC", text).strip())
    if match is None or len(match[2]) > 30:
        return None
    return _COMPARATORS.get(match[1] or "", ""), Decimal(match[2])


def integer(raw: str, draft: Draft) -> int | None:
    """A whole number, or None."""
    found = decimal(draft.encoding.first(raw))
    return (
        int(found[1])
        if found and found[1] == found[1].to_integral_value() and abs(found[1]) < 2**31
        else None
    )


def positive(raw: str, draft: Draft) -> int | None:
    """A whole number above zero, or None."""
    found = integer(raw, draft)
    return found if found is not None and found > 0 else None


def unit(raw: str, draft: Draft) -> dict[str, Any]:
    """The unit part of a Quantity from a coded unit: UCUM where it says so, else the source's own."""
    if not raw:
        return {}
    held = draft.units.get(raw)
    if held is None:
        held = draft.units[raw] = _unit(raw, draft)
    return held


def _unit(raw: str, draft: Draft) -> dict[str, Any]:
    texts = draft.encoding.texts(raw)
    code, shown = texts[0], texts[1] if len(texts) > 1 else ""
    name = texts[2] if len(texts) > 2 else ""
    system = system_of(name, draft.source.name) if name and name.upper() not in _UNIT_STYLES else ""
    if code in ("10", "×10", "x10") and _POWER.match(shown):
        # HEURISTIC: `10^9/L` comes unescaped from laboratory systems; the caret is a power, not a delimiter.
        code, shown = f"{code}^{shown}", ""
    if not code and not shown:
        return {}
    found: dict[str, Any] = {"unit": shown or code}
    if not system or system == UCUM:
        if known := (ucum.code_for(code) if system else _ucum(code)):
            return {"unit": shown or code if known == code else code, "system": UCUM, "code": known}
        if known := _ucum(shown):
            return {"unit": code or shown, "system": UCUM, "code": known}
    if code and ((shown and shown != code) or system not in ("", UCUM)):
        return {
            **found,
            "system": system if system not in ("", UCUM) else system_of("L", draft.source.name),
            "code": code,
        }
    return found


def _ucum(written: str) -> str:
    """Habits first: `ML` is a millilitre to those who write it, and a megalitre to UCUM alone."""
    return units.ucum(written) or ucum.code_for(written) or "" if written else ""


def quantity(text: str, unit_part: dict[str, Any]) -> dict[str, Any] | None:
    """Quantity of a number and a unit, or None when the text is no number."""
    found = decimal(text)
    if found is None:
        return None
    comparator, value = found
    result: dict[str, Any] = {"value": value}
    if comparator:
        result["comparator"] = comparator
    return {**result, **unit_part}


def cq(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Quantity of a CQ (number, unit as subcomponents)."""
    pieces = raw.split(draft.encoding.component, 1)
    rest = pieces[1].replace(draft.encoding.subcomponent, draft.encoding.component) if len(pieces) > 1 else ""
    return quantity(draft.encoding.first(pieces[0]), unit(rest, draft))


def nm(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Quantity of a bare number."""
    return quantity(draft.encoding.first(raw), {})


def money(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Money of a MO or CP; the currency of the place when none is named, none when its name is not known."""
    texts = draft.encoding.texts(raw.replace(draft.encoding.subcomponent, draft.encoding.component))
    found = decimal(texts[0])
    if found is None:
        return None
    named = texts[1].upper() if len(texts) > 1 else ""
    currency = _CURRENCIES.get(named)
    return {"value": found[1], "currency": currency} if currency else {"value": found[1]}


def structured(raw: str, draft: Draft, unit_part: dict[str, Any]) -> dict[str, Any] | None:
    """The value[x] of an SN as one entry: `valueQuantity`, `valueRange` or `valueRatio`; None when it is neither."""
    texts = draft.encoding.texts(raw)
    texts += [""] * (4 - len(texts))
    sign, first, mark, second = texts[:4]
    low, high = decimal(first) if first else None, decimal(second) if second else None
    if mark in ("-", "~") and low and high and low[1] <= high[1]:
        return {
            "valueRange": {"low": {"value": low[1], **unit_part}, "high": {"value": high[1], **unit_part}}
        }
    if mark in (":", "/") and low and high:
        return {"valueRatio": {"numerator": {"value": low[1]}, "denominator": {"value": high[1]}}}
    if low and not second and not mark and sign in ("", "=", *_COMPARATORS):
        found = quantity(sign.replace("=", "") + first if sign == "=" else sign + first, unit_part)
        return {"valueQuantity": found} if found else None
    return None


def range_of(text: str) -> dict[str, Any] | None:
    """Bounds that a range text states: `3.5-9.5`, `0～8`, `<5`, `≥60`; values without unit, None for words."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if match := _RANGE.match(plain):
        low, high = Decimal(match[1]), Decimal(match[2])
        return {"low": {"value": low}, "high": {"value": high}} if low <= high else None
    if match := _BOUND.match(plain):
        return {"high" if match[1] in "<=≤" else "low": {"value": Decimal(match[2])}}
    return None
