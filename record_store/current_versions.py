"""The current versions of a batch of ids: locked, read, and moved to the history.

Writers of one resident wait for each other: advisory locks on residents first, then on resources without one, both in
sorted order, so that no two batches wait in a circle.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fhir_profiles import ids
from fhir_profiles.outcome import PreconditionFailed
from record_store import index_rows, resource_rows
from record_store.database import Cursor

LOCK = "select pg_advisory_xact_lock(key) from unnest(%s::bigint[]) as wanted (key)"

# Lateral, so that the plan is one index probe for each id even while the tables have no statistics.
CURRENT = """
select r.id::text, r.type, r.version, r.updated, r.dictionary, r.body, r.resident_id, r.labels, r.fhir_id
from unnest(%(buckets)s::smallint[], %(ids)s::uuid[]) as wanted (bucket, id)
cross join lateral (
  select * from resource where resource.bucket = wanted.bucket and resource.id = wanted.id for update
) r
"""

DELETED = """
select h.id::text, h.version, h.type
from unnest(%(buckets)s::smallint[], %(ids)s::uuid[]) as wanted (bucket, id)
cross join lateral (
  select * from resource_history old where old.bucket = wanted.bucket and old.id = wanted.id
  order by old.version desc limit 1
) h
"""

MOVE = f"""
with moved as (
  delete from resource r using unnest(%(buckets)s::smallint[], %(ids)s::uuid[]) as wanted (bucket, id)
  where r.bucket = wanted.bucket and r.id = wanted.id returning r.*
), kept as (
  insert into resource_history ({resource_rows.HISTORY_COLUMNS})
  select {resource_rows.HISTORY_FROM_ROW} from moved
)
delete from reference_index i using moved
where i.link = any(moved.links) and i.id = moved.id and i.bucket = moved.bucket
"""


@dataclass(slots=True)
class State:
    """What is known of one id while a batch is decided. `version` 0: never seen; `body` None: no current version."""

    version: int = 0
    updated: datetime | None = None
    dictionary: int = 0
    body: bytes | None = None
    resident_id: int = 0
    labels: int = 0
    type: int = 0
    stored: bool = False
    fhir_id: str | None = None


def lock(cursor: Cursor, wanted: Iterable[tuple[UUID, int]]) -> None:
    """Wait for other writers of these (id, resident), until the transaction ends."""
    pairs = list(wanted)
    residents = sorted({resident for _, resident in pairs if resident})
    others = sorted({ids.short(identity) for identity, resident in pairs if not resident})
    cursor.execute(LOCK, ([*residents, *others],))


def current(cursor: Cursor, identities: set[UUID]) -> dict[UUID, State]:
    """The state of each id: its row locked, or the version of its tombstone."""
    states = {identity: State() for identity in identities}
    if not states:
        return states
    cursor.execute(CURRENT, keys(states))
    for identity, type_, version, updated, dictionary, body, *belongs in cursor.fetchall():
        resident_id, labels, fhir_id = belongs
        states[UUID(identity)] = State(
            version, updated, dictionary, bytes(body), resident_id, labels, type_, True, fhir_id
        )
    unknown = [identity for identity, state in states.items() if not state.stored]
    if unknown:
        cursor.execute(DELETED, keys(unknown))
        for identity, version, type_ in cursor.fetchall():
            states[UUID(identity)] = State(version, type=type_)
    return states


def expect(state: State, expected: int | None) -> None:
    """PreconditionFailed when `expected` names another version than the current one."""
    if expected is not None and (state.body is None or state.version != expected):
        raise PreconditionFailed(
            "The resource has changed since the version that If-Match names; read it again", reason="version"
        )


def replace(cursor: Cursor, identities: Sequence[UUID]) -> None:
    """Move current rows to the history and take away what they were found by."""
    if identities:
        parameters = keys(identities)
        cursor.execute(MOVE, parameters)
        cursor.execute(index_rows.REMOVE, parameters)


def keys(identities: Iterable[UUID]) -> dict[str, str]:
    """Two array literals, sorted as rows are locked; one string each is quoted faster than its elements."""
    chosen = sorted(identities)
    buckets = ",".join([str(ids.bucket(each)) for each in chosen])
    return {"buckets": f"{{{buckets}}}", "ids": f"{{{','.join([each.hex for each in chosen])}}}"}
