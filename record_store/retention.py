"""What the store may let go of, and when. Versions, tombstones and dictionaries are kept; nothing here touches them.

- The change feed: entries that every follower had time to read.
- The originals of messages that are done: the row stays (a duplicate is still recognised, a version still names its
  message), its bytes go. Refused and failed messages keep theirs, because somebody may retry them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from record_store.database import Cursor

CHANGES = """
delete from change where ("transaction", sequence) in (
  select "transaction", sequence from change where at < %(before)s order by "transaction", sequence limit %(limit)s)
"""

PAYLOADS = """
update inbox set payload = ''
where id in (
  select id from inbox where state = 'done' and done < %(before)s and octet_length(payload) > 0
  order by id limit %(limit)s for update skip locked)
"""


@dataclass(frozen=True, slots=True)
class Periods:
    """How long things are kept; None: for ever."""

    changes: timedelta | None = timedelta(days=30)
    payloads: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Released:
    """How many rows one round let go of."""

    changes: int = 0
    payloads: int = 0


def release(cursor: Cursor, periods: Periods, now: datetime, limit: int = 10_000) -> Released:
    """One round, small enough not to hold others up; call again while it finds something."""
    return Released(
        _run(cursor, CHANGES, periods.changes, now, limit),
        _run(cursor, PAYLOADS, periods.payloads, now, limit),
    )


def _run(cursor: Cursor, statement: str, period: timedelta | None, now: datetime, limit: int) -> int:
    if period is None:
        return 0
    cursor.execute(statement, {"before": now - period, "limit": limit})
    return int(cursor.rowcount)
