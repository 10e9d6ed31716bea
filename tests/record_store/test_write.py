"""Versions follow each other without gaps, whatever arrives and however many write at once."""

import threading
from datetime import timedelta
from itertools import pairwise

import pytest

from fhir_profiles import ids
from fhir_profiles.outcome import Conflict, Gone, NotFound, PreconditionFailed
from fhir_profiles.resource_types import NUMBER
from fhir_profiles.resources import loads
from record_store import change_feed, content
from record_store.database import cursor, unit_of_work
from record_store.delete import delete
from record_store.draft import Deletion, Written
from record_store.logical_ids import uuid_of
from record_store.write import write
from tests.conftest import Database
from tests.record_store.drafts import NOW, PATIENT, draft, identity, observation, rows, store

LATER = NOW + timedelta(hours=1)


def remove(database: Database, number: int = 1, **more: int) -> list[Written]:
    with unit_of_work(database.engine, "hie_writer") as connection:
        return delete(
            cursor(connection),
            [Deletion("Observation", uuid_of("Observation", identity(number)), **more)],
            LATER,
        )


def test_what_is_written_is_read_back_with_its_version(database: Database) -> None:
    (written,) = store(database, draft(observation()))
    assert (written.version, written.changed, written.created) == (1, True, True)
    ((type_, version, updated, dictionary, body),) = rows(
        database, "select type, version, updated, dictionary, body from resource"
    )
    found = content.assemble("Observation", identity(1), version, updated, dictionary, body)
    meta = {"versionId": "1", "lastUpdated": "2026-03-01T08:00:00.000Z"}
    assert loads(found) == {**observation(), "meta": meta}
    assert b'"value":5.40' in found
    assert type_ == NUMBER["Observation"]


def test_a_row_carries_what_searches_ask_first(database: Database) -> None:
    store(database, draft(observation(), labels=5, message=12, rule_set=3))
    ((bucket, resident, at, value, number, subject, labels, message, code),) = rows(
        database,
        "select bucket, resident_id, at, value, number, subject, labels, message, "
        "(select token.code from token where token.id = resource.code) from resource",
    )
    assert (bucket, resident, labels, message, code) == (1, 7, 5, 12, "15074-8")
    assert at.isoformat() == "2026-02-27T23:30:00+00:00"
    assert number == 5.4
    assert value is not None
    assert subject == ids.short(uuid_of("Patient", PATIENT))
    assert rows(
        database,
        "select count(*) from quantity_index q join token t on t.id = q.parameter where t.parameter = 'value-quantity'",
    ) == [(0,)]
    assert rows(database, "select count(*) from date_index") == [(0,)]


def test_an_unchanged_resource_makes_no_version(database: Database) -> None:
    store(database, draft(observation()))
    (again,) = store(database, draft(observation()), now=LATER)
    assert (again.version, again.changed, again.updated) == (1, False, NOW)
    assert rows(database, "select count(*) from resource_history") == [(0,)]


def test_other_digits_are_another_version(database: Database) -> None:
    store(database, draft(observation(value="5.40")))
    (again,) = store(database, draft(observation(value="5.4")))
    assert (again.version, again.changed) == (2, True)


def test_new_labels_alone_are_no_version(database: Database) -> None:
    store(database, draft(observation(), labels=1))
    (again,) = store(database, draft(observation(), labels=3))
    assert not again.changed
    assert rows(database, "select version, labels from resource") == [(1, 3)]


def test_old_versions_move_to_the_history_and_their_index_rows_go(database: Database) -> None:
    store(database, draft(observation(value="5.1", identifier=[{"system": "urn:lab", "value": "A-1"}])))
    store(database, draft(observation(value="5.2")), now=LATER)
    assert rows(database, "select version, number from resource") == [(2, 5.2)]
    assert rows(database, "select version, deleted from resource_history") == [(1, False)]
    assert rows(database, "select count(*) from identifier_index") == [(0,)]
    assert rows(database, "select count(*) from reference_index") == [(1,)]


def test_a_batch_may_bring_several_versions_of_one_resource(database: Database) -> None:
    store(database, draft(observation(value="1")))
    written = store(
        database, *(draft(observation(value=value)) for value in ("2", "3", "3", "4")), draft(observation(2))
    )
    assert [(one.version, one.changed) for one in written] == [
        (2, True),
        (3, True),
        (3, False),
        (4, True),
        (1, True),
    ]
    history = rows(database, "select version from resource_history order by version")
    assert history == [(1,), (2,), (3,)]
    assert rows(database, "select version from resource where id = %s", identity(1)) == [(4,)]


def test_an_id_that_a_client_chose_lies_where_it_says(database: Database) -> None:
    resource = {"resourceType": "Organization", "id": "hospital-1", "name": "第一人民医院"}
    (written,) = store(database, draft(resource, resident_id=0))
    assert written.fhir_id == "hospital-1"
    assert rows(database, "select fhir_id, id::text, bucket from resource") == [
        ("hospital-1", str(uuid_of("Organization", "hospital-1")), ids.bucket(written.id))
    ]


def test_if_match_lets_only_the_named_version_be_replaced(database: Database) -> None:
    store(database, draft(observation(value="1")))
    (second,) = store(database, draft(observation(value="2"), expected=1))
    assert second.version == 2
    with pytest.raises(PreconditionFailed):
        store(database, draft(observation(value="3"), expected=1))
    with pytest.raises(PreconditionFailed):
        store(database, draft(observation(9), expected=1))
    assert rows(database, "select max(version) from resource") == [(2,)]


def test_create_only_refuses_to_overwrite(database: Database) -> None:
    store(database, draft(observation()))
    with pytest.raises(Conflict):
        store(database, draft(observation(value="9"), create_only=True))


def test_an_id_belongs_to_one_type(database: Database) -> None:
    store(database, draft(observation()))
    other = {"resourceType": "Organization", "id": identity(1), "name": "x"}
    with pytest.raises(Conflict):
        store(database, draft(other, resident_id=0))


def test_a_deleted_resource_leaves_a_tombstone_that_visibility_can_judge(database: Database) -> None:
    store(database, draft(observation(), labels=4))
    (gone,) = remove(database)
    assert gone.version == 2
    assert rows(database, "select count(*) from resource") == [(0,)]
    assert rows(
        database,
        "select version, deleted, labels, resident_id, source, body is null from resource_history order by version",
    ) == [(1, False, 4, 7, 1, False), (2, True, 4, 7, 1, True)]
    with pytest.raises(Gone):
        remove(database)


def test_a_deleted_resource_that_comes_back_goes_on_counting(database: Database) -> None:
    store(database, draft(observation()))
    remove(database)
    (back,) = store(database, draft(observation()))
    assert (back.version, back.created) == (3, True)


def test_deleting_asks_for_the_version_and_the_existence(database: Database) -> None:
    store(database, draft(observation()))
    with pytest.raises(PreconditionFailed):
        remove(database, expected=4)
    with pytest.raises(NotFound):
        remove(database, 2)


def test_the_change_feed_tells_every_version_in_order(database: Database) -> None:
    store(database, draft(observation(value="1")))
    store(database, draft(observation(value="2")))
    remove(database)
    with unit_of_work(database.engine, "hie_reader") as connection:
        changes = change_feed.since(cursor(connection), 0, 0)
        assert [(change.action, change.version, change.type) for change in changes] == [
            ("c", 1, "Observation"),
            ("u", 2, "Observation"),
            ("d", 3, "Observation"),
        ]
        assert (
            change_feed.since(cursor(connection), changes[1].transaction, changes[1].sequence) == changes[2:]
        )


def test_the_change_feed_hands_out_nothing_behind_an_open_transaction(database: Database) -> None:
    with unit_of_work(database.engine, "hie_writer") as slow:
        write(cursor(slow), [draft(observation(1), resident_id=1)], NOW)
        store(database, draft(observation(2), resident_id=2))
        with unit_of_work(database.engine, "hie_reader") as reader:
            assert change_feed.since(cursor(reader), 0, 0) == []
    with unit_of_work(database.engine, "hie_reader") as reader:
        assert len(change_feed.since(cursor(reader), 0, 0)) == 2


def test_parallel_writers_leave_no_gap_and_no_deadlock(database: Database) -> None:
    organisation = {"resourceType": "Organization", "id": "shared", "name": "shared"}
    failures: list[BaseException] = []
    barrier = threading.Barrier(6)

    def work(worker: int) -> None:
        barrier.wait()
        try:
            for turn in range(8):
                drafts = [
                    draft(observation(number, value=str(worker * 100 + turn)), resident_id=number)
                    for number in range(1, 6)
                ]
                if worker % 2:
                    drafts.reverse()
                named = {**organisation, "name": f"shared {worker} {turn}"}
                store(database, *drafts, draft(named, resident_id=0))
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for (found,) in rows(
        database,
        "select array_agg(version order by version) from "
        "(select id, version from resource union all select id, version from resource_history) v group by id",
    ):
        assert found[0] == 1
        assert all(after == before + 1 for before, after in pairwise(found))
        assert len(found) == 48


def test_writing_resources_costs_a_fixed_number_of_statements(database: Database) -> None:
    store(database, draft(observation(1)))
    with unit_of_work(database.engine, "hie_writer") as connection:
        asked = Counting(cursor(connection))
        write(asked, [draft(observation(number, value=str(number))) for number in range(1, 200)], NOW)
    assert asked.statements < 14


def test_creating_one_resource_asks_for_nothing_that_can_t_be_there(database: Database) -> None:
    new = {**observation(), "id": str(ids.created(1))}
    store(database, draft(observation(5)))
    with unit_of_work(database.engine, "hie_writer") as connection:
        asked = Counting(cursor(connection))
        (written,) = write(asked, [draft(new, create_only=True)], NOW)
    assert (written.version, written.created) == (1, True)
    assert asked.statements == 4


class Counting:
    """A cursor that counts what it sends."""

    def __init__(self, asked: object):
        self.asked, self.statements = asked, 0

    def __getattr__(self, name: str) -> object:
        if name in {"execute", "copy_expert"}:
            self.statements += 1
        return getattr(self.asked, name)
