"""The inbox: every message as it was received, durable before it is acknowledged. The row is the job.

Exactly once: a worker claims messages, does everything about them and marks them done in one transaction. Killed in
between, nothing of it happened, and the messages wait again. Order: messages of one patient of one source are worked
on one after the other; whoever holds the advisory lock of (source, patient_key) has all of that patient's messages,
and a message that waits for another attempt holds back those behind it.
"""

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import zstandard
from psycopg2.extras import Json, execute_values

from fhir_profiles.outcome import Issue
from record_store.database import Cursor

ATTEMPTS = 6
LONGEST_NAME = 200
"""Characters of a control id or a patient key that count."""

_codecs = threading.local()

RECEIVE = """
with given (n, source, door, control_id, digest, patient_key, received, state, issues, payload) as (
  values %s
), kept as (
  insert into inbox (source, door, control_id, digest, patient_key, received, due, state, issues, payload, done)
  select source, door, control_id, digest, patient_key, received, received, state, issues, payload,
         case state when 'waiting' then null else received end
  from given order by n
  on conflict (source, control_id, digest) do nothing
  returning id, source, control_id, digest, state, issues
)
select n, kept.id, false, kept.state, kept.issues from given join kept using (source, control_id, digest)
union all
select n, inbox.id, true, inbox.state, inbox.issues from given join inbox using (source, control_id, digest)
"""

SHAPE = "(%s, %s::smallint, %s, %s, %s::bytea, %s, %s::timestamptz, %s, %s::jsonb, %s::bytea)"

CANDIDATES = """
select id from (
  select id, source, patient_key from inbox where state = 'waiting' and due <= %(now)s order by due, id offset 0
) waiting
where pg_try_advisory_xact_lock(hashtextextended(
  case patient_key when '' then 'inbox ' || id else source || ' ' || patient_key end, 20))
limit %(limit)s
"""

CLAIM = """
select i.id, i.source, i.door, i.control_id, i.patient_key, i.received, i.attempts, i.issues, i.payload
from inbox i
where i.id = any(%(ids)s) and i.state = 'waiting' and (i.patient_key = '' or not exists (
  select from inbox earlier
  where earlier.state = 'waiting' and earlier.source = i.source and earlier.patient_key = i.patient_key
    and earlier.id < i.id and earlier.id <> all(%(ids)s)))
order by i.source, i.patient_key, i.id
for update of i
"""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a door hands in. An error among `issues` means that the message is kept as refused."""

    source: int
    door: str
    control_id: str
    payload: bytes
    patient_key: str = ""
    issues: list[Issue] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an arrival. A duplicate (same source, control id and bytes) names the first one's row."""

    id: int
    duplicate: bool
    state: str
    issues: list[Issue]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message to work on, locked until the transaction ends. `attempts` counts those that failed."""

    id: int
    source: int
    door: str
    control_id: str
    patient_key: str
    received: datetime
    attempts: int
    issues: list[Issue]
    payload: bytes


def receive(cursor: Cursor, arrivals: Sequence[Arrival], now: datetime) -> list[Receipt]:
    """Keep a group of messages in one statement; the receipts in the order of the arrivals.

    Nothing is durable before the caller's transaction has committed.
    """
    names = [(_storable(arrival.control_id), _storable(arrival.patient_key)) for arrival in arrivals]
    digests = [hashlib.sha256(arrival.payload).digest() for arrival in arrivals]
    keys = [
        (arrival.source, control_id, digest)
        for arrival, (control_id, _), digest in zip(arrivals, names, digests, strict=True)
    ]
    first = {key: n for n, key in reversed(list(enumerate(keys)))}
    rows = [
        (
            n,
            arrivals[n].source,
            arrivals[n].door,
            names[n][0],
            digests[n],
            names[n][1],
            now,
            "refused"
            if any(issue.severity in {"error", "fatal"} for issue in arrivals[n].issues)
            else "waiting",
            Json(to_json(arrivals[n].issues)) if arrivals[n].issues else None,
            _compress(arrivals[n].payload),
        )
        for n in sorted(first.values())
    ]
    found: dict[int, tuple[int, bool, str, Any]] = {}
    for attempt in range(3):
        missing = [row for row in rows if row[0] not in found]
        if not missing:
            break
        # A row that another transaction committed meanwhile is in neither half of the first answer: ask again.
        answers = execute_values(cursor, RECEIVE, missing, SHAPE, page_size=len(missing), fetch=True)
        for n, identity, duplicate, state, issues in answers:
            found[n] = (identity, duplicate or attempt > 0, state, issues)
    receipts = []
    for n, key in enumerate(keys):
        identity, duplicate, state, issues = found[first[key]]
        receipts.append(Receipt(identity, duplicate or first[key] != n, state, from_json(issues)))
    return receipts


def claim(cursor: Cursor, limit: int, now: datetime) -> list[Claimed]:
    """Up to `limit` waiting messages that nobody else works on, each patient's in the order of arrival.

    They stay claimed until the transaction ends. Call it once for each transaction, before anything else.
    """
    cursor.execute(CANDIDATES, {"now": now, "limit": limit})
    candidates = [row[0] for row in cursor.fetchall()]
    if not candidates:
        return []
    # A statement of its own: its snapshot is younger than the locks, so it sees what their last holders finished.
    cursor.execute(CLAIM, {"ids": candidates})
    return [
        Claimed(
            id_, source, door, control_id, key, received, attempts, from_json(issues), decompress(payload)
        )
        for id_, source, door, control_id, key, received, attempts, issues, payload in cursor.fetchall()
    ]


def finish(cursor: Cursor, identities: Sequence[int], now: datetime) -> None:
    """These were translated and stored."""
    cursor.execute(
        "update inbox set state = 'done', done = %(now)s where id = any(%(ids)s)",
        {"now": now, "ids": list(identities)},
    )


def note(cursor: Cursor, noted: Sequence[tuple[int, list[Issue]]]) -> None:
    """Keep warnings (unmapped values, doubtful dates) with their messages."""
    if noted:
        execute_values(
            cursor,
            "update inbox set issues = noted.issues from (values %s) noted (id, issues) where inbox.id = noted.id",
            [(identity, Json(to_json(issues))) for identity, issues in noted],
            "(%s, %s::jsonb)",
        )


def refuse(cursor: Cursor, identity: int, issues: Sequence[Issue], now: datetime) -> None:
    """This one can't be stored, and why; it stays until somebody retries it."""
    cursor.execute(
        "update inbox set state = 'refused', done = %(now)s, attempts = attempts + 1, issues = %(issues)s "
        "where id = %(id)s",
        {"id": identity, "issues": Json(to_json(issues)), "now": now},
    )


def postpone(cursor: Cursor, identity: int, issues: Sequence[Issue], now: datetime) -> None:
    """A fault of ours: try again after 2, 4, 8 … seconds; after ATTEMPTS it counts as failed and waits for a person."""
    cursor.execute(
        "update inbox set attempts = attempts + 1, issues = %(issues)s, "
        "state = case when attempts + 1 >= %(most)s then 'failed' else 'waiting' end, "
        "due = %(now)s + %(second)s * power(2, least(attempts + 1, 12)) where id = %(id)s",
        {
            "id": identity,
            "issues": Json(to_json(issues)),
            "now": now,
            "most": ATTEMPTS,
            "second": timedelta(seconds=1),
        },
    )


def to_json(issues: Sequence[Issue]) -> list[dict[str, str]]:
    """Issues as the column `issues` holds them."""
    return [
        {name: _printable(getattr(issue, name)) for name in Issue.__slots__ if getattr(issue, name)}
        for issue in issues
    ]


def from_json(issues: list[dict[str, str]] | None) -> list[Issue]:
    """The issues of a row."""
    return [Issue(**{"code": "", "text": "", **issue}) for issue in issues or []]


def decompress(payload: bytes | memoryview) -> bytes:
    """The bytes of a message as they were received."""
    content: bytes = _codec()[1].decompress(payload)
    return content


def _storable(name: str) -> str:
    """A name that a sender made up, as an index can hold it. The digest still tells messages apart."""
    return _printable(name)[:LONGEST_NAME]


def _printable(text: str) -> str:
    """PostgreSQL holds neither NUL nor half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def _compress(payload: bytes) -> bytes:
    content: bytes = _codec()[0].compress(payload)
    return content


def _codec() -> tuple[Any, Any]:
    codec: tuple[Any, Any] | None = getattr(_codecs, "codec", None)
    if codec is None:
        codec = _codecs.codec = (zstandard.ZstdCompressor(level=3), zstandard.ZstdDecompressor())
    return codec
