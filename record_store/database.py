"""The way to PostgreSQL, and the only place that commits.

Connections send no implicit BEGIN: `unit_of_work` opens the transaction and sets its role in one round trip. The login
role `hie_app` may not read the record; a unit of work that does asks for `hie_reader`, one that writes for
`hie_writer`, and PostgreSQL drops the role with the transaction.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

import psycopg2
from sqlalchemy import Connection, Engine, create_engine, make_url

Result = TypeVar("Result")
Role = Literal["hie_reader", "hie_writer"]
Cursor = Any
"""A psycopg2 cursor."""

STATEMENT_TIMEOUT = 30_000
"""Milliseconds a statement of the application may take; migrations and exports set their own."""


def connect_engine(
    url: str, pool_size: int = 10, *, application: str = "hie", statement_timeout: int = STATEMENT_TIMEOUT
) -> Engine:
    """A pool of at most `pool_size` connections, as many as there are threads; nothing connects before its first use.

    `url` is a libpq URL (`postgresql://…`); `statement_timeout` in milliseconds, 0 for none.
    """
    options = (
        f"-c statement_timeout={statement_timeout} -c idle_in_transaction_session_timeout=120000 -c jit=off"
    )
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg2"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_use_lifo=True,
        pool_reset_on_return=None,
        isolation_level="AUTOCOMMIT",
        use_native_hstore=False,
        connect_args={"application_name": application, "options": options, "connect_timeout": 10},
    )


@contextmanager
def unit_of_work(engine: Engine, role: Role | None = None) -> Iterator[Connection]:
    """One transaction: committed when the block ends, rolled back when it raises. What is returned is durable."""
    connection = engine.connect()
    try:
        raw = cursor(connection)
        try:
            raw.execute(f"begin; set local role {role}" if role else "begin")
            yield connection
            raw.execute("commit")
        except BaseException:
            _roll_back(engine, connection, raw)
            raise
        finally:
            raw.close()
    finally:
        connection.close()


def cursor(connection: Connection) -> Cursor:
    """A psycopg2 cursor of the connection. For results too large to hold, use `stream`."""
    driver: Any = connection.connection.dbapi_connection
    return driver.cursor()


def stream(
    cursor: Cursor, statement: str, parameters: Mapping[str, Any] | None = None, *, size: int = 2000
) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a query in lists of `size`, through a cursor of the server (psycopg2's named cursors want its own
    transactions). One stream at a time for each transaction.
    """
    cursor.execute(f"declare stream no scroll cursor for {statement}", parameters)
    while True:
        cursor.execute(f"fetch forward {int(size)} from stream")
        rows = cursor.fetchall()
        if rows:
            yield rows
        if len(rows) < size:
            break
    cursor.execute("close stream")


def once_more(work: Callable[[], Result], attempts: int = 3) -> Result:
    """Run a whole unit of work again when the database chose it as the victim of a deadlock or a serialisation."""
    for _ in range(attempts - 1):
        try:
            return work()
        except (psycopg2.errors.DeadlockDetected, psycopg2.errors.SerializationFailure):
            continue
    return work()


def _roll_back(engine: Engine, connection: Connection, raw: Cursor) -> None:
    try:
        raw.execute("rollback")
    except psycopg2.Error:
        # The server went away: no connection of this pool is worth keeping.
        connection.invalidate()
        engine.dispose()
