"""The way to PostgreSQL, and the only place that commits.

Connections send no implicit BEGIN: `unit_of_work` opens the transaction and sets its role in one round trip. The login
role `hie_app` may not read the record; a unit of work that does asks for `hie_reader`, one that writes for
`hie_writer`, and PostgreSQL drops the role with the transaction.
"""

import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

import psycopg2
import psycopg2.extensions
from sqlalchemy import Connection, Engine, create_engine, event, make_url

from fhir_profiles.outcome import Invalid

Result = TypeVar("Result")
Role = Literal["hie_reader", "hie_writer"]
Cursor = Any
"""A psycopg2 cursor."""

STATEMENT_TIMEOUT = 30_000
"""Milliseconds a statement of the application may take; migrations and exports set their own."""


class RolledBack(RuntimeError):
    """PostgreSQL answered a commit with a rollback."""


class Process:
    """What this process keeps of one database in its memory, for all its connections: `kept` reaches it.

    `aside` is a small pool for what must be durable whatever becomes of the transaction under way (new words of the
    vocabulary), so that it never waits for a connection that its own caller holds.
    """

    def __init__(self, aside: Callable[[], Engine]):
        self._aside = aside
        self._engine: Engine | None = None
        self._things: dict[Any, Any] = {}
        self._lock = threading.RLock()

    @property
    def aside(self) -> Engine:
        """The small pool."""
        with self._lock:
            if self._engine is None:
                self._engine = self._aside()
            return self._engine

    def close(self) -> None:
        """Close the small pool; it opens again when it is needed."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None

    def thing(self, make: "Callable[[Process], Result]") -> Result:
        """The one thing that `make` makes, made when it is first asked for."""
        found: Result | None = self._things.get(make)
        if found is None:
            with self._lock:
                found = self._things.get(make)
                if found is None:
                    found = self._things[make] = make(self)
        return found


_processes: "weakref.WeakSet[Process]" = weakref.WeakSet()


def connect_engine(
    url: str,
    pool_size: int = 10,
    *,
    application: str = "hie",
    statement_timeout: int = STATEMENT_TIMEOUT,
    revive: Callable[[], None] | None = None,
) -> Engine:
    """A pool of at most `pool_size` connections, as many as there are threads; nothing connects before its first use.

    `url` is a libpq URL (`postgresql://…`); `statement_timeout` in milliseconds, 0 for none; `revive` is called when
    the server can't be reached, before one more try (`embedded.Server.revive`).
    """
    process = Process(lambda: _engine(url, 2, f"{application} aside", statement_timeout, process))
    _processes.add(process)
    engine = _engine(url, pool_size, application, statement_timeout, process)
    event.listen(engine, "engine_disposed", lambda _: process.close())
    if revive is not None:
        event.listen(engine, "do_connect", _reviving(revive))
    return engine


def kept(cursor: Cursor, make: Callable[[Process], Result]) -> Result:
    """The thing that `make` makes, once for each database that this process is connected to."""
    process: Process = cursor.connection.process
    return process.thing(make)


def processes() -> list[Process]:
    """Of every database that this process is connected to."""
    return list(_processes)


def _engine(url: str, pool_size: int, application: str, statement_timeout: int, process: Process) -> Engine:
    options = (
        f"-c statement_timeout={statement_timeout} -c idle_in_transaction_session_timeout=600000 -c jit=off"
    )

    class Driver(psycopg2.extensions.connection):  # type: ignore[misc]
        opening = ""

    Driver.process = process
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg2"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_use_lifo=True,
        pool_reset_on_return=None,
        isolation_level="AUTOCOMMIT",
        use_native_hstore=False,
        connect_args={
            "application_name": application,
            "options": options,
            "connect_timeout": 10,
            "connection_factory": Driver,
            "cursor_factory": Opener,
        },
    )


def _reviving(revive: Callable[[], None]) -> Callable[..., Any]:
    def connect(dialect: Any, _: Any, arguments: Any, parameters: Any) -> Any:
        try:
            return dialect.connect(*arguments, **parameters)
        except psycopg2.OperationalError:
            revive()
            return dialect.connect(*arguments, **parameters)

    return connect


class Opener(psycopg2.extensions.cursor):  # type: ignore[misc]
    """Sends what opens a unit of work together with its first statement: one round trip less for each."""

    def execute(self, statement: str | bytes, parameters: Any = None) -> None:
        opening = self.connection.opening
        if opening:
            self.connection.opening = ""
            statement = opening + statement if isinstance(statement, str) else opening.encode() + statement
        try:
            super().execute(statement, parameters)
        except ValueError as error:
            raise _unstorable() from error

    def mogrify(self, statement: str | bytes, parameters: Any = None) -> bytes:
        try:
            written: bytes = super().mogrify(statement, parameters)
        except ValueError as error:
            raise _unstorable() from error
        return written

    def executemany(self, *arguments: Any) -> None:
        self._open()
        super().executemany(*arguments)

    def copy_expert(self, *arguments: Any, **more: Any) -> None:
        self._open()
        super().copy_expert(*arguments, **more)

    def _open(self) -> None:
        if self.connection.opening:
            self.execute("select")


def _unstorable() -> Invalid:
    """psycopg2 says ValueError of text that PostgreSQL cannot hold, before anything is sent."""
    return Invalid(
        "Text with a NUL or half of a surrogate pair cannot be kept or looked for", reason="unstorable-text"
    )


@contextmanager
def unit_of_work(engine: Engine, role: Role | None = None) -> Iterator[Connection]:
    """One transaction: committed when the block ends, rolled back when it raises. What is returned is durable."""
    connection = engine.connect()
    try:
        raw = cursor(connection)
        try:
            raw.connection.opening = f"begin; set local role {role}; " if role else "begin; "
            yield connection
            if raw.connection.opening:
                return
            raw.execute("commit")
            if raw.statusmessage != "COMMIT":
                raise RolledBack(
                    "a statement had failed before, and its failure was swallowed: nothing was stored"
                )
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
    if raw.connection.opening:
        raw.connection.opening = ""
        return
    try:
        raw.execute("rollback")
    except psycopg2.Error:
        # The server went away: no connection of this pool is worth keeping.
        connection.invalidate()
        engine.dispose()
