"""The second clinic's system: a database of its own beside ours in the embedded server, with views to pull from."""

from collections.abc import Iterable

import psycopg2
from psycopg2.extras import execute_values

from hie.operations.city import clinic_view
from record_store.embedded import APP, Server

NAME = "clinic"


def address(server: Server) -> str:
    """How the exchange reaches the clinic's views."""
    return f"{server.url(NAME)}&options=-csearch_path%3D{clinic_view.SCHEMA}"


def fill(server: Server, rows: dict[str, list[clinic_view.Row]]) -> int:
    """Make the clinic's database where there is none and put its rows in; how many rows it has."""
    _create(server)
    connection = psycopg2.connect(server.url(NAME, owner=True))
    try:
        with connection, connection.cursor() as cursor:
            for statement in clinic_view.schema_sql():
                cursor.execute(statement)
            for view, found in rows.items():
                _insert(cursor, view, found)
            views = ", ".join(f"{clinic_view.SCHEMA}.{view}" for view in clinic_view.VIEWS)
            cursor.execute(f"grant usage on schema {clinic_view.SCHEMA} to {APP}")
            cursor.execute(f"grant select on {views} to {APP}")
    finally:
        connection.close()
    return sum(map(len, rows.values()))


def _create(server: Server) -> None:
    connection = psycopg2.connect(server.url("postgres", owner=True))
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("select 1 from pg_database where datname = %s", (NAME,))
            if not cursor.fetchone():
                cursor.execute(f"create database {NAME} template template0")
    finally:
        connection.close()


def _insert(cursor: "psycopg2.extensions.cursor", view: str, rows: Iterable[clinic_view.Row]) -> None:
    values = [tuple(row.values()) for row in rows]
    if values:
        table = f"{clinic_view.SCHEMA}.{view.removeprefix('v_')}"
        execute_values(cursor, f"insert into {table} values %s on conflict do nothing", values)
