"""The change feed: what changed, in the order of sequence, written in the transaction of the change.

A follower keeps its place as (transaction, sequence): rows of transactions that are still open are not handed out, so
that none is skipped when a lower number commits after a higher one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from struct import Struct
from typing import Literal, TypeAlias
from uuid import UUID

from fhir_profiles import ids
from fhir_profiles.resource_types import NAME, NUMBER
from record_store import copy_binary
from record_store.database import Cursor

Action: TypeAlias = Literal["c", "u", "d"]
Entry: TypeAlias = tuple[str, UUID, int, int, Action]
"""Type, id, version, resident, action."""

COLUMNS = "at, bucket, type, id, version, resident_id, action"
_ROW = Struct("!hiqihihi16siiiqic").pack

SINCE = """
select sequence, at, type, id::text, version, resident_id, action::text, "transaction"::text::bigint
from change
where ("transaction", sequence) > (%(transaction)s::text::xid8, %(sequence)s)
  and "transaction" < pg_snapshot_xmin(pg_current_snapshot())
order by "transaction", sequence limit %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Change:
    """One version of one resource that came to be: created, updated or deleted."""

    sequence: int
    at: datetime
    type: str
    id: str
    version: int
    resident_id: int
    action: Action
    transaction: int


def record(cursor: Cursor, changes: Iterable[Entry], now: datetime) -> None:
    """Append changes."""
    at = copy_binary.microseconds(now)
    rows = (
        _ROW(
            *(7, 8, at, 2, ids.bucket(identity), 2, NUMBER[type_], 16, identity.bytes),
            *(4, version, 8, resident, 1, action.encode()),
        )
        for type_, identity, version, resident, action in changes
    )
    copy_binary.copy(cursor, "change", COLUMNS, rows)


def since(cursor: Cursor, transaction: int, sequence: int, limit: int = 1000) -> list[Change]:
    """The next changes after a place; (0, 0) is the beginning. Empty: nothing new yet."""
    cursor.execute(SINCE, {"transaction": str(transaction), "sequence": sequence, "limit": limit})
    return [
        Change(sequence, at, NAME[type_], identity, version, resident, action, xid)
        for sequence, at, type_, identity, version, resident, action, xid in cursor.fetchall()
    ]
