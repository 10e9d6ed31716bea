"""What operators do with the inbox: list, look, count, try again. Lists hold no payload; a look does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from fhir_profiles.outcome import Issue, NotFound
from record_store.database import Cursor
from record_store.inbox import decompress, from_json

State = Literal["waiting", "done", "refused", "failed"]
STATES: tuple[State, ...] = get_args(State)

COLUMNS = """
i.id, s.name, i.door, i.control_id, i.received, i.state, i.attempts, i.due, i.done, i.issues, octet_length(i.payload)
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One message on the list. `size` is in bytes as stored (compressed); `source` the sender's name."""

    id: int
    source: str
    door: str
    control_id: str
    received: datetime
    state: State
    attempts: int
    due: datetime
    done: datetime | None
    issues: list[Issue]
    size: int


def list_(
    cursor: Cursor,
    *,
    state: State | None = None,
    source: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Entry]:
    """The latest messages first; `before` an id for the next page."""
    cursor.execute(
        f"select {COLUMNS} from inbox i left join source s on s.id = i.source "
        "where (%(state)s::text is null or i.state = %(state)s) and (%(source)s::text is null or s.name = %(source)s) "
        "and (%(before)s::bigint is null or i.id < %(before)s) order by i.id desc limit %(limit)s",
        {"state": state, "source": source, "before": before, "limit": limit},
    )
    return [_entry(row) for row in cursor.fetchall()]


def show(cursor: Cursor, identity: int) -> tuple[Entry, bytes]:
    """One message and its bytes as received. The caller writes to the trace who looked. Raises NotFound."""
    cursor.execute(
        f"select {COLUMNS}, i.payload from inbox i left join source s on s.id = i.source where i.id = %(id)s",
        {"id": identity},
    )
    row = cursor.fetchone()
    if row is None:
        raise NotFound(f"There is no message {identity} in the inbox")
    return _entry(row[:11]), decompress(row[11])


def counters(cursor: Cursor) -> dict[str, dict[State, int]]:
    """By source and state: how many messages."""
    cursor.execute(
        "select coalesce(s.name, ''), i.state, count(*) from inbox i left join source s on s.id = i.source "
        "group by 1, 2 order by 1"
    )
    counted: dict[str, dict[State, int]] = {}
    for source, state, number in cursor.fetchall():
        counted.setdefault(source, dict.fromkeys(STATES, 0))[state] = number
    return counted


def backlog(cursor: Cursor, now: datetime) -> tuple[int, float]:
    """How many messages wait, and the age of the oldest in seconds."""
    cursor.execute("select count(*), min(received) from inbox where state = 'waiting'")
    number, oldest = cursor.fetchone()
    return number, (now - oldest).total_seconds() if oldest else 0.0


def retry(
    cursor: Cursor,
    now: datetime,
    *,
    identities: Sequence[int] | None = None,
    state: State | None = None,
    source: str | None = None,
) -> int:
    """Let refused or failed messages wait again, from the first attempt; how many do.

    All of `identities`, or all of a state or source; what is done stays done.
    """
    cursor.execute(
        "update inbox i set state = 'waiting', attempts = 0, due = %(now)s, done = null, issues = null "
        "where i.state in ('refused', 'failed') and (%(ids)s::bigint[] is null or i.id = any(%(ids)s)) "
        "and (%(state)s::text is null or i.state = %(state)s) "
        "and (%(source)s::text is null or i.source = (select id from source where name = %(source)s))",
        {
            "now": now,
            "ids": None if identities is None else list(identities),
            "state": state,
            "source": source,
        },
    )
    return int(cursor.rowcount)


def sweep(cursor: Cursor, now: datetime, limit: int) -> list[int]:
    """Ids of messages that are due: what a worker that lost its broker would have been told."""
    cursor.execute(
        "select id from inbox where state = 'waiting' and due <= %(now)s order by due, id limit %(limit)s",
        {"now": now, "limit": limit},
    )
    return [row[0] for row in cursor.fetchall()]


def _entry(row: Sequence[object]) -> Entry:
    values = list(row)
    values[9] = from_json(values[9])  # type: ignore[arg-type]
    values[1] = values[1] or ""
    return Entry(*values)  # type: ignore[arg-type]
