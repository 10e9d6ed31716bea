"""Indexing again gives what writing gave, resumes where it was interrupted, and leaves versions alone."""

from typing import Any

from record_store import reindex
from record_store.database import cursor, unit_of_work
from tests.conftest import Database
from tests.record_store.drafts import NOW, draft, observation, rows, store

COLUMNS = "at, until, value, number, subject, encounter, code, unit, tokens, links"
SIDES = {
    "identifier_index": "bucket, type, value, system, id",
    "string_index": "bucket, parameter, value, id",
    "date_index": "bucket, parameter, low, high, id",
    "quantity_index": "bucket, parameter, unit, low, high, id",
    "reference_index": "bucket, link, id",
}


def fill(database: Database) -> None:
    store(
        database,
        *(
            draft(
                observation(
                    number,
                    value=str(number),
                    bucket=number * 37,
                    identifier=[{"system": "urn:lab", "value": str(number)}],
                    component=[{"code": {"text": "x"}, "valueQuantity": {"value": 1}}],
                )
            )
            for number in range(1, 60)
        ),
        draft(
            {
                "resourceType": "Organization",
                "id": "a",
                "name": "A",
                "partOf": {"reference": "Organization/b"},
            },
            0,
        ),
    )


def picture(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    found = {"resource": rows(database, f"select {COLUMNS} from resource order by bucket, id")}
    for table, columns in SIDES.items():
        found[table] = rows(database, f"select {columns} from {table} order by {columns}")
    return found


def step(database: Database, limit: int = 25) -> int:
    with unit_of_work(database.engine, "hie_writer") as connection:
        return reindex.step(cursor(connection), NOW, limit)


def begin(database: Database, *, restart: bool = False) -> bool:
    with unit_of_work(database.engine, "hie_writer") as connection:
        return reindex.begin(cursor(connection), NOW, restart=restart)


def test_indexing_again_gives_what_writing_gave(database: Database) -> None:
    fill(database)
    before = picture(database)
    assert before["identifier_index"]
    assert before["quantity_index"]
    assert before["reference_index"]
    for table in SIDES:
        if table != "reference_index":
            rows(database, f"delete from {table} returning 1")
    rows(database, "update resource set code = null, value = null, tokens = null, at = null returning 1")
    begin(database)
    assert [step(database), step(database), step(database), step(database)] == [25, 25, 10, 0]
    assert picture(database) == before
    assert rows(database, "select max(version), count(*) from resource") == [(1, 60)]
    assert rows(database, "select count(*) from change") == [(60,)]


def test_an_interrupted_run_resumes(database: Database) -> None:
    fill(database)
    assert begin(database) is False
    step(database)
    assert begin(database) is True
    assert [step(database, 100), step(database)] == [35, 0]
    assert begin(database) is False
    step(database)
    assert begin(database, restart=True) is False
    assert step(database, 100) == 60
