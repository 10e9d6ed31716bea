"""The unit of work commits or leaves nothing, and the login role alone can't read the record."""

import io
from contextlib import suppress

import psycopg2
import pytest
from psycopg2.extras import execute_values

from record_store.database import RolledBack, cursor, stream, unit_of_work
from tests.conftest import Database


def test_a_block_that_ends_is_committed(database: Database) -> None:
    with unit_of_work(database.engine, "hie_writer") as connection:
        cursor(connection).execute("insert into rule_set (name) values ('kept')")
    with unit_of_work(database.engine) as connection:
        rows = cursor(connection)
        rows.execute("select name from rule_set")
        assert rows.fetchall() == [("kept",)]


def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    with suppress(ZeroDivisionError), unit_of_work(database.engine, "hie_writer") as connection:
        cursor(connection).execute("insert into rule_set (name) values ('lost')")
        raise ZeroDivisionError
    with unit_of_work(database.engine) as connection:
        rows = cursor(connection)
        rows.execute("select count(*) from rule_set")
        assert rows.fetchone() == (0,)


@pytest.mark.parametrize("first", ["executemany", "copy_expert", "execute_values"])
def test_whatever_comes_first_is_inside_the_transaction(database: Database, first: str) -> None:
    with suppress(ZeroDivisionError), unit_of_work(database.engine, "hie_writer") as connection:
        asked = cursor(connection)
        if first == "executemany":
            asked.executemany("insert into rule_set (name) values (%s)", [("lost",), ("too",)])
        elif first == "copy_expert":
            asked.copy_expert("copy rule_set (name) from stdin", io.StringIO("lost\n"))
        else:
            execute_values(asked, "insert into rule_set (name) values %s", [("lost",)])
        raise ZeroDivisionError
    with unit_of_work(database.engine) as connection:
        asked = cursor(connection)
        asked.execute("select count(*) from rule_set")
        assert asked.fetchone() == (0,)


def test_a_swallowed_failure_is_not_taken_for_a_commit(database: Database) -> None:
    def work() -> None:
        with unit_of_work(database.engine, "hie_writer") as connection:
            asked = cursor(connection)
            asked.execute("insert into rule_set (name) values ('lost')")
            with suppress(psycopg2.Error):
                asked.execute("select 1 / 0")

    with pytest.raises(RolledBack):
        work()


@pytest.mark.parametrize(
    "table", ["resource", "resource_history", "identifier_index", "string_index", "reference_index", "change"]
)
def test_the_login_role_may_not_read_the_record(database: Database, table: str) -> None:
    with pytest.raises(psycopg2.errors.InsufficientPrivilege), unit_of_work(database.engine) as connection:
        cursor(connection).execute(f"select * from {table}")


def test_the_role_of_a_unit_of_work_ends_with_it(database: Database) -> None:
    with unit_of_work(database.engine, "hie_reader") as connection:
        cursor(connection).execute("select * from resource")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege), unit_of_work(database.engine) as connection:
        cursor(connection).execute("select * from resource")


def test_a_reader_may_not_write(database: Database) -> None:
    with (
        pytest.raises(psycopg2.errors.InsufficientPrivilege),
        unit_of_work(database.engine, "hie_reader") as connection,
    ):
        cursor(connection).execute("delete from resource")


def test_a_server_that_cut_a_connection_costs_one_failure(database: Database) -> None:
    owner = psycopg2.connect(database.owner_url)
    owner.autocommit = True
    with unit_of_work(database.engine) as connection:
        rows = cursor(connection)
        rows.execute("select pg_backend_pid()")
        pid = rows.fetchone()
    with owner.cursor() as killer:
        killer.execute("select pg_terminate_backend(%s)", pid)
    with pytest.raises(psycopg2.OperationalError), unit_of_work(database.engine) as connection:
        cursor(connection).execute("select 1")
    owner.close()
    with unit_of_work(database.engine) as connection:
        cursor(connection).execute("select 1")


def test_a_long_result_comes_in_pieces(database: Database) -> None:
    with unit_of_work(database.engine) as connection:
        pieces = list(
            stream(cursor(connection), "select * from generate_series(1, %(n)s)", {"n": 25}, size=10)
        )
    assert [len(piece) for piece in pieces] == [10, 10, 5]


def test_a_unit_of_work_that_says_nothing_ends_quietly_and_leaves_nothing_behind(database: Database) -> None:
    with unit_of_work(database.engine, "hie_reader"):
        pass
    with unit_of_work(database.engine) as connection:
        asked = cursor(connection)
        asked.execute("select current_user")
        assert asked.fetchone() == ("hie_app",)
