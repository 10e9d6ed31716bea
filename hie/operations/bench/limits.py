"""The physical limits measured in the same run: COPY in, COPY out, a commit, an empty HTTP request."""

import io
import time
from collections.abc import Sequence
from typing import Any

import psycopg2

COMMITS = 60
LEAST_ROWS = 50_000


def copy_in(owner_url: str, bodies: Sequence[bytes]) -> float:
    """Rows a second that COPY takes into an unindexed table of one text column, commit included.

    A small set is repeated until there is something to measure.
    """
    times = max(1, LEAST_ROWS // max(len(bodies), 1))
    text = b"".join(body.replace(b"\\", b"\\\\") + b"\n" for body in bodies) * times
    connection = psycopg2.connect(owner_url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("drop table if exists bench_copy")
            cursor.execute("create table bench_copy (body text)")
        begun = time.monotonic()
        with connection, connection.cursor() as cursor:
            cursor.copy_expert("copy bench_copy from stdin", io.BytesIO(text))
        return len(bodies) * times / (time.monotonic() - begun)
    finally:
        connection.close()


class _Sink(io.RawIOBase):
    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return len(data)


def copy_out(owner_url: str) -> float:
    """Rows a second that COPY gives back of what `copy_in` left."""
    connection = psycopg2.connect(owner_url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("select count(*) from bench_copy")
            rows = int(cursor.fetchone()[0])
            begun = time.monotonic()
            cursor.copy_expert("copy bench_copy to stdout", _Sink())
            return rows / (time.monotonic() - begun)
    finally:
        connection.close()


def commit_seconds(owner_url: str) -> float:
    """Seconds that one durable commit of one small row takes."""
    connection = psycopg2.connect(owner_url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("create table if not exists bench_commit (n integer)")
            begun = time.monotonic()
            for number in range(COMMITS):
                cursor.execute("insert into bench_commit values (%s)", (number,))
            return (time.monotonic() - begun) / COMMITS
    finally:
        connection.close()
