"""A small exchange on a fresh database, with one hospital registered."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from hie import ingest
from hie.settings import Settings
from hie.wiring import Exchange
from record_store import sources
from record_store.database import cursor, unit_of_work
from record_store.sources import Sender
from tests.conftest import Database
from tests.hie.messages import FACILITY

HOSPITAL = Sender(
    "hospital-t", "91370200000000001X", "urn:hie:source:hospital-t", "mllp", credential=FACILITY
)


@dataclass
class Small:
    """The exchange and short ways to ask its database."""

    exchange: Exchange
    source: int

    def work(self) -> int:
        """Work everything off; gives how many messages were stored."""
        stored = 0
        while (batch := ingest.run_batch(self.exchange.engine, self.exchange.directory, b"k" * 32)).claimed:
            stored += batch.stored
        return stored

    def rows(self, statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        """Ask as a reader of the record."""
        with unit_of_work(self.exchange.engine, "hie_reader") as connection:
            cur = cursor(connection)
            cur.execute(statement, parameters)
            return list(cur.fetchall())

    def count(self, type_name: str) -> int:
        """Current resources of a type."""
        statement = "select count(*) from resource r join resource_type t on t.number = r.type where t.name = %(name)s"
        return int(self.rows(statement, {"name": type_name})[0][0])


@pytest.fixture
def small(database: Database, tmp_path: Path) -> Iterator[Small]:
    settings = Settings(data_dir=tmp_path, database_url=SecretStr(database.url))
    exchange = Exchange(settings)
    with unit_of_work(exchange.engine) as connection:
        source = sources.register(cursor(connection), HOSPITAL)
    yield Small(exchange, source)
    exchange.close()
