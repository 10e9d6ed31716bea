"""Reading single resources and their versions.

https://hl7.org/fhir/R4/http.html#read, #vread. Every statement carries the caller's visibility; what it leaves out
looks like absence. A read by id is one index lookup in the leaf that the id names.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from fhir_profiles import ids
from fhir_profiles.resource_types import NAME, NUMBER
from record_store import content
from record_store.database import Cursor
from record_store.logical_ids import is_logical_id, uuid_of
from record_store.stored import Stored
from record_store.visibility import Visibility

COLUMNS = ("type", "id", "fhir_id", "version", "updated", "dictionary", "body", "resident_id", "labels")
"""What `stored` needs of a row of `resource` or `resource_history`, in this order."""

AT_ONCE = 1000
"""References that one statement looks up."""


def columns(alias: str) -> str:
    """COLUMNS of one alias, for a select list. Ids travel as text."""
    return ", ".join(f"{alias}.id::text" if name == "id" else f"{alias}.{name}" for name in COLUMNS)


def stored(row: Sequence[Any]) -> Stored:
    """A row of COLUMNS as what a reader gets."""
    number, identity, fhir_id, version, updated, dictionary, body, resident_id, labels = row[:9]
    type_ = NAME[number]
    logical = fhir_id or identity
    if body is None:
        return Stored(type_, logical, version, updated, b"", resident_id, labels, deleted=True)
    text = content.assemble(type_, logical, version, updated, dictionary, body)
    return Stored(type_, logical, version, updated, text, resident_id, labels)


def key(type_: str, fhir_id: str) -> dict[str, Any] | None:
    """The parameters `bucket`, `id` and `type` that name a row; None for what can be no id."""
    if type_ not in NUMBER or not is_logical_id(fhir_id):
        return None
    identity = uuid_of(type_, fhir_id)
    return {"bucket": ids.bucket(identity), "id": str(identity), "type": NUMBER[type_]}


def read(cursor: Cursor, visibility: Visibility, type_: str, fhir_id: str) -> Stored | None:
    """The current version; its tombstone (`deleted`) when the caller could have seen what was deleted; else None."""
    found = key(type_, fhir_id)
    if found is None:
        return None
    visible, parameters = visibility.where("r")
    cursor.execute(
        f"select {columns('r')} from resource r"
        f" where r.bucket = %(bucket)s and r.id = %(id)s and r.type = %(type)s and ({visible})",
        {**found, **parameters},
    )
    row = cursor.fetchone()
    return stored(row) if row else _tombstone(cursor, visibility, found)


def vread(cursor: Cursor, visibility: Visibility, type_: str, fhir_id: str, version: int) -> Stored | None:
    """One version, current or old; a tombstone where that version is the deletion; None where there is none."""
    found = key(type_, fhir_id)
    if found is None or not 0 < version < 1 << 31:
        return None
    visible, parameters = visibility.where("r")
    where = (
        "r.bucket = %(bucket)s and r.id = %(id)s and r.version = %(version)s and r.type = %(type)s"
        f" and ({visible})"
    )
    cursor.execute(
        f"select {columns('r')} from resource r where {where}"
        f" union all select {columns('r')} from resource_history r where {where}",
        {**found, **parameters, "version": version},
    )
    row = cursor.fetchone()
    return stored(row) if row else None


def read_many(cursor: Cursor, visibility: Visibility, references: Iterable[tuple[str, str]]) -> list[Stored]:
    """The current versions of what some (type, id) pairs name, without those that are absent or not visible."""
    wanted = {}
    for type_, fhir_id in references:
        found = key(type_, fhir_id)
        if found is not None:
            wanted[found["id"]] = found
    visible, parameters = visibility.where("r")
    statement = (
        f"select {columns('r')} from unnest(%(buckets)s::smallint[], %(ids)s::uuid[], %(types)s::smallint[])"
        " as wanted(bucket, id, type)"
        " join resource r on r.bucket = wanted.bucket and r.id = wanted.id and r.type = wanted.type"
        f" where ({visible})"
    )
    results: list[Stored] = []
    keys = list(wanted.values())
    for start in range(0, len(keys), AT_ONCE):
        part = keys[start : start + AT_ONCE]
        cursor.execute(
            statement,
            {
                **parameters,
                "buckets": [one["bucket"] for one in part],
                "ids": [one["id"] for one in part],
                "types": [one["type"] for one in part],
            },
        )
        results.extend(stored(row) for row in cursor.fetchall())
    return results


def _tombstone(cursor: Cursor, visibility: Visibility, found: dict[str, Any]) -> Stored | None:
    visible, parameters = visibility.where("r")
    cursor.execute(
        f"select {columns('r')} from resource_history r"
        " where r.bucket = %(bucket)s and r.id = %(id)s and r.type = %(type)s and r.deleted"
        f" and ({visible}) and not exists (select 1 from resource c where c.bucket = r.bucket and c.id = r.id)"
        " order by r.version desc limit 1",
        {**found, **parameters},
    )
    row = cursor.fetchone()
    return stored(row) if row else None
