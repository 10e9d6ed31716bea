"""The functions of feed maps (`as = "..."`), one for each FHIR datatype that columns become.

Each takes its rule and the scope once, and gives the function that makes the value from a record: None where the
columns hold nothing. What can't be understood is listed as unmapped and never guessed.
"""

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from adapters.feeds.compilation import Make, Run, Scope
from adapters.feeds.dates import fhir_date, fhir_datetime, fhir_instant, in_order
from adapters.feeds.record import Record
from adapters.units import UCUM, ucum

_NUMBER = re.compile(r"^([<>]=?|≤|≥)?\s*([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)$")
_RANGE = re.compile(
    r"^\s*(?:(?P<low>-?\d+(?:\.\d+)?)\s*(?:[-~–—]+|至|到)\s*(?P<high>\d+(?:\.\d+)?)"
    r"|[<≤]=?\s*(?P<most>\d+(?:\.\d+)?)|[>≥]=?\s*(?P<least>\d+(?:\.\d+)?))\s*$"
)
_COMPARATORS = {"≤": "<=", "≥": ">="}
_TRUE = frozenset({"1", "true", "t", "y", "yes", "是", "有", "阳性"})
_FALSE = frozenset({"0", "2", "false", "f", "n", "no", "否", "无", "阴性"})


def text(spec: dict[str, Any], scope: Scope) -> Make:
    read = scope.text(spec.get("template") or spec["from"])
    return lambda record, run: read(record) or None


def string(spec: dict[str, Any], scope: Scope) -> Make:
    """For `value[x]`: the text as it stands, even where it looks like a number."""
    read = scope.text(spec["from"])
    return lambda record, run: ("String", written) if (written := read(record)) else None


def _dated(convert: Callable[[str, str], str | None]) -> Callable[[dict[str, Any], Scope], Make]:
    def factory(spec: dict[str, Any], scope: Scope) -> Make:
        column = str(spec["from"])
        read = scope.text(column)

        def make(record: Record, run: Run) -> Any:
            written = read(record)
            if not written:
                return None
            made = convert(written, run.source.zone)
            if made is None:
                run.unknown(column, written, f"{record.place} {column} is no date of the calendar.")
            return made

        return make

    return factory


date = _dated(lambda written, zone: fhir_date(written))
date_time = _dated(fhir_datetime)
instant = _dated(fhir_instant)


def period(spec: dict[str, Any], scope: Scope) -> Make:
    start = _dated(fhir_datetime)({"from": spec["from"]}, scope)
    end = _dated(fhir_datetime)({"from": spec["to"]}, scope) if "to" in spec else None

    def make(record: Record, run: Run) -> Any:
        made = {"start": start(record, run), "end": end(record, run) if end else None}
        if made["start"] and made["end"] and not in_order(made["start"], made["end"]):
            run.unknown(
                str(spec["to"]), made.pop("end"), f"{record.place} {spec['to']} lies before {spec['from']}."
            )
        return {name: value for name, value in made.items() if value} or None

    return make


def number(written: str) -> Decimal | None:
    """A decimal with its digits, full-width figures folded; None where the text is no plain number."""
    try:
        value = Decimal(unicodedata.normalize("NFKC", written).strip())
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def decimal(spec: dict[str, Any], scope: Scope) -> Make:
    column, whole, least = (
        str(spec["from"]),
        spec["as"] != "decimal",
        {"positiveInt": 1, "unsignedInt": 0}.get(spec["as"]),
    )
    read = scope.text(column)

    def make(record: Record, run: Run) -> Any:
        written = read(record)
        if not written:
            return None
        value = number(written)
        if value is None or (whole and not _is_whole(value, least)):
            run.unknown(column, written, f"{record.place} {column} is no number of the kind wanted.")
            return None
        return int(value) if whole else value

    return make


def _is_whole(value: Decimal, least: int | None) -> bool:
    """Whether a number is an integer that FHIR can hold (32 bits), and not below the least."""
    return abs(value) < 2**31 and value == value.to_integral_value() and (least is None or value >= least)


def boolean(spec: dict[str, Any], scope: Scope) -> Make:
    column = str(spec["from"])
    read = scope.text(column)
    true = frozenset(str(spec["true"]).split("|")) if "true" in spec else _TRUE
    false = frozenset(str(spec["false"]).split("|")) if "false" in spec else _FALSE

    def make(record: Record, run: Run) -> Any:
        written = read(record)
        if not written:
            return None
        folded = written if written in true or written in false else written.lower()
        if folded in true or folded in false:
            return folded in true
        run.unknown(column, written, f"{record.place} {column} is neither yes nor no.")
        return None

    return make


def quantity(spec: dict[str, Any], scope: Scope) -> Make:
    made = result(spec, scope, measure_only=True)

    def make(record: Record, run: Run) -> Any:
        pair = made(record, run)
        return pair[1] if pair else None

    return make


def result(spec: dict[str, Any], scope: Scope, *, measure_only: bool = False) -> Make:
    """For `value[x]`: a Quantity where the text is a number (`<0.5` too), else the text as it stands."""
    column = str(spec["from"])
    read = scope.text(column)
    unit = scope.text(spec["unit"]) if "unit" in spec else None

    def make(record: Record, run: Run) -> Any:
        written = read(record)
        if not written:
            return None
        match = _NUMBER.match(unicodedata.normalize("NFKC", written))
        if match:
            return "Quantity", measured(Decimal(match[2]), unit(record) if unit else "", match[1] or "")
        if measure_only:
            run.unknown(column, written, f"{record.place} {column} is no number.")
            return None
        return "String", written

    return make


def reference_range(spec: dict[str, Any], scope: Scope) -> Make:
    """A referenceRange: low and high of `3.5-9.5`, `110～160`, `<5`, with the text as written."""
    read = scope.text(str(spec["from"]))
    unit = scope.text(spec["unit"]) if "unit" in spec else None

    def make(record: Record, run: Run) -> Any:
        written = read(record)
        if not written:
            return None
        made: dict[str, Any] = {"text": written}
        match = _RANGE.match(unicodedata.normalize("NFKC", written))
        if match:
            used = unit(record) if unit else ""
            bounds = {"low": match["low"] or match["least"], "high": match["high"] or match["most"]}
            made |= {name: measured(Decimal(value), used) for name, value in bounds.items() if value}
        return made

    return make


def measured(value: Decimal, unit: str = "", comparator: str = "") -> dict[str, Any]:
    """A Quantity; the unit gets its UCUM code where it is known."""
    made: dict[str, Any] = {"value": value}
    if comparator:
        made["comparator"] = _COMPARATORS.get(comparator, comparator)
    if unit:
        made["unit"] = unit
        if code := ucum(unit):
            made |= {"system": UCUM, "code": code}
    return made
