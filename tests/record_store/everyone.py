"""Visibilities for tests of the store: one that shows everything, one that hides some residents or labels; and a
database that a whole module shares."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import make_url

from record_store.database import connect_engine
from tests.conftest import TEMPLATE, Database, Postgres


@contextmanager
def module_database(postgres: Postgres, name: str) -> Iterator[Database]:
    """A migrated database for tests that only read what their module wrote."""
    name = f"hie_{name}_{os.getpid()}"
    postgres.execute(f"create database {name} template {TEMPLATE} strategy file_copy")
    url, owner = (
        make_url(given).set(database=name).render_as_string(hide_password=False)
        for given in (postgres.app_url, postgres.owner_url)
    )
    engine = connect_engine(url, 16, application="tests")
    yield Database(engine, url, owner)
    engine.dispose()
    postgres.execute(f"drop database {name} with (force)")


@dataclass(frozen=True)
class Showing:
    """Rows without any of the hidden labels, of all residents or of those named (and of none)."""

    residents: tuple[int, ...] | None = None
    hidden_labels: int = 0
    epoch: str = "test"

    def where(self, alias: str) -> tuple[str, Mapping[str, object]]:
        text = f"({alias}.labels = 0 or {alias}.labels & %(visible_labels)s = 0)"
        if self.residents is not None:
            text += f" and {alias}.resident_id = any(%(visible_residents)s)"
        return text, {"visible_labels": self.hidden_labels, "visible_residents": [0, *(self.residents or ())]}


EVERYTHING = Showing()
