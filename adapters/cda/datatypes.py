"""The datatypes of HL7 v3 (CDA R2 §4) as FHIR datatypes. Functions give None where there is nothing to say.

What a nullFlavor hides stays absent; numbers keep their digits; a stamp without an offset is in the source's zone.
"""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from adapters import diagnosis_codes
from adapters.cda import code_systems
from adapters.cda.reading import attribute, is_void, value_type, words
from adapters.feeds.dates import fhir_datetime, in_order
from adapters.safe_xml import Element
from adapters.units import UCUM, ucum
from fhir_profiles import terminology

_STAMP = re.compile(
    r"^(\d{4})(\d\d)?(\d\d)?(?:(\d\d)(\d\d)?(\d\d)?(\.\d+)?)?\s*([+-]\d{4}|[+-]\d\d:\d\d|Z)?$"
)
_ALPHANUMERIC = re.compile(r"[0-9A-Za-z]")
_BRACKETED = re.compile(r"[\[{].*[\]}]")
_UNIT = re.compile(r"^[!-~]+$")


def identifier(element: Element | None) -> dict[str, Any] | None:
    """II to Identifier: root and extension, or the root alone as a URN.

    What can't tell one thing from another is none: `NA`, a label in the place of a number (医务人员编号), and a root
    of the national arc without a number.
    """
    if element is None:
        return None
    root, extension = (element.get("root") or "").strip(), (element.get("extension") or "").strip()
    if extension:
        if is_void(extension) or not _ALPHANUMERIC.search(extension):
            return None
        system = {"system": code_systems.identifier_system(root)} if root else {}
        return {**system, "value": extension}
    if not root or element.get("nullFlavor") or root.startswith(code_systems.NATIONAL):
        return None
    is_uuid = len(root) == 36
    return {
        "system": "urn:ietf:rfc:3986",
        "value": f"urn:uuid:{root.lower()}" if is_uuid else f"urn:oid:{root}",
    }


def identifiers(element: Element) -> list[dict[str, Any]]:
    """All the identifiers of an act or a role."""
    return [made for found in element.findall("id") if (made := identifier(found))]


def coding(element: Element) -> list[dict[str, Any]]:
    """The codings of a CD: its own, then its translations."""
    made: list[dict[str, Any]] = []
    code, display = " ".join((element.get("code") or "").split()), (element.get("displayName") or "").strip()
    oid = (element.get("codeSystem") or "").strip()
    if is_void(code) and code_systems.is_national(oid):
        code = ""
    if code and code_systems.is_icd10(oid):
        made += diagnosis_codes.codings(code, display)
    elif code:
        system = code_systems.system(oid)
        pairs = {"system": system, "code": code, "display": display or _name(system, code)}
        made.append({name: value for name, value in pairs.items() if value})
    for translation in element.findall("translation"):
        made += coding(translation)
    return made


def _name(system: str, code: str) -> str:
    """The name of a code of a national table that came without one."""
    return (terminology.display(system, code) or "") if system.startswith("urn:oid:2.16.156.") else ""


def concept(element: Element | None, texts: dict[str, str]) -> dict[str, Any] | None:
    """CD, CE, CV to CodeableConcept, with the words that the author saw."""
    if element is None:
        return None
    made: dict[str, Any] = {}
    if codings := coding(element):
        made["coding"] = codings
    text = original_text(element, texts) or (element.get("displayName") or "").strip()
    if is_void(text):
        text = ""
    if not text and not codings:
        text = words(element)
    if text:
        made["text"] = text
    return made or None


def original_text(element: Element, texts: dict[str, str]) -> str:
    """The originalText of a code: its words, or those of the narrative that it points to."""
    found = element.find("originalText")
    return pointed(found, texts) if found is not None else ""


def pointed(element: Element | None, texts: dict[str, str]) -> str:
    """The text of an ED: inline, or in the narrative (`reference/@value`, `#id`)."""
    if element is None:
        return ""
    target = attribute(element, "reference", "value").lstrip("#")
    return texts.get(target, "") or words(element)


def stamp(value: str, zone: str) -> str | None:
    """TS to dateTime; None for what is no date of the calendar."""
    match = _STAMP.match(value.strip())
    if not match:
        return fhir_datetime(value, zone) if value.strip() else None
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    text = "-".join(part for part in (year, month, day) if part)
    if hour:
        text += f" {hour}:{minute or '00'}:{second or '00'}{fraction or ''}{offset or ''}"
    return fhir_datetime(text, zone)


def moment(element: Element | None, zone: str) -> str | None:
    """TS, or the first bound of an IVL_TS, to dateTime."""
    if element is None:
        return None
    for path in ("", "low", "center", "high"):
        made = stamp(attribute(element, path, "value"), zone)
        if made:
            return made
    return None


def period(element: Element | None, zone: str) -> dict[str, Any] | None:
    """IVL_TS to Period; a point in time starts and ends there."""
    if element is None:
        return None
    point = stamp(attribute(element, "", "value"), zone)
    if point:
        return {"start": point, "end": point}
    start = stamp(attribute(element, "low", "value"), zone)
    end = stamp(attribute(element, "high", "value"), zone)
    if start and end and not in_order(start, end):
        return {"start": start}
    bounds = {"start": start, "end": end}
    return {name: value for name, value in bounds.items() if value} or None


def timing(element: Element | None, zone: str, name: str) -> dict[str, Any]:
    """`nameDateTime` or `namePeriod` of an effectiveTime; empty for none."""
    if element is None:
        return {}
    if element.find("low") is None and element.find("high") is None:
        point = moment(element, zone)
        return {f"{name}DateTime": point} if point else {}
    span = period(element, zone)
    if span and span.get("start") == span.get("end"):
        return {f"{name}DateTime": span["start"]}
    return {f"{name}Period": span} if span else {}


def number(written: str) -> Decimal | None:
    """A finite decimal with its digits."""
    try:
        made = Decimal(written.strip())
    except InvalidOperation:
        return None
    return made if made.is_finite() and abs(made.adjusted()) < 40 else None


def quantity(element: Element | None) -> dict[str, Any] | None:
    """PQ to Quantity; a unit that isn't UCUM stays as text."""
    if element is None:
        return None
    value = number(element.get("value") or "")
    unit = (element.get("unit") or "").strip()
    if value is None:
        return None
    made: dict[str, Any] = {"value": value}
    if unit and unit != "1":
        made["unit"] = unit
        code = ucum(unit) or (unit if _BRACKETED.search(unit) and _UNIT.match(unit) else "")
        if code:
            made |= {"system": UCUM, "code": code}
    return made


def range_of(element: Element | None) -> dict[str, Any] | None:
    """IVL_PQ to Range."""
    if element is None:
        return None
    made = {name: quantity(element.find(name)) for name in ("low", "high")}
    return {name: value for name, value in made.items() if value} or None


def ratio(element: Element) -> dict[str, Any] | None:
    """RTO to Ratio."""
    parts = {name: quantity(element.find(name)) for name in ("numerator", "denominator")}
    return parts if all(parts.values()) else None


def _money(element: Element) -> Any:
    made = _real(element)
    currency = (element.get("currency") or "").strip()
    return {**made, "unit": currency} if made and currency else made


def _integer(element: Element) -> Any:
    value = number(element.get("value") or "")
    return (
        int(value)
        if value is not None and value == value.to_integral_value() and abs(value) < 2**31
        else None
    )


def _real(element: Element) -> Any:
    value = number(element.get("value") or "")
    return {"value": value} if value is not None else None


def value_of_flag(element: Element | None) -> bool | None:
    """BL to boolean."""
    return (
        {"true": True, "false": False}.get((element.get("value") or "").lower())
        if element is not None
        else None
    )


_CODED = frozenset({"CD", "CE", "CV", "CO", "CS"})
_TIMED: dict[str, tuple[str, Callable[[Element, str], Any]]] = {
    "TS": ("DateTime", lambda element, zone: stamp(element.get("value") or "", zone)),
    "IVL_TS": ("Period", period),
}
_PLAIN: dict[str, tuple[str, Callable[[Element], Any]]] = {
    "PQ": ("Quantity", quantity),
    "MO": ("Quantity", _money),
    "INT": ("Integer", _integer),
    "REAL": ("Quantity", _real),
    "BL": ("Boolean", value_of_flag),
    "IVL_PQ": ("Range", range_of),
    "IVL_REAL": ("Range", range_of),
    "IVL_INT": ("Range", range_of),
    "RTO": ("Ratio", ratio),
    "RTO_PQ_PQ": ("Ratio", ratio),
}


def value_of(element: Element, texts: dict[str, str], zone: str) -> tuple[str, Any] | None:
    """The suffix and value of `value[x]` for a `value` of any type; None where it holds nothing.

    What doesn't fit its declared type is kept as text.
    """
    kind = value_type(element)
    suffix, made = "String", None
    if kind in _CODED:
        suffix, made = "CodeableConcept", concept(element, texts)
    elif kind in _TIMED:
        suffix, convert = _TIMED[kind]
        made = convert(element, zone)
    elif kind in _PLAIN:
        suffix, read = _PLAIN[kind]
        made = read(element)
    if made is not None:
        return suffix, made
    text = pointed(element, texts) or (element.get("value") or element.get("code") or "").strip()
    return ("String", text) if text else None
