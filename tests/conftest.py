"""A real PostgreSQL for every test that wants one: the embedded server, or the one HIE_TEST_DATABASE_URL names.

`database` is a fresh, migrated database; it costs some 60 ms, so a test that needs none does not ask for it.
"""

import fcntl
import itertools
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import Engine, make_url

from record_store import embedded
from record_store.database import connect_engine
from record_store.migrations import migrate
from tests.city import city

__all__ = ["city"]

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "'128MB'"}
TEMPLATE = "hie_template"
PREFIX = "hie-tests-"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Postgres:
    """A server: the URLs of its maintenance database for the owner and for the login role `hie_app`."""

    owner_url: str
    app_url: str

    def execute(self, statement: str) -> None:
        """Run one statement outside of a transaction, as the owner."""
        connection = psycopg2.connect(self.owner_url)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
        connection.close()


@dataclass(frozen=True)
class Database:
    """A fresh database: `engine` and `url` as the application has them, `owner_url` for looking behind its back."""

    engine: Engine
    url: str
    owner_url: str


def _named(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for the whole session, with a migrated template database."""
    given = os.environ.get("HIE_TEST_DATABASE_URL")
    if given:
        password = secrets.token_urlsafe(16)
        app = make_url(given).set(username="hie_app", password=password, database="postgres")
        server = Postgres(given, app.render_as_string(hide_password=False))
        for made in _with_template(server):
            server.execute(f"alter role hie_app password '{password}'")
            yield made
        return
    _sweep()
    # Where the account that root hands the cluster to can reach it; pytest's own folders are closed to others.
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    folder.chmod(0o755)
    with embedded.running(folder, FAST) as started:
        yield from _with_template(Postgres(started.url("postgres", owner=True), started.url("postgres")))
    embedded.remove(folder)
    shutil.rmtree(folder)


def _sweep() -> None:
    """Take away the servers of sessions that were killed: nobody holds them any more."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        users = folder / "postgres.users"
        if not users.exists() or folder.stat().st_uid != os.geteuid():
            continue
        if time.time() - users.stat().st_mtime < 600:
            continue
        with users.open("ab") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            embedded.remove(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _with_template(server: Postgres) -> Iterator[Postgres]:
    server.execute(f"drop database if exists {TEMPLATE}")
    server.execute(f"create database {TEMPLATE} template template0")
    migrate(_named(server.owner_url, TEMPLATE))
    yield server


@pytest.fixture
def database(postgres: Postgres) -> Iterator[Database]:
    """A fresh migrated database of its own, dropped afterwards."""
    name = f"hie_{os.getpid()}_{next(_numbers)}"
    postgres.execute(f"create database {name} template {TEMPLATE} strategy file_copy")
    url = _named(postgres.app_url, name)
    engine = connect_engine(url, 16, application="tests")
    yield Database(engine, url, _named(postgres.owner_url, name))
    engine.dispose()
    postgres.execute(f"drop database {name} with (force)")
