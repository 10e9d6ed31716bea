"""Deleting resources. https://hl7.org/fhir/R4/http.html#delete"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from psycopg2.extras import execute_values

from fhir_profiles import ids
from fhir_profiles.outcome import Gone, NotFound
from fhir_profiles.resource_types import NUMBER
from record_store import change_feed, current_versions, resource_rows
from record_store.current_versions import State
from record_store.database import Cursor
from record_store.draft import Deletion, Written

RESIDENTS = """
select r.id::text, r.resident_id
from unnest(%(buckets)s::smallint[], %(ids)s::uuid[]) as wanted (bucket, id)
join resource r on r.bucket = wanted.bucket and r.id = wanted.id
"""

TOMBSTONE = f"""
insert into resource_history ({resource_rows.HISTORY_COLUMNS})
select h.bucket, h.type, h.version + 1, h.id, h.resident_id, given.at, h.labels, h.source, 0, 0, true,
       h.at, h.subject, h.encounter, given.message, h.fhir_id, null
from (values %s) as given (bucket, id, version, at, message)
join resource_history h on h.bucket = given.bucket and h.id = given.id and h.version = given.version
"""


def delete(cursor: Cursor, deletions: Sequence[Deletion], now: datetime) -> list[Written]:
    """Delete resources: the current version moves to the history, a tombstone follows it. Raises NotFound, Gone,
    PreconditionFailed."""
    keys = current_versions.keys({deletion.id for deletion in deletions})
    cursor.execute(RESIDENTS, keys)
    current_versions.lock(cursor, ((UUID(identity), resident) for identity, resident in cursor.fetchall()))
    states = current_versions.current(cursor, {deletion.id for deletion in deletions})
    written, tombstones = [], []
    changes: list[change_feed.Entry] = []
    for deletion in deletions:
        state = states[deletion.id]
        if state.type != NUMBER[deletion.type]:
            raise NotFound(f"There is no such {deletion.type}")
        if state.body is None:
            raise Gone(f"This {deletion.type} was deleted already")
        current_versions.expect(state, deletion.expected)
        tombstones.append((ids.bucket(deletion.id), str(deletion.id), state.version, now, deletion.message))
        version, resident = state.version + 1, state.resident_id
        states[deletion.id] = State(version, type=state.type)
        changes.append((deletion.type, deletion.id, version, resident, "d"))
        fhir_id = state.fhir_id or str(deletion.id)
        written.append(Written(deletion.type, deletion.id, fhir_id, version, now, True, False, resident))
    current_versions.replace(cursor, [deletion.id for deletion in deletions])
    execute_values(cursor, TOMBSTONE, tombstones, "(%s::smallint, %s::uuid, %s, %s::timestamptz, %s::bigint)")
    change_feed.record(cursor, changes, now)
    return written
