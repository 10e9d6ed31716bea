"""The order of results, and the place in it: sort keys as SQL, and the condition for what follows a row.

Every order ends in (bucket, id), so it is total and a page continues exactly behind the last row. Rows without a
value come last, whatever the direction.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

from fhir_profiles.extraction import primary_parameters
from record_store.query import Query, SortKey
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
    """One key: an expression that is never null, its SQL type and direction."""

    expression: str
    type: str
    descending: bool


def keys(scope: Scope, alias: str, query: Query) -> list[Key]:
    """The keys of a query's order, without the final (bucket, id)."""
    type_ = query.types[0] if len(query.types) == 1 else ""
    return [_key(scope, alias, type_, key) for key in query.sort]


def select(order: list[Key], alias: str) -> str:
    """The position of a row, as text."""
    expressions = [f"({key.expression})::text" for key in order]
    return ", ".join([*expressions, f"{alias}.bucket", f"{alias}.id::text"])


def order_by(order: list[Key], alias: str) -> str:
    """The ORDER BY list."""
    written = [f"{key.expression} desc" if key.descending else key.expression for key in order]
    return ", ".join([*written, f"{alias}.bucket", f"{alias}.id"])


def after(scope: Scope, order: list[Key], alias: str, position: list[PositionValue]) -> str:
    """The condition for the rows behind a position."""
    *values, bucket, identity = position
    condition = (
        f"({alias}.bucket, {alias}.id) > ({scope.bind(bucket)}::smallint, {scope.bind(identity)}::uuid)"
    )
    for key, value in zip(reversed(order), reversed(values), strict=True):
        bound = f"{scope.bind(value)}::{key.type}"
        further = "<" if key.descending else ">"
        # The first comparison alone lets an index on the key start at the right place.
        condition = (
            f"({key.expression} {further}= {bound} and ({key.expression} {further} {bound} or {condition}))"
        )
    return condition


def _key(scope: Scope, alias: str, type_: str, key: SortKey) -> Key:
    name, kind = key.parameter.name, key.parameter.kind
    descending = key.descending
    if name == "_id":
        return Key(f'coalesce({alias}.fhir_id, {alias}.id::text) collate "C"', "text", descending)
    if name == "_lastUpdated":
        return Key(f"{alias}.updated", "timestamptz", descending)
    primary = primary_parameters(type_)
    if name == primary.date:
        return _full(f"{alias}.at", "timestamptz", descending)
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


def _full(expression: str, type_: str, descending: bool) -> Key:
    instead = LAST[type_][descending]
    collate = ' collate "C"' if type_ == "text" else ""
    return Key(f"coalesce({expression}, {instead}){collate}", type_, descending)
