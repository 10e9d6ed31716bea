"""The order of results, and the place in it: sort keys as SQL, and the condition for what follows a row.

Every order ends in (bucket, id), so it is total and a page continues exactly behind the last row. Rows without a
value come last, whatever the direction.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

from fhir_profiles.extraction import primary_parameters
from record_store.query import Query, SortKey
from record_store.search_clauses import Clause
from record_store.search_scope import Scope

PositionValue: TypeAlias = str | float | int | None

LAST: Final = {
    "timestamptz": ("'infinity'", "'-infinity'"),
    "double precision": ("'infinity'", "'-infinity'"),
    "text": (f"'{chr(0x10FFFF)}'", "''"),
}
"""What stands for no value, by type: ascending, descending."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key: an expression, its SQL type and direction. It is null only where `nullable`."""

    expression: str
    type: str
    descending: bool
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of the order: the rows that meet `condition`, by `keys`. `nulls` keys before them have no value."""

    keys: tuple[Key, ...]
    condition: str = ""
    nulls: int = 0


def keys(scope: Scope, alias: str, query: Query) -> list[Key]:
    """The keys of a query's order, without the final (bucket, id).

    A search over the region by the primary code comes newest first when it names no order: the index has it so.
    """
    type_ = query.types[0] if len(query.types) == 1 else ""
    found = [_key(scope, alias, type_, key) for key in query.sort]
    primary = primary_parameters(type_)
    if not found and primary.date and _is_by_code(query, primary.code):
        found = [Key(f"{alias}.at", "timestamptz", descending=True, nullable=True)]
    if not found:
        return []
    # One resident's rows are few: sorting them all is cheaper than a second statement for those without a date.
    first = _filled(found[0]) if query.patients else found[0]
    return [first, *(_filled(key) for key in found[1:])]


def phases(order: list[Key], position: list[PositionValue] | None) -> list[Phase]:
    """The parts that are still to come behind a position: rows with the first key's value, then those without."""
    if not order or not order[0].nullable:
        return [Phase(tuple(order))]
    expression = order[0].expression
    without = Phase(tuple(order[1:]), f" and {expression} is null", nulls=1)
    if position is not None and position[0] is None:
        return [without]
    return [Phase(tuple(order), f" and {expression} is not null"), without]


def select(phase: Phase, alias: str) -> str:
    """The position of a row, as text."""
    values = ["null"] * phase.nulls + [f"({key.expression})::text" for key in phase.keys]
    return ", ".join([*values, f"{alias}.bucket", f"{alias}.id::text"])


def order_by(phase: Phase, alias: str) -> str:
    """The ORDER BY list."""
    written = [f"{key.expression} desc" if key.descending else key.expression for key in phase.keys]
    return ", ".join([*written, f"{alias}.bucket", f"{alias}.id"])


def after(scope: Scope, phase: Phase, alias: str, position: list[PositionValue]) -> str:
    """The condition for the rows behind a position."""
    *values, bucket, identity = position[phase.nulls :]
    condition = (
        f"({alias}.bucket, {alias}.id) > ({scope.bind(bucket)}::smallint, {scope.bind(identity)}::uuid)"
    )
    for key, value in zip(reversed(phase.keys), reversed(values), strict=True):
        bound = f"{scope.bind(value)}::{key.type}"
        further = "<" if key.descending else ">"
        # The first comparison alone lets an index on the key start at the right place.
        condition = (
            f"({key.expression} {further}= {bound} and ({key.expression} {further} {bound} or {condition}))"
        )
    return condition


def _is_by_code(query: Query, name: str) -> bool:
    named = any(
        isinstance(one, Clause) and one.parameter.name == name and not one.modifier for one in query.criteria
    )
    return named and not query.patients


def _key(scope: Scope, alias: str, type_: str, key: SortKey) -> Key:
    name, kind = key.parameter.name, key.parameter.kind
    descending = key.descending
    if name == "_id":
        return Key(f'coalesce({alias}.fhir_id, {alias}.id::text) collate "C"', "text", descending)
    if name == "_lastUpdated":
        return Key(f"{alias}.updated", "timestamptz", descending)
    primary = primary_parameters(type_)
    if name == primary.date:
        return Key(f"{alias}.at", "timestamptz", descending, nullable=True)
    if name == primary.value:
        return _full(f"coalesce({alias}.value, {alias}.number)", "double precision", descending)
    end = "max" if descending else "min"
    side = _SIDES.get(kind)
    if side is None:
        held = f"{alias}.tokens || {alias}.code" if name == primary.code else f"{alias}.tokens"
        found = (
            f'select {end}(s.code collate "C") from token s'
            f" where s.id = any({held}) and s.parameter = {scope.bind(name)}"
        )
        return _full(f"({found})", "text", descending)
    table, column, sql_type = side
    found = (
        f"select {end}(s.{column}) from {table} s where s.parameter = {scope.bind(scope.words.parameter(name))}"
        f" and s.bucket = {alias}.bucket and s.id = {alias}.id"
    )
    return _full(f"({found})", sql_type, descending)


_SIDES: Final = {
    "date": ("date_index", "low", "timestamptz"),
    "number": ("quantity_index", "low", "double precision"),
    "quantity": ("quantity_index", "low", "double precision"),
    "string": ("string_index", "value", "text"),
}


def _filled(key: Key) -> Key:
    return _full(key.expression, key.type, key.descending) if key.nullable else key


def _full(expression: str, type_: str, descending: bool) -> Key:
    instead = LAST[type_][descending]
    collate = ' collate "C"' if type_ == "text" else ""
    return Key(f"coalesce({expression}, {instead}){collate}", type_, descending)
