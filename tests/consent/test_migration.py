"""The tables of consent and what the login role may do with them."""

import psycopg2
import pytest

from record_store.database import cursor, unit_of_work
from tests.conftest import Database


def test_the_login_role_adds_to_the_trace_and_cannot_change_it(database: Database) -> None:
    with unit_of_work(database.engine) as connection:
        cursor(connection).execute("select count(*) from audit_event")
    for statement in (
        "update audit_event set reason = ''",
        "delete from audit_event",
        "delete from audit_seal",
    ):
        with (
            pytest.raises(psycopg2.errors.InsufficientPrivilege),
            unit_of_work(database.engine) as connection,
        ):
            cursor(connection).execute(statement)


@pytest.mark.parametrize(
    "table", ["resource", "resource_history", "identifier_index", "string_index", "patient"]
)
def test_no_query_of_the_login_role_outside_the_door_reads_the_record(database: Database, table: str) -> None:
    with (
        pytest.raises(psycopg2.errors.InsufficientPrivilege),
        unit_of_work(database.engine) as connection,
    ):
        cursor(connection).execute(f"select 1 from {table} limit 1")
