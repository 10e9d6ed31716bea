"""Conditions on strings, dates, numbers, quantities and URIs: columns of the row, or rows of the side tables."""

from fhir_profiles import ucum
from fhir_profiles.extraction import primary_parameters
from fhir_profiles.text import normalise
from record_store.index_rows import SINGULAR
from record_store.search_clauses import Clause
from record_store.search_ranges import DATES, NUMBERS
from record_store.search_scope import Scope, any_of
from record_store.search_values import Amount, Period, Token
from record_store.vocabulary import LONGEST, cut

LAST = chr(0x10FFFF)
"""Sorts behind every character: the end of a prefix's range."""


def dates(scope: Scope, alias: str, type_: str, clause: Clause) -> str:
    """A date parameter. The primary one is `at` and `until` of the row."""
    name = clause.parameter.name
    if name == "_lastUpdated":
        instants = f"{alias}.updated"
        return any_of(
            _date(scope, value, instants, f"({instants} + interval '1 millisecond')")
            for value in clause.periods
        )
    if name == primary_parameters(type_).date:
        present = f"({alias}.at is not null or {alias}.until is not null)"
        if clause.modifier == "missing":
            return present if clause.values[0] == "false" else f"not {present}"
        tests = any_of(_date(scope, value, f"{alias}.at", f"{alias}.until") for value in clause.periods)
        return f"({present} and {tests})"
    side = scope.alias()
    rows = _rows(scope, "date_index", side, alias, name)
    if clause.modifier == "missing":
        return _missing(rows, clause)
    tests = any_of(_date(scope, value, f"{side}.low", f"{side}.high") for value in clause.periods)
    return f"exists ({rows} and {tests})"


def quantities(scope: Scope, alias: str, type_: str, clause: Clause) -> str:
    """A number or quantity parameter. The primary one is `value`, `unit` and `number` of the row; values that are
    no single number stand in the side table even then."""
    name = clause.parameter.name
    side = scope.alias()
    rows = _rows(scope, "quantity_index", side, alias, name)
    primary = name == primary_parameters(type_).value
    if clause.modifier == "missing":
        if not primary:
            return _missing(rows, clause)
        present = f"({alias}.number is not null or exists ({rows}))"
        return present if clause.values[0] == "false" else f"not {present}"
    tests = []
    for value in clause.amounts:
        tests.append(_quantity(scope, alias, name, value, side, primary=primary))
    return any_of(tests)


def strings(scope: Scope, alias: str, _: str, clause: Clause) -> str:
    """A string parameter: starts with, `:contains`, or (for `:exact`, which is checked again on the text) equals."""
    side = scope.alias()
    rows = _rows(scope, "string_index", side, alias, clause.parameter.name)
    if clause.modifier == "missing":
        return _missing(rows, clause)
    tests = []
    for value in clause.values:
        text = cut(normalise(str(value)))
        if clause.modifier == "contains":
            pattern = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            # What was cut may hold it further on: such rows are checked again on the text.
            tests.append(
                f"({side}.value like {scope.bind(f'%{pattern}%')} or length({side}.value) >= {LONGEST})"
            )
        elif clause.modifier == "exact":
            tests.append(f"{side}.value = {scope.bind(text)}")
        else:
            tests.append(f"({side}.value >= {scope.bind(text)} and {side}.value < {scope.bind(text + LAST)})")
    return f"exists ({rows} and {any_of(tests)})"


def uris(scope: Scope, alias: str, _: str, clause: Clause) -> str:
    """A URI parameter, which the index keeps among the tokens: equal, `:below` or `:above`."""
    name = clause.parameter.name
    if name in SINGULAR:
        return _singular(scope, alias, clause)
    if clause.modifier == "missing":
        some = f"{alias}.tokens && (select array_agg(id) from token where parameter = {scope.bind(name)})"
        return f"coalesce({some}, false)" if clause.values[0] == "false" else f"not coalesce({some}, false)"
    tests = []
    for value in clause.values:
        uri = scope.bind(str(value).partition("#")[0])
        if clause.modifier == "below":
            wanted = f"(code = {uri} or starts_with(code, rtrim({uri}, '/') || '/'))"
        elif clause.modifier == "above":
            wanted = f"({uri} = code or starts_with({uri}, rtrim(code, '/') || '/'))"
        elif "|" not in str(value):
            # A canonical without its version means any version.
            wanted = f"(code = {uri} or starts_with(code, {uri} || '|'))"
        else:
            known = scope.words.numbers(name, Token("", str(value).partition("#")[0]))
            tests.append(f"{alias}.tokens && {scope.bind(known)}::int[]")
            continue
        tests.append(
            f"{alias}.tokens && (select array_agg(id) from token"
            f" where parameter = {scope.bind(name)} and code <> '' and {wanted})"
        )
    return any_of(tests)


def _singular(scope: Scope, alias: str, clause: Clause) -> str:
    """A URI parameter whose values lie in the side table of strings."""
    side = scope.alias()
    rows = _rows(scope, "string_index", side, alias, clause.parameter.name)
    if clause.modifier == "missing":
        return _missing(rows, clause)
    tests = []
    for value in clause.values:
        uri = scope.bind(cut(str(value).partition("#")[0]))
        below = f"starts_with({side}.value, rtrim({uri}, '/') || '/')"
        above = f"starts_with({uri}, rtrim({side}.value, '/') || '/')"
        further = {"below": f" or {below}", "above": f" or {above}"}.get(clause.modifier, "")
        tests.append(f"({side}.value = {uri}{further})")
    return f"exists ({rows} and {any_of(tests)})"


def _rows(scope: Scope, table: str, side: str, alias: str, name: str) -> str:
    number = scope.bind(scope.words.parameter(name))
    return (
        f"select 1 from {table} {side} where {side}.parameter = {number}"
        f" and {side}.bucket = {alias}.bucket and {side}.id = {alias}.id"
    )


def _missing(rows: str, clause: Clause) -> str:
    return f"not exists ({rows})" if clause.values[0] == "true" else f"exists ({rows})"


def _periods(clause: Clause) -> list[Period]:
    return [value for value in clause.values if isinstance(value, Period)]


def _date(scope: Scope, value: Period, low: str, high: str) -> str:
    return DATES[value.prefix].format(
        low=low, high=high, from_=scope.bind(value.low), to=scope.bind(value.high)
    )


def _quantity(scope: Scope, alias: str, name: str, value: Amount, side: str, *, primary: bool) -> str:
    """One value: in its canonical unit, in the unit as senders wrote it, or (without a unit) as a bare number."""
    if value.unit is None:
        bare = scope.words.parameter(name)
        test = _in_units(scope, alias, name, value, side, primary=primary, units=[bare], bare=True)
        if value.system is None:
            return test
        any_unit = scope.bind(scope.words.numbers(name, Token(value.system, None)))
        rows = _rows(scope, "quantity_index", side, alias, name)
        return f"({test} and ({alias}.unit = any({any_unit}) or exists ({rows} and {side}.unit = any({any_unit}))))"
    tests = []
    known = ucum.canonical(value.unit) if value.system in (None, ucum.SYSTEM) else None
    if known:
        units = scope.words.numbers(name, Token(ucum.SYSTEM, known[0]))
        tests.append(
            _in_units(
                scope, alias, name, value, side, primary=primary, units=units, scale=(known[1], known[2])
            )
        )
    if not known or value.system is None:
        units = scope.words.numbers(name, Token(value.system, value.unit))
        tests.append(_in_units(scope, alias, name, value, side, primary=primary, units=units))
    return any_of(tests)


def _in_units(
    scope: Scope,
    alias: str,
    name: str,
    value: Amount,
    side: str,
    *,
    primary: bool,
    units: list[int],
    scale: tuple[float, float] = (1.0, 0.0),
    bare: bool = False,
) -> str:
    factor, offset = scale
    ends = {
        end: scope.bind(float(number) * factor + offset)
        for end, number in (("from_", value.low), ("to", value.high), ("exact", value.exact))
    }
    wanted = scope.bind(units)
    test = NUMBERS[value.prefix]
    rows = _rows(scope, "quantity_index", side, alias, name)
    beside = f"exists ({rows} and {side}.unit = any({wanted}) and {test.format(low=f'{side}.low', high=f'{side}.high', **ends)})"
    if not primary:
        return beside
    if bare:
        return f"({test.format(low=f'{alias}.number', high=f'{alias}.number', **ends)} or {beside})"
    return f"(({alias}.unit = any({wanted}) and {test.format(low=f'{alias}.value', high=f'{alias}.value', **ends)}) or {beside})"
