"""Searches over the record: a checked query and a caller's visibility in, one page of stored resources out.

https://hl7.org/fhir/R4/search.html. One statement looks up the words of the query, one the residents it names, one
finds the page; totals and includes are asked apart. The visibility is ANDed onto every alias, so what a caller may
not see changes no page, no total and no chain.
"""

from dataclasses import replace
from typing import Any

from fhir_profiles import resources
from fhir_profiles.extraction import primary_parameters
from fhir_profiles.outcome import TooCostly
from fhir_profiles.resource_types import NUMBER
from record_store import paging, search_conditions, search_includes, search_order
from record_store.database import Cursor
from record_store.query import Query
from record_store.read import columns, stored
from record_store.search_clauses import Clause
from record_store.search_conditions import ANY_TYPE
from record_store.search_order import Key, Phase, PositionValue
from record_store.search_rechecks import Recheck, rechecks
from record_store.search_scope import Scope, find_places
from record_store.search_targets import literal
from record_store.search_values import Token
from record_store.search_words import look_up, only_primary
from record_store.stored import Found, Stored
from record_store.visibility import Visibility

MOST_RECHECKED = 20_000
"""Rows that one search may read to check what the index can't say."""
ESTIMATE = 10_000
"""Where `_total=estimate` stops counting."""


def search(cursor: Cursor, visibility: Visibility, query: Query, after: str | None = None) -> Found:
    """One page. `after` is `Found.next` of the page before. TooCostly, or Gone when the epoch has changed."""
    position = paging.resume(visibility.epoch, after) if after else None
    scope, query = _prepared(cursor, visibility, query)
    where = _where(scope, query)
    checks = rechecks(_row_type(query), query.criteria, search_conditions.needs_recheck)
    total = _total(cursor, scope, where, query, checks) if query.total or not query.count else None
    if not query.count:
        return Found([], total=total)
    order = search_order.keys(scope, "r", query)
    matches, following = _page(cursor, scope, where, order, query.count, position, checks)
    included = search_includes.include(cursor, visibility, query.includes, matches) if query.includes else []
    if following is None:
        return Found(matches, included, total)
    return Found(matches, included, total, paging.position(visibility.epoch, following))


def _prepared(cursor: Cursor, visibility: Visibility, query: Query) -> tuple[Scope, Query]:
    """What the words of a query mean, and the query with its chains made literal where that is better."""
    words = look_up(cursor, query.criteria, [key.parameter.name for key in query.sort])
    scope = Scope(visibility, words, find_places(cursor, query.criteria))
    query = replace(query, criteria=tuple(literal(cursor, scope, one) for one in query.criteria))
    codes = _primary_codes(scope, query)
    inside = any(place.resident_id for place in scope.places.values())
    scope.narrow = bool(codes) or inside
    if codes and not inside:
        words.only_primary = only_primary(cursor, codes)
    return scope, query


def _primary_codes(scope: Scope, query: Query) -> set[int]:
    """The numbers of the primary codes that every match must have one of; none when it need not."""
    name = primary_parameters(_row_type(query)).code
    for criterion in query.criteria:
        if isinstance(criterion, Clause) and criterion.parameter.name == name and not criterion.modifier:
            tokens = [value for value in criterion.values if isinstance(value, Token)]
            return {number for token in tokens for number in scope.words.numbers(name, token)}
    return set()


def _row_type(query: Query) -> str:
    return query.types[0] if len(query.types) == 1 else ANY_TYPE


def _where(scope: Scope, query: Query) -> str:
    type_ = _row_type(query)
    tests = [scope.visible("r")]
    if len(query.types) == 1:
        tests.append(f"r.type = {NUMBER[type_]}")
    elif query.types:
        tests.append(f"r.type = any({scope.bind([NUMBER[one] for one in query.types])}::smallint[])")
    tests.extend(search_conditions.condition(scope, "r", type_, criterion) for criterion in query.criteria)
    return " and ".join(tests)


def _total(cursor: Cursor, scope: Scope, where: str, query: Query, checks: list[Recheck]) -> int:
    if checks:
        rows, more = _page(cursor, scope, where, [], MOST_RECHECKED, None, checks)
        if more is not None:
            raise TooCostly("Too many candidates to count; narrow the search", reason="many-candidates")
        return len(rows)
    limit = f" limit {ESTIMATE}" if ("_total", "estimate") in query.pairs else ""
    cursor.execute(
        f"select count(*) from (select 1 from resource r where {where}{limit}) counted", scope.values
    )
    return int(cursor.fetchone()[0])


def _page(
    cursor: Cursor,
    scope: Scope,
    where: str,
    order: list[Key],
    count: int,
    position: list[PositionValue] | None,
    checks: list[Recheck],
) -> tuple[list[Stored], list[PositionValue] | None]:
    """Up to `count` matches behind a position, and the position of the last one when more follow."""
    matches: list[Stored] = []
    last: list[PositionValue] | None = None
    read = 0
    size = count + 1 if not checks else max(200, 2 * count)
    phases = search_order.phases(order, position)
    while True:
        rows = _rows(cursor, scope, where, phases[0], size, position)
        for row in rows:
            found = stored(row)
            if checks and not _passes(found, checks):
                continue
            if len(matches) == count:
                return matches, last
            matches.append(found)
            last = list(row[9:])
        read += len(rows)
        if len(rows) < size:
            phases, position = phases[1:], None
            if not phases:
                return matches, None
            continue
        if read >= MOST_RECHECKED:
            raise TooCostly("Too many candidates for this search; narrow it", reason="many-candidates")
        position = list(rows[-1][9:])


def _rows(
    cursor: Cursor, scope: Scope, where: str, phase: Phase, size: int, position: list[PositionValue] | None
) -> list[tuple[Any, ...]]:
    behind = f" and {search_order.after(scope, phase, 'r', position)}" if position else ""
    cursor.execute(
        f"select {columns('r')}, {search_order.select(phase, 'r')} from resource r"
        f" where {where}{phase.condition}{behind}"
        f" order by {search_order.order_by(phase, 'r')} limit {int(size)}",
        scope.values,
    )
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _passes(found: Stored, checks: list[Recheck]) -> bool:
    resource = resources.loads(found.body)
    return all(check(resource) for check in checks)
