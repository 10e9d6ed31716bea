"""Migrations are one line of numbered steps, do nothing twice, and leave no table open to the wrong role."""

import re
from pathlib import Path

import psycopg2
import pytest

import record_store.migrations
from fhir_profiles.resource_types import NUMBER
from record_store.migrations import migrate
from tests.conftest import Database, Postgres
from tests.record_store.drafts import rows

VERSIONS = Path(record_store.migrations.__file__).parent / "versions"


def owner(database: Database, statement: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(database.owner_url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())
    finally:
        connection.close()


def test_steps_are_numbered_and_follow_each_other() -> None:
    previous = None
    for path in sorted(VERSIONS.glob("[0-9]*.py")):
        text = path.read_text()
        number = path.name[:4]
        assert re.search(rf'^revision(: str)? = "{number}"$', text, re.MULTILINE), path.name
        found = re.search(r'^down_revision.* = (None|"(\d+)")$', text, re.MULTILINE)
        assert found
        assert found[2] == previous, path.name
        previous = number


def test_migrating_twice_changes_nothing(database: Database) -> None:
    before = owner(database, "select version_num from alembic_version")
    migrate(database.owner_url)
    assert owner(database, "select version_num from alembic_version") == before


def test_every_type_has_its_number(database: Database) -> None:
    assert dict(rows(database, "select name, number from resource_type")) == NUMBER


def test_readers_change_nothing_and_add_only_to_what_nobody_changes(database: Database) -> None:
    tables = [
        str(name)
        for (name,) in owner(
            database,
            "select relname from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace "
            "and not relispartition and relname <> 'alembic_version'",
        )
    ]
    assert "resource" in tables
    for table in tables:
        rights = ("insert", "update", "delete", "truncate")
        asked = ", ".join(f"has_table_privilege('hie_reader', '{table}', '{right}')" for right in rights)
        ((insert, *change),) = owner(database, f"select {asked}")
        assert not any(change), table
        assert not insert or not has_update(database, table), table


def has_update(database: Database, table: str) -> bool:
    return bool(owner(database, f"select has_table_privilege('hie_app', '{table}', 'update')")[0][0])


@pytest.mark.parametrize("leaf", ["resource_00", "resource_history_07"])
def test_leaves_let_nobody_in_past_their_parent(database: Database, leaf: str) -> None:
    for role in ("hie_app", "hie_reader", "hie_writer", "public"):
        assert owner(database, f"select has_table_privilege('{role}', '{leaf}', 'select')") == [(False,)]


def test_the_login_role_inherits_nothing(database: Database) -> None:
    assert owner(
        database, "select rolinherit, rolsuper, rolcreaterole from pg_roles where rolname = 'hie_app'"
    ) == [(False, False, False)]


def test_a_migration_as_an_owner_without_superpowers_works(postgres: Postgres) -> None:
    name = "hie_plain_owner"
    postgres.execute(f"drop database if exists {name}")
    postgres.execute("drop role if exists plain_owner")
    postgres.execute("create role plain_owner login password 'plain'")
    postgres.execute(f"create database {name} owner plain_owner")
    url = re.sub(r"//[^@]+@/[^?]*", f"//plain_owner:plain@/{name}", postgres.owner_url)
    try:
        migrate(url)
    finally:
        postgres.execute(f"drop database {name} with (force)")
        postgres.execute("drop role plain_owner")
