"""Writing versions, a batch at a time. https://hl7.org/fhir/R4/http.html#update

Writers of one resident wait for each other: advisory locks on residents first, then on resources without one, both in
sorted order, so that no two batches wait in a circle. After that the current versions are read, what is new is
decided here, old versions move to the history in one statement, and each table gets one COPY.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg2.extras import execute_values

from fhir_profiles import ids
from fhir_profiles.outcome import Conflict, Gone, NotFound, PreconditionFailed
from fhir_profiles.resource_types import NAME, NUMBER
from record_store import change_feed, content, copy_binary, index_rows, resource_rows
from record_store.database import Cursor
from record_store.draft import Deletion, Draft, Written
from record_store.vocabulary import vocabulary

__all__ = ["Deletion", "Draft", "Written", "delete", "write"]

LOCK = "select pg_advisory_xact_lock(key) from unnest(%s::bigint[]) as wanted (key)"

RESIDENTS = """
select r.id::text, r.resident_id
from unnest(%(buckets)s::smallint[], %(ids)s::uuid[]) as wanted (bucket, id)
join resource r on r.bucket = wanted.bucket and r.id = wanted.id
"""

CURRENT = """
select r.id::text, r.type, r.version, r.updated, r.dictionary, r.body, r.resident_id, r.labels, r.fhir_id
from unnest(%(buckets)s::smallint[], %(ids)s::uuid[]) as wanted (bucket, id)
join resource r on r.bucket = wanted.bucket and r.id = wanted.id
order by r.bucket, r.id for update of r
"""

DELETED = """
select h.id::text, max(h.version), max(h.type)
from unnest(%(buckets)s::smallint[], %(ids)s::uuid[]) as wanted (bucket, id)
join resource_history h on h.bucket = wanted.bucket and h.id = wanted.id
group by h.id
"""

MOVE = f"""
with moved as (
  delete from resource r using unnest(%(buckets)s::smallint[], %(ids)s::uuid[]) as wanted (bucket, id)
  where r.bucket = wanted.bucket and r.id = wanted.id returning r.*
)
insert into resource_history ({resource_rows.HISTORY_COLUMNS})
select {resource_rows.HISTORY_FROM_ROW} from moved
"""

TOMBSTONE = f"""
insert into resource_history ({resource_rows.HISTORY_COLUMNS})
select h.bucket, h.type, h.version + 1, h.id, h.resident_id, given.at, h.labels, h.source, 0, 0, true,
       h.at, h.subject, h.encounter, given.message, h.fhir_id, null
from (values %s) as given (bucket, id, version, at, message)
join resource_history h on h.bucket = given.bucket and h.id = given.id and h.version = given.version
"""

ALIAS = "insert into alias (type, fhir_id, bucket, id) values %s on conflict do nothing"

RELABEL = """
update resource r set labels = given.labels, resident_id = given.resident_id
from (values %s) as given (bucket, id, labels, resident_id) where r.bucket = given.bucket and r.id = given.id
"""


@dataclass(slots=True)
class _State:
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


@dataclass(slots=True)
class _Version:
    """One new version. `last` is False when the same batch brings a later one."""

    draft: Draft
    version: int
    dictionary: int
    body: bytes
    last: bool = True


@dataclass(slots=True)
class _Batch:
    states: dict[UUID, _State]
    versions: list[_Version] = field(default_factory=list)
    newest: dict[UUID, _Version] = field(default_factory=dict)
    relabelled: dict[UUID, Draft] = field(default_factory=dict)
    changes: list[change_feed.Entry] = field(default_factory=list)


def write(cursor: Cursor, drafts: Sequence[Draft], now: datetime) -> list[Written]:
    """Store drafts, each as the next version of its id unless its content is there already; answers in their order.

    Raises PreconditionFailed (`expected` is not the current version) and Conflict (`create_only`, or the id is that of
    a resource of another type); then the caller's transaction must end or go back to a savepoint.
    """
    if not drafts:
        return []
    _lock(cursor, ((draft.id, draft.resident_id) for draft in drafts))
    batch = _Batch(_current(cursor, {draft.id for draft in drafts}))
    versions = content.newest(cursor).versions(cursor)
    written = [_decide(batch, draft, versions.get(NUMBER[draft.type], 0), now) for draft in drafts]
    _replace(
        cursor,
        [identity for identity, state in batch.states.items() if state.stored and identity in batch.newest],
    )
    _store(cursor, batch, now)
    change_feed.record(cursor, batch.changes, now)
    return written


def delete(cursor: Cursor, deletions: Sequence[Deletion], now: datetime) -> list[Written]:
    """Delete resources: the current version moves to the history, a tombstone follows it. Raises NotFound, Gone,
    PreconditionFailed."""
    keys = _keys({deletion.id for deletion in deletions})
    cursor.execute(RESIDENTS, keys)
    _lock(cursor, ((UUID(identity), resident) for identity, resident in cursor.fetchall()))
    states = _current(cursor, {deletion.id for deletion in deletions})
    written, tombstones = [], []
    changes: list[change_feed.Entry] = []
    for deletion in deletions:
        state = states[deletion.id]
        if state.type != NUMBER[deletion.type]:
            raise NotFound(f"There is no such {deletion.type}")
        if state.body is None:
            raise Gone(f"This {deletion.type} was deleted already")
        _expect(state, deletion.expected)
        tombstones.append((ids.bucket(deletion.id), str(deletion.id), state.version, now, deletion.message))
        version, resident = state.version + 1, state.resident_id
        states[deletion.id] = _State(version, type=state.type)
        changes.append((deletion.type, deletion.id, version, resident, "d"))
        fhir_id = state.fhir_id or str(deletion.id)
        written.append(Written(deletion.type, deletion.id, fhir_id, version, now, True, False, resident))
    _replace(cursor, [deletion.id for deletion in deletions])
    execute_values(cursor, TOMBSTONE, tombstones, "(%s::smallint, %s::uuid, %s, %s::timestamptz, %s::bigint)")
    change_feed.record(cursor, changes, now)
    return written


def _lock(cursor: Cursor, keys: Iterable[tuple[UUID, int]]) -> None:
    pairs = list(keys)
    residents = sorted({resident for _, resident in pairs if resident})
    others = sorted({ids.short(identity) for identity, resident in pairs if not resident})
    cursor.execute(LOCK, ([*residents, *others],))


def _current(cursor: Cursor, identities: set[UUID]) -> dict[UUID, _State]:
    """The state of each id: its row locked, or the version of its tombstone."""
    states = {identity: _State() for identity in identities}
    cursor.execute(CURRENT, _keys(states))
    for (
        identity,
        type_,
        version,
        updated,
        dictionary,
        body,
        resident_id,
        labels,
        fhir_id,
    ) in cursor.fetchall():
        states[UUID(identity)] = _State(
            version, updated, dictionary, bytes(body), resident_id, labels, type_, True, fhir_id
        )
    unknown = [identity for identity, state in states.items() if not state.stored]
    if unknown:
        cursor.execute(DELETED, _keys(unknown))
        for identity, version, type_ in cursor.fetchall():
            states[UUID(identity)] = _State(version, type=type_)
    return states


def _decide(batch: _Batch, draft: Draft, dictionary: int, now: datetime) -> Written:
    state = batch.states[draft.id]
    if state.version and state.type != NUMBER[draft.type]:
        raise Conflict(f"The id of this {draft.type} belongs to a {NAME[state.type]}", reason="id-taken")
    if draft.create_only and state.body is not None:
        raise Conflict(f"This {draft.type} exists already", reason="exists")
    _expect(state, draft.expected)
    if draft.if_absent and state.body is not None:
        fhir_id, updated = draft.fhir_id or str(draft.id), state.updated or now
        return Written(draft.type, draft.id, fhir_id, state.version, updated, False, False, state.resident_id)
    body = content.body(draft.resource)
    compressed = content.encode(draft.type, body, dictionary)
    created = state.body is None
    fhir_id = draft.fhir_id or str(draft.id)
    if not created and _same(draft.type, state, dictionary, body, compressed):
        if (state.labels, state.resident_id) != (draft.labels, draft.resident_id):
            batch.relabelled[draft.id] = draft
        updated = state.updated or now
        return Written(draft.type, draft.id, fhir_id, state.version, updated, False, False, draft.resident_id)
    version = _Version(draft, state.version + 1, dictionary, compressed)
    earlier = batch.newest.get(draft.id)
    if earlier is not None:
        earlier.last = False
    batch.versions.append(version)
    batch.newest[draft.id] = version
    batch.relabelled.pop(draft.id, None)
    batch.changes.append((draft.type, draft.id, version.version, draft.resident_id, "c" if created else "u"))
    batch.states[draft.id] = _State(
        version.version,
        now,
        dictionary,
        compressed,
        draft.resident_id,
        draft.labels,
        NUMBER[draft.type],
        state.stored,
        draft.fhir_id,
    )
    return Written(draft.type, draft.id, fhir_id, version.version, now, True, created, draft.resident_id)


def _expect(state: _State, expected: int | None) -> None:
    if expected is not None and (state.body is None or state.version != expected):
        raise PreconditionFailed(
            "The resource has changed since the version that If-Match names; read it again", reason="version"
        )


def _same(type_: str, state: _State, dictionary: int, body: bytes, compressed: bytes) -> bool:
    if state.body is None or state.dictionary == dictionary:
        return state.body == compressed
    return content.decode(type_, state.dictionary, state.body) == body


def _replace(cursor: Cursor, identities: Sequence[UUID]) -> None:
    """Move current rows to the history and take away what they were found by."""
    if identities:
        keys = _keys(identities)
        cursor.execute(MOVE, keys)
        cursor.execute(index_rows.REMOVE, keys)


def _store(cursor: Cursor, batch: _Batch, now: datetime) -> None:
    current = [version for version in batch.versions if version.last]
    words = vocabulary(cursor)
    numbers = words.numbers(word for version in current for word in index_rows.words(version.draft.values))
    sides = index_rows.Sides()
    rows, seen = [], []
    for version in current:
        draft = version.draft
        found = index_rows.columns(
            *(draft.type, NUMBER[draft.type], draft.id, draft.values, numbers, sides),
            has_resident=bool(draft.resident_id),
        )
        rows.append(
            resource_rows.current(
                draft,
                found,
                version=version.version,
                dictionary=version.dictionary,
                body=version.body,
                now=now,
            )
        )
        seen += found.tokens
        if found.code is not None:
            seen.append(found.code)
    passed = [
        resource_rows.past(
            version.draft, version=version.version, dictionary=version.dictionary, body=version.body, now=now
        )
        for version in batch.versions
        if not version.last
    ]
    copy_binary.copy(cursor, "resource", resource_rows.COLUMNS, rows)
    copy_binary.copy(cursor, "resource_history", resource_rows.HISTORY_COLUMNS, passed)
    sides.copy(cursor)
    words.seen(seen)
    _alias(cursor, [version.draft for version in current if version.draft.fhir_id])
    _relabel(cursor, list(batch.relabelled.values()))


def _alias(cursor: Cursor, drafts: Sequence[Draft]) -> None:
    if drafts:
        rows = [(NUMBER[d.type], d.fhir_id, ids.bucket(d.id), str(d.id)) for d in drafts]
        execute_values(cursor, ALIAS, rows)


def _relabel(cursor: Cursor, drafts: Sequence[Draft]) -> None:
    """The same content with other labels or another resident is no new version."""
    if drafts:
        rows = [(ids.bucket(d.id), str(d.id), d.labels, d.resident_id) for d in drafts]
        execute_values(cursor, RELABEL, rows, "(%s::smallint, %s::uuid, %s, %s::bigint)")


def _keys(identities: Any) -> dict[str, list[Any]]:
    chosen = list(identities)
    return {"buckets": [ids.bucket(each) for each in chosen], "ids": [str(each) for each in chosen]}
