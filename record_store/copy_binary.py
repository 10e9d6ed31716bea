"""Rows packed for PostgreSQL's `COPY … (format binary)`: four times as fast as statements with values.

https://www.postgresql.org/docs/current/sql-copy.html (Binary Format): a row is the number of its fields, then each
field as its length (-1: null) and its bytes, all in network order.
"""

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from struct import Struct

from record_store.database import Cursor

NULL = b"\xff\xff\xff\xff"
_HEAD = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TAIL = b"\xff\xff"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_BIGINT = Struct("!iq").pack
_INTEGER = Struct("!ii").pack
_FLOAT = Struct("!id").pack
_LENGTH = Struct("!i").pack


def copy(cursor: Cursor, table: str, columns: str, rows: Iterable[bytes]) -> None:
    """Send packed rows in one COPY; nothing is sent when there are none."""
    packed = b"".join(rows)
    if packed:
        stream = io.BytesIO(_HEAD + packed + _TAIL)
        cursor.copy_expert(f"copy {table} ({columns}) from stdin (format binary)", stream, 1 << 18)


def microseconds(moment: datetime) -> int:
    """PostgreSQL's timestamptz: microseconds since the year 2000."""
    span = moment - _EPOCH
    return (span.days * 86400 + span.seconds) * 1_000_000 + span.microseconds


def timestamp(moment: datetime | None) -> bytes:
    """A timestamptz field."""
    return NULL if moment is None else _BIGINT(8, microseconds(moment))


def bigint(value: int | None) -> bytes:
    """A bigint field."""
    return NULL if value is None else _BIGINT(8, value)


def integer(value: int | None) -> bytes:
    """An integer field."""
    return NULL if value is None else _INTEGER(4, value)


def double(value: float | None) -> bytes:
    """A double precision field."""
    return NULL if value is None else _FLOAT(8, value)


def text(value: str | None) -> bytes:
    """A text field."""
    return NULL if value is None else data(value.encode())


def data(value: bytes) -> bytes:
    """A bytea field."""
    return _LENGTH(len(value)) + value


def integers(values: Sequence[int]) -> bytes:
    """An integer[] field; null when empty."""
    return _array(23, 4, "i", values)


def bigints(values: Sequence[int]) -> bytes:
    """A bigint[] field; null when empty."""
    return _array(20, 8, "q", values)


def _array(kind: int, width: int, code: str, values: Sequence[int]) -> bytes:
    if not values:
        return NULL
    number = len(values)
    fields = [width] * (2 * number)
    fields[1::2] = values
    return _shape(code, number).pack(20 + (4 + width) * number, 1, 0, kind, number, 1, *fields)


@cache
def _shape(code: str, number: int) -> Struct:
    return Struct("!6i" + f"i{code}" * number)
