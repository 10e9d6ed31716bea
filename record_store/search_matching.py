"""Clauses asked of what one resource is found by, without the database: the second look at what SQL narrowed.

The same sentences as `search_ranges` and `search_conditions` put into SQL, for tokens, dates, numbers, quantities,
strings, references and the words beside codes.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from fhir_profiles import dates, ucum
from fhir_profiles.index_values import IndexValues
from fhir_profiles.text import contact, normalise
from record_store.search_clauses import Clause
from record_store.search_values import Amount, Period, Target, Token


def meets(values: IndexValues, clause: Clause) -> bool:
    """Whether one of a clause's alternatives holds. Modifiers other than `:text` are not for here."""
    name = clause.parameter.name
    if clause.modifier == "text":
        return any(_has_text(values, name, str(value)) for value in clause.values)
    return any(_MEETS[type(value)](values, name, value) for value in clause.values)


def _has_text(values: IndexValues, name: str, written: str) -> bool:
    wanted = normalise(written)
    return any(parameter == name and text.startswith(wanted) for parameter, text in values.texts)


def _token(values: IndexValues, name: str, wanted: Token) -> bool:
    coded = any(
        parameter == name and wanted.system in (None, system) and wanted.code in (None, code)
        for parameter, system, code in values.tokens
    )
    codes = (wanted.code, contact(wanted.code)) if wanted.code else (None,)
    return coded or any(
        parameter == name and wanted.system in (None, system) and (wanted.code is None or value in codes)
        for parameter, system, value in values.identifiers
    )


def _period(values: IndexValues, name: str, wanted: Period) -> bool:
    test = _DATES[wanted.prefix]
    return any(
        test(low or dates.EARLIEST, high or dates.LATEST, wanted.low, wanted.high)
        for parameter, low, high in values.dates
        if parameter == name
    )


def _amount(values: IndexValues, name: str, wanted: Amount) -> bool:
    known = ucum.canonical(wanted.unit) if wanted.unit and wanted.system in (None, ucum.SYSTEM) else None
    test = _NUMBERS[wanted.prefix]
    for parameter, system, unit, low, high in values.quantities:
        if parameter != name:
            continue
        factor, offset = 1.0, 0.0
        if wanted.unit is None:
            fits = not unit and not system
        elif known and (system, unit) == (ucum.SYSTEM, known[0]):
            fits, (factor, offset) = True, known[1:]
        else:
            fits = unit == wanted.unit and wanted.system in (None, system)
        ends = [float(number) * factor + offset for number in (wanted.low, wanted.high, wanted.exact)]
        if fits and test(low, high, *ends):
            return True
    return False


def _target(values: IndexValues, name: str, wanted: Target) -> bool:
    for parameter, reference in values.references:
        if parameter == name and wanted.url is not None and reference == wanted.url:
            return True
        type_, _, fhir_id = reference.partition("/")
        if parameter == name and wanted.id == fhir_id and wanted.type in (None, type_):
            return True
    return False


def _text(values: IndexValues, name: str, wanted: str) -> bool:
    start = normalise(wanted)
    return any(parameter == name and text.startswith(start) for parameter, text in values.strings) or any(
        parameter == name and uri == wanted for parameter, uri in values.uris
    )


_MEETS: Final[dict[type, Callable[[IndexValues, str, Any], bool]]] = {
    Token: _token,
    Period: _period,
    Amount: _amount,
    Target: _target,
    str: _text,
}
_DATES: Final[dict[str, Callable[[datetime, datetime, datetime, datetime], bool]]] = {
    "eq": lambda low, high, from_, to: low >= from_ and high <= to,
    "ne": lambda low, high, from_, to: not (low >= from_ and high <= to),
    "gt": lambda low, high, from_, to: high > to,
    "lt": lambda low, high, from_, to: low < from_,
    "ge": lambda low, high, from_, to: low >= from_ or high > to,
    "le": lambda low, high, from_, to: high <= to or low < from_,
    "sa": lambda low, high, from_, to: low >= to,
    "eb": lambda low, high, from_, to: high <= from_,
    "ap": lambda low, high, from_, to: low < to and high > from_,
}
_NUMBERS: Final[dict[str, Callable[[float, float, float, float, float], bool]]] = {
    "eq": lambda low, high, from_, to, exact: low >= from_ and high < to,
    "ne": lambda low, high, from_, to, exact: not (low >= from_ and high < to),
    "gt": lambda low, high, from_, to, exact: high > exact,
    "lt": lambda low, high, from_, to, exact: low < exact,
    "ge": lambda low, high, from_, to, exact: high >= exact,
    "le": lambda low, high, from_, to, exact: low <= exact,
    "sa": lambda low, high, from_, to, exact: low > exact,
    "eb": lambda low, high, from_, to, exact: high < exact,
    "ap": lambda low, high, from_, to, exact: low <= to and high >= from_,
}
