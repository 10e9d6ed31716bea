"""Rows lie in the leaf that their id names, and what asks by id goes to that leaf alone."""

import re

import pytest

from record_store import current_versions
from record_store.database import cursor, unit_of_work
from record_store.logical_ids import uuid_of
from tests.conftest import Database
from tests.record_store.drafts import draft, identity, observation, rows, store


@pytest.mark.parametrize(
    ("bucket", "leaf"),
    [(0, "resource_00"), (511, "resource_00"), (512, "resource_01"), (4095, "resource_07")],
)
def test_a_row_lies_in_the_leaf_of_its_id(database: Database, bucket: int, leaf: str) -> None:
    store(database, draft(observation(1, bucket=bucket)))
    assert rows(database, "select tableoid::regclass::text from resource") == [(leaf,)]


def test_a_read_by_id_plans_to_one_leaf(database: Database) -> None:
    plan = rows(
        database,
        "explain select body from resource where bucket = %s and id = %s",
        700,
        identity(1, bucket=700),
    )
    assert set(re.findall(r"resource_\d\d", str(plan))) == {"resource_01"}


def test_the_writer_probes_one_leaf_for_each_id(database: Database) -> None:
    store(database, *(draft(observation(number, bucket=number * 40)) for number in range(1, 100)))
    wanted = [uuid_of("Observation", identity(number, number * 40)) for number in range(1, 13)]
    with unit_of_work(database.engine, "hie_writer") as connection:
        asked = cursor(connection)
        asked.execute(
            "explain (analyze, costs off, timing off, summary off) " + current_versions.CURRENT,
            current_versions.keys(wanted),
        )
        plan = [line for (line,) in asked.fetchall()]
    probed = [line for line in plan if re.search(r"on resource_\d\d", line)]
    assert sum("never executed" not in line for line in probed) == 1
    assert not any("Seq Scan" in line and "rows=99" in line for line in plan)
