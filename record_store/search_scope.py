"""What stays the same while one search is put into SQL: its bound values, its words, what the caller sees.

Also where the targets of its references live: links inside one resident's record are not indexed over the whole
region, so a search by reference first learns the resident, then reads that resident's rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from fhir_profiles import ids
from fhir_profiles.resource_types import NUMBER
from record_store.database import Cursor
from record_store.logical_ids import is_logical_id, uuid_of
from record_store.search_clauses import Criterion
from record_store.search_values import Target
from record_store.search_words import Words, clauses
from record_store.visibility import Visibility

PLACES: Final = """
select wanted.position, r.resident_id,
       exists (select 1 from resident x where x.id = r.resident_id and x.patient = r.id)
from unnest(%(buckets)s::smallint[], %(ids)s::uuid[], %(types)s::smallint[])
     with ordinality as wanted(bucket, id, type, position)
join resource r on r.bucket = wanted.bucket and r.id = wanted.id and r.type = wanted.type
"""


class Place(NamedTuple):
    """The resident of a resource (0: none) and whether it is that resident's exchange Patient."""

    resident_id: int
    exchange: bool


@dataclass(slots=True)
class Scope:
    """One search on its way to SQL. `bind` gives the placeholder of a value; `alias` a fresh table alias. `narrow` says
    that some condition leads to few rows, so that others need only filter."""

    visibility: Visibility
    words: Words
    places: dict[str, Place] = field(default_factory=dict)
    narrow: bool = False
    values: dict[str, Any] = field(default_factory=dict)
    aliases: int = 0

    def bind(self, value: Any) -> str:
        name = f"q{len(self.values)}"
        self.values[name] = value
        return f"%({name})s"

    def alias(self) -> str:
        self.aliases += 1
        return f"t{self.aliases}"

    def visible(self, alias: str) -> str:
        """The caller's visibility on an alias, in brackets."""
        text, parameters = self.visibility.where(alias)
        self.values.update(parameters)
        return f"({text})"


def any_of(tests: Iterable[str]) -> str:
    """The OR of some conditions; of none: false."""
    found = list(tests)
    return f"({' or '.join(found)})" if found else "false"


def candidates(target: Target, types: Iterable[str]) -> list[str]:
    """`Type/id` for every type that a reference value may mean; nothing for URLs and identifiers."""
    if target.id is None:
        return []
    return [f"{type_}/{target.id}" for type_ in ((target.type,) if target.type else types)]


def find_places(cursor: Cursor, criteria: Iterable[Criterion]) -> dict[str, Place]:
    """Where the targets that some criteria name live, by `Type/id`. Absent ones are left out."""
    wanted: dict[str, tuple[int, str, int]] = {}
    for clause in clauses(criteria):
        for value in clause.values:
            if isinstance(value, Target):
                for reference in candidates(value, clause.parameter.targets):
                    type_, _, fhir_id = reference.partition("/")
                    if type_ in NUMBER and is_logical_id(fhir_id):
                        identity = uuid_of(type_, fhir_id)
                        wanted[reference] = (ids.bucket(identity), str(identity), NUMBER[type_])
    if not wanted:
        return {}
    references = list(wanted)
    keys = list(wanted.values())
    cursor.execute(
        PLACES,
        {
            "buckets": [bucket for bucket, _, _ in keys],
            "ids": [identity for _, identity, _ in keys],
            "types": [number for _, _, number in keys],
        },
    )
    return {
        references[position - 1]: Place(resident, exchange)
        for position, resident, exchange in cursor.fetchall()
    }
