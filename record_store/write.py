"""Writing versions, a batch at a time. https://hl7.org/fhir/R4/http.html#update

The writers of a resident wait for each other. Then the current versions are read, what is new is decided here, old
versions move to the history in one statement, and each table gets one COPY.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from psycopg2.extras import execute_values

from fhir_profiles import ids
from fhir_profiles.outcome import Conflict
from fhir_profiles.resource_types import NAME, NUMBER
from record_store import change_feed, content, copy_binary, current_versions, index_rows, resource_rows
from record_store.current_versions import State
from record_store.database import Cursor
from record_store.delete import delete
from record_store.draft import Draft, Written
from record_store.vocabulary import Word, vocabulary

__all__ = ["Draft", "Written", "delete", "write"]

FRESH = 7
"""The version of UUIDs that are made of time and chance: nothing has such an id before it is created."""

RELABEL = """
update resource r set labels = given.labels, resident_id = given.resident_id
from (values %s) as given (bucket, id, labels, resident_id) where r.bucket = given.bucket and r.id = given.id
"""


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
    states: dict[UUID, State]
    versions: list[_Version] = field(default_factory=list)
    newest: dict[UUID, _Version] = field(default_factory=dict)
    relabelled: dict[UUID, Draft] = field(default_factory=dict)
    changes: list[change_feed.Entry] = field(default_factory=list)


@dataclass(slots=True)
class _Packed:
    """Rows ready to be sent, and the numbers of the words on them."""

    rows: list[bytes] = field(default_factory=list)
    sides: index_rows.Sides = field(default_factory=index_rows.Sides)
    seen: list[int] = field(default_factory=list)


def write(cursor: Cursor, drafts: Sequence[Draft], now: datetime) -> list[Written]:
    """Store drafts, each as the next version of its id unless its content is there already; answers in their order.

    Raises PreconditionFailed (`expected` is not the current version) and Conflict (`create_only`, or the id is that of
    a resource of another type); then the caller's transaction must end or go back to a savepoint.
    """
    if not drafts:
        return []
    current_versions.lock(cursor, ((draft.id, draft.resident_id) for draft in drafts))
    fresh = {draft.id for draft in drafts if draft.create_only and draft.id.version == FRESH}
    states = current_versions.current(cursor, {draft.id for draft in drafts} - fresh)
    batch = _Batch(states | {identity: State() for identity in fresh})
    versions = content.newest(cursor).versions(cursor)
    written = [_decide(batch, draft, versions.get(NUMBER[draft.type], 0), now) for draft in drafts]
    current_versions.replace(
        cursor,
        [identity for identity, state in batch.states.items() if state.stored and identity in batch.newest],
    )
    _store(cursor, batch, now)
    change_feed.record(cursor, batch.changes, now)
    return written


def _decide(batch: _Batch, draft: Draft, dictionary: int, now: datetime) -> Written:
    state = batch.states[draft.id]
    if state.version and state.type != NUMBER[draft.type]:
        raise Conflict(f"The id of this {draft.type} belongs to a {NAME[state.type]}", reason="id-taken")
    if draft.create_only and state.body is not None:
        raise Conflict(f"This {draft.type} exists already", reason="exists")
    current_versions.expect(state, draft.expected)
    if draft.if_absent and state.body is not None:
        fhir_id, updated = draft.fhir_id or str(draft.id), state.updated or now
        return Written(draft.type, draft.id, fhir_id, state.version, updated, False, False, state.resident_id)
    body = content.body(draft.resource)
    compressed = content.encode(draft.type, body, dictionary)
    created = state.body is None
    fhir_id = draft.fhir_id or draft.resource.get("id") or str(draft.id)
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
    batch.states[draft.id] = State(
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


def _same(type_: str, state: State, dictionary: int, body: bytes, compressed: bytes) -> bool:
    if state.body is None or state.dictionary == dictionary:
        return state.body == compressed
    return content.decode(type_, state.dictionary, state.body) == body


def _store(cursor: Cursor, batch: _Batch, now: datetime) -> None:
    current = [version for version in batch.versions if version.last]
    words = vocabulary(cursor)
    try:
        packed = _packed(current, words.numbers, now)
    except KeyError:
        words.learn(word for version in current for word in index_rows.words(version.draft.values))
        packed = _packed(current, words.numbers, now)
    passed = [
        resource_rows.past(
            version.draft, version=version.version, dictionary=version.dictionary, body=version.body, now=now
        )
        for version in batch.versions
        if not version.last
    ]
    copy_binary.copy(cursor, "resource", resource_rows.COLUMNS, packed.rows)
    copy_binary.copy(cursor, "resource_history", resource_rows.HISTORY_COLUMNS, passed)
    packed.sides.copy(cursor)
    words.seen(packed.seen)
    _relabel(cursor, list(batch.relabelled.values()))


def _packed(versions: Sequence[_Version], numbers: Mapping[Word, int], now: datetime) -> _Packed:
    packed = _Packed()
    for version in versions:
        draft = version.draft
        found = index_rows.columns(
            *(draft.type, NUMBER[draft.type], draft.id, draft.values, numbers, packed.sides),
            has_resident=bool(draft.resident_id),
        )
        packed.rows.append(
            resource_rows.current(
                draft,
                found,
                version=version.version,
                dictionary=version.dictionary,
                body=version.body,
                now=now,
            )
        )
        packed.seen += found.tokens
        if found.code is not None:
            packed.seen.append(found.code)
    return packed


def _relabel(cursor: Cursor, drafts: Sequence[Draft]) -> None:
    """The same content with other labels or another resident is no new version."""
    if drafts:
        rows = [(ids.bucket(d.id), str(d.id), d.labels, d.resident_id) for d in drafts]
        execute_values(cursor, RELABEL, rows, "(%s::smallint, %s::uuid, %s, %s::bigint)")
