"""`_include` and `_revinclude`: what matches point to, and what points to matches, within what the caller sees.

https://hl7.org/fhir/R4/search.html#include. References are read out of the matches' text; what points back is
found by digest, inside the matches' residents or by `reference_index`. `:iterate` goes on from what was included.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from fhir_profiles import ids, resources, search_parameters
from fhir_profiles.extraction import extract
from fhir_profiles.outcome import TooCostly
from fhir_profiles.resource_types import NUMBER
from fhir_profiles.search_parameters import Parameter
from record_store import read
from record_store.database import Cursor
from record_store.logical_ids import uuid_of
from record_store.query import Include
from record_store.read import columns, stored
from record_store.search_references import is_about
from record_store.stored import Stored
from record_store.visibility import Visibility

MOST_INCLUDED = 5000
DEEPEST = 8

POINTING = """
select {columns} from resource r
where r.type = any(%(sources)s::smallint[]) and r.resident_id = any(%(residents)s::bigint[]) and r.links && %(links)s::bigint[]
  and ({visible})
union all
select {columns} from resource r
where r.type = any(%(sources)s::smallint[]) and ({visible}) and exists (
  select 1 from reference_index x
  where x.link = any(%(links)s::bigint[]) and x.bucket = r.bucket and x.id = r.id)
limit %(limit)s
"""
WHOLE = """
select {columns} from resource r
where r.type = any(%(sources)s::smallint[]) and r.resident_id in (
  select x.id from resident x where x.patient = any(%(patients)s::uuid[]) and x.id = any(%(residents)s::bigint[]))
  and ({visible})
limit %(limit)s
"""


def include(
    cursor: Cursor, visibility: Visibility, includes: Iterable[Include], matches: list[Stored]
) -> list[Stored]:
    """Everything that the includes of a search add to its matches, each once. TooCostly beyond the limit."""
    wanted = list(includes)
    known = {match.reference for match in matches}
    added: list[Stored] = []
    fresh = matches
    for depth in range(DEEPEST):
        rules = wanted if depth == 0 else [rule for rule in wanted if rule.iterate]
        if not rules or not fresh:
            break
        found: list[Stored] = []
        for rule in rules:
            step = (
                _pointing(cursor, visibility, rule, fresh)
                if rule.reverse
                else _pointed(cursor, visibility, rule, fresh)
            )
            for one in step:
                if one.reference not in known:
                    known.add(one.reference)
                    found.append(one)
        added.extend(found)
        if len(added) > MOST_INCLUDED:
            raise TooCostly(
                f"The page would include more than {MOST_INCLUDED} resources; ask for fewer matches with _count",
                reason="many-includes",
            )
        fresh = found
    return added


def _pointed(cursor: Cursor, visibility: Visibility, rule: Include, rows: list[Stored]) -> list[Stored]:
    targets: dict[tuple[str, str], None] = {}
    for row in rows:
        if rule.source not in ("*", row.type) or row.deleted:
            continue
        for name, reference in extract(resources.loads(row.body)).references:
            type_, _, fhir_id = reference.partition("/")
            if rule.parameter in ("*", name) and type_ in NUMBER and (rule.target or type_) == type_:
                targets[type_, fhir_id] = None
    return read.read_many(cursor, visibility, targets) if targets else []


def _pointing(cursor: Cursor, visibility: Visibility, rule: Include, rows: list[Stored]) -> list[Stored]:
    targets = [row for row in rows if (rule.target or row.type) == row.type]
    sources, parameters = _pointers(rule)
    links = {
        ids.link(parameter.name, row.reference)
        for parameter in parameters
        for row in targets
        if row.type in parameter.targets
    }
    if not links:
        return []
    patients = [
        str(uuid_of("Patient", row.id))
        for row in targets
        if row.type == "Patient" and any(is_about(one) for one in parameters)
    ]
    visible, values = visibility.where("r")
    values = {
        **values,
        "sources": sources,
        "residents": sorted({row.resident_id for row in targets} - {0}),
        "links": sorted(links),
        "patients": patients,
        "limit": MOST_INCLUDED + 1,
    }
    found: list[Stored] = []
    for statement in (POINTING, WHOLE) if patients else (POINTING,):
        cursor.execute(statement.format(columns=columns("r"), visible=visible), values)
        found.extend(stored(row) for row in cursor.fetchall())
    return found


@lru_cache(maxsize=512)
def _pointers(rule: Include) -> tuple[list[int], list[Parameter]]:
    """The numbers of the types that a `_revinclude` looks at, and the parameters by which they may point, each name
    once with all its targets: a digest says the name, not the type."""
    sources: list[int] = []
    targets: dict[str, Parameter] = {}
    for source in (rule.source,) if rule.source != "*" else NUMBER:
        for parameter in search_parameters.of(source).values():
            if parameter.kind == "reference" and rule.parameter in ("*", parameter.name):
                sources.append(NUMBER[source])
                known = targets.get(parameter.name, parameter)
                both = tuple(dict.fromkeys((*known.targets, *parameter.targets)))
                targets[parameter.name] = replace(known, targets=both)
    return sorted(set(sources)), list(targets.values())
