"""Index all current resources again: after a release that finds more in a resource than the one that stored it.

Step by step, each in a transaction of its own, while everything else goes on. The place is kept in the table
`backfill`, so that a run that was interrupted resumes. Versions, history and the change feed are not touched.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg2.extras import execute_values

from fhir_profiles import resources
from fhir_profiles.extraction import extract
from fhir_profiles.index_values import IndexValues
from fhir_profiles.resource_types import NAME
from record_store import content, current_versions, index_rows
from record_store.database import Cursor
from record_store.index_rows import Columns, Sides
from record_store.logical_ids import short_of
from record_store.vocabulary import vocabulary

NAME_OF_RUN = "reindex"
STEP = 500

PLACE = "select bucket, id::text from backfill where name = %s and finished is null"
BEGIN = """
insert into backfill (name, bucket, id, started) values (%(name)s, -1, '00000000-0000-0000-0000-000000000000', %(now)s)
on conflict (name) do update
set bucket = excluded.bucket, id = excluded.id, started = excluded.started, finished = null
"""
MOVE_ON = "update backfill set bucket = %(bucket)s, id = %(id)s where name = %(name)s"
FINISH = "update backfill set finished = %(now)s where name = %(name)s"

NEXT = """
select bucket, id::text, resident_id from resource where (bucket, id) > (%(bucket)s, %(id)s::uuid)
order by bucket, id limit %(limit)s
"""
ROWS = """
select r.bucket, r.id::text, r.type, r.fhir_id, r.version, r.updated, r.dictionary, r.body, r.resident_id
from unnest(%(buckets)s::smallint[], %(ids)s::uuid[]) as wanted (bucket, id)
cross join lateral (
  select * from resource where resource.bucket = wanted.bucket and resource.id = wanted.id for update
) r
"""
UPDATE = """
with given (bucket, id, at, until, value, number, subject, encounter, code, unit, tokens, links) as (values %s),
unlinked as (
  delete from reference_index i using given, resource old
  where old.bucket = given.bucket and old.id = given.id and i.link = any(old.links) and i.id = old.id
)
update resource r
set at = given.at, until = given.until, value = given.value, number = given.number, subject = given.subject,
    encounter = given.encounter, code = given.code, unit = given.unit, tokens = given.tokens, links = given.links
from given where r.bucket = given.bucket and r.id = given.id
"""
SHAPE = (
    "(%s::smallint, %s::uuid, %s::timestamptz, %s::timestamptz, %s::float8, %s::float8, %s::bigint, %s::bigint, "
    "%s::int, %s::int, %s::int[], %s::bigint[])"
)


def begin(cursor: Cursor, now: datetime, *, restart: bool = False) -> bool:
    """Start a run, or go on with the one that was interrupted; True when it goes on."""
    cursor.execute(PLACE, (NAME_OF_RUN,))
    if cursor.fetchone() and not restart:
        return True
    cursor.execute(BEGIN, {"name": NAME_OF_RUN, "now": now})
    return False


def step(cursor: Cursor, now: datetime, limit: int = STEP) -> int:
    """Index the next resources; how many they were, 0 when the run is finished."""
    cursor.execute(PLACE, (NAME_OF_RUN,))
    place = cursor.fetchone()
    if place is None:
        return 0
    cursor.execute(NEXT, {"bucket": place[0], "id": place[1], "limit": limit})
    found = cursor.fetchall()
    if not found:
        cursor.execute(FINISH, {"name": NAME_OF_RUN, "now": now})
        return 0
    current_versions.lock(cursor, ((UUID(identity), resident) for _, identity, resident in found))
    keys = current_versions.keys(UUID(identity) for _, identity, _ in found)
    cursor.execute(ROWS, keys)
    _index(cursor, cursor.fetchall())
    bucket, identity, _ = found[-1]
    cursor.execute(MOVE_ON, {"name": NAME_OF_RUN, "bucket": bucket, "id": identity})
    return len(found)


def _index(cursor: Cursor, rows: Sequence[Any]) -> None:
    extracted = []
    for _, identity, type_, fhir_id, version, updated, dictionary, body, resident in rows:
        name = NAME[type_]
        text = content.assemble(name, fhir_id or identity, version, updated, dictionary, body)
        extracted.append((name, type_, UUID(identity), extract(resources.loads(text)), bool(resident)))
    words = vocabulary(cursor)
    words.learn(word for *_, values, _ in extracted for word in index_rows.words(values))
    sides = Sides()
    given = []
    for (bucket, *_), (name, type_, identity, values, has_resident) in zip(rows, extracted, strict=True):
        found = index_rows.columns(
            name, type_, identity, values, words.numbers, sides, has_resident=has_resident
        )
        given.append((bucket, str(identity), *_columns(values, found)))
    if given:
        execute_values(cursor, UPDATE, given, SHAPE, page_size=len(given))
        cursor.execute(
            index_rows.REMOVE, current_versions.keys(identity for _, _, identity, _, _ in extracted)
        )
        sides.copy(cursor)


def _columns(values: IndexValues, found: Columns) -> tuple[Any, ...]:
    low, high = values.primary_date or (None, None)
    return (
        *(low, high, found.value, found.number),
        short_of(values.subject) if values.subject else None,
        short_of(values.encounter) if values.encounter else None,
        *(found.code, found.unit, found.tokens or None, found.links or None),
    )
