"""The inbox keeps what arrives, tells duplicates, keeps each patient's order and loses nothing to a killed worker."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from fhir_profiles.outcome import Issue, NotFound
from record_store import inbox, inbox_desk
from record_store.database import cursor, unit_of_work
from record_store.inbox import Arrival
from tests.conftest import Database

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def arrival(
    number: int, patient: str = "", *, payload: bytes | None = None, issues: list[Issue] | None = None
) -> Arrival:
    return Arrival(1, "mllp", f"M{number}", payload or b"MSH|%d" % number, patient, issues or [])


def receive(database: Database, *arrivals: Arrival) -> list[inbox.Receipt]:
    with unit_of_work(database.engine) as connection:
        return inbox.receive(cursor(connection), arrivals, NOW)


def claim(database: Database, limit: int = 10, *, finished: bool = True, now: datetime = LATER) -> list[str]:
    with unit_of_work(database.engine, "hie_writer") as connection:
        claimed = inbox.claim(cursor(connection), limit, now)
        if finished:
            inbox.finish(cursor(connection), [message.id for message in claimed], now)
    return [message.control_id for message in claimed]


def test_a_message_is_kept_byte_by_byte(database: Database) -> None:
    raw = bytes(range(256)) * 40
    receive(database, arrival(1, payload=raw))
    with unit_of_work(database.engine, "hie_writer") as connection:
        (message,) = inbox.claim(cursor(connection), 10, LATER)
    assert message.payload == raw


def test_a_duplicate_is_told_with_the_state_of_the_first(database: Database) -> None:
    (first,) = receive(database, arrival(1))
    assert claim(database) == ["M1"]
    (again,) = receive(database, arrival(1))
    assert (again.id, again.duplicate, again.state) == (first.id, True, "done")
    assert claim(database) == []


def test_duplicates_within_one_group_are_told_too(database: Database) -> None:
    receipts = receive(database, arrival(1), arrival(2), arrival(1))
    assert [receipt.duplicate for receipt in receipts] == [False, False, True]
    assert receipts[0].id == receipts[2].id


def test_the_same_control_id_with_other_bytes_is_another_message(database: Database) -> None:
    receipts = receive(database, arrival(1, payload=b"a"), arrival(1, payload=b"b"))
    assert len({receipt.id for receipt in receipts}) == 2


def test_groups_that_bring_the_same_message_at_once_keep_it_once(database: Database) -> None:
    barrier = threading.Barrier(8)
    receipts: list[inbox.Receipt] = []

    def send() -> None:
        barrier.wait()
        receipts.extend(receive(database, *(arrival(number) for number in range(20))))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receipts) == 160
    assert sum(not receipt.duplicate for receipt in receipts) == 20
    assert len({receipt.id for receipt in receipts}) == 20


def test_an_arrival_with_an_error_is_kept_as_refused(database: Database) -> None:
    wrong = Issue("structure", "MSH-9 is missing", expression="MSH-9", reason="no-type")
    (receipt,) = receive(database, arrival(1, issues=[wrong]))
    assert (receipt.state, receipt.issues) == ("refused", [wrong])
    assert claim(database) == []


@pytest.mark.parametrize("name", ["a\x00b", "\ud800", "x" * 100_000, "", "'; drop table inbox; --"])
def test_whatever_a_sender_calls_its_message_the_neighbours_are_kept(database: Database, name: str) -> None:
    odd = Arrival(1, "mllp", name, b"odd", name, [Issue("value", name, expression=name)])
    receipts = receive(database, arrival(1), odd, arrival(2))
    assert [receipt.state for receipt in receipts] == ["waiting", "refused", "waiting"]
    assert receive(database, odd)[0].duplicate
    assert claim(database) == ["M1", "M2"]


def test_what_a_killed_worker_claimed_waits_again(database: Database) -> None:
    receive(database, arrival(1), arrival(2))
    worker = database.engine.connect()
    rows = cursor(worker)
    rows.execute("begin; set local role hie_writer")
    assert len(inbox.claim(rows, 10, LATER)) == 2
    assert claim(database) == []
    worker.invalidate()
    assert claim(database) == ["M1", "M2"]


def test_two_workers_never_share_a_patient(database: Database) -> None:
    receive(database, arrival(1, "P"), arrival(2, "Q"), arrival(3, "P"))
    with unit_of_work(database.engine, "hie_writer") as first:
        assert [message.control_id for message in inbox.claim(cursor(first), 1, LATER)] == ["M1"]
        assert claim(database) == ["M2"]
        inbox.finish(cursor(first), [1], LATER)
    assert claim(database) == ["M3"]


def test_messages_without_a_patient_are_independent(database: Database) -> None:
    receive(database, arrival(1), arrival(2))
    with unit_of_work(database.engine, "hie_writer") as first:
        inbox.claim(cursor(first), 1, LATER)
        assert claim(database) == ["M2"]


def test_a_message_that_waits_for_another_attempt_holds_back_those_behind_it(database: Database) -> None:
    receive(database, arrival(1, "P"), arrival(2, "P"), arrival(3, "Q"))
    with unit_of_work(database.engine, "hie_writer") as connection:
        (message,) = inbox.claim(cursor(connection), 1, LATER)
        inbox.postpone(cursor(connection), message.id, [Issue("exception", "a fault")], LATER)
    assert claim(database) == ["M3"]
    assert claim(database, now=LATER + timedelta(seconds=3)) == ["M1", "M2"]


def test_attempts_end_in_failed_and_a_retry_starts_over(database: Database) -> None:
    receive(database, arrival(1, "P"))
    now = LATER
    for _ in range(inbox.ATTEMPTS):
        now += timedelta(days=1)
        with unit_of_work(database.engine, "hie_writer") as connection:
            (message,) = inbox.claim(cursor(connection), 1, now)
            inbox.postpone(cursor(connection), message.id, [Issue("exception", "a fault")], now)
    with unit_of_work(database.engine) as connection:
        rows = cursor(connection)
        assert [(entry.state, entry.attempts) for entry in inbox_desk.list_(rows)] == [
            ("failed", inbox.ATTEMPTS)
        ]
        assert inbox_desk.retry(rows, now) == 1
    assert claim(database, now=now) == ["M1"]


def test_many_workers_finish_everything_once_and_in_order(database: Database) -> None:
    receive(database, *(arrival(number, f"P{number % 7}") for number in range(300)))
    done: list[str] = []
    lock = threading.Lock()

    def work() -> None:
        empty = 0
        while empty < 3:
            with unit_of_work(database.engine, "hie_writer") as connection:
                claimed = inbox.claim(cursor(connection), 12, LATER)
                inbox.finish(cursor(connection), [message.id for message in claimed], LATER)
                with lock:
                    done.extend(message.control_id for message in claimed)
            empty = 0 if claimed else empty + 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done += claim(database, 300)
    assert sorted(done) == sorted(f"M{number}" for number in range(300))
    for patient in range(7):
        mine = [int(name[1:]) for name in done if int(name[1:]) % 7 == patient]
        assert mine == sorted(mine)


def test_operators_list_count_and_look(database: Database) -> None:
    with unit_of_work(database.engine) as connection:
        cursor(connection).execute(
            "insert into source (name, organisation, identifier_system, door) values ('a', 'A', 'urn:a', 'mllp')"
        )
    receive(database, arrival(1), arrival(2, issues=[Issue("structure", "no type")]), arrival(3))
    claim(database, 1)
    with unit_of_work(database.engine) as connection:
        rows = cursor(connection)
        assert inbox_desk.counters(rows) == {"a": {"waiting": 1, "done": 1, "refused": 1, "failed": 0}}
        assert [entry.control_id for entry in inbox_desk.list_(rows, state="refused")] == ["M2"]
        assert [entry.control_id for entry in inbox_desk.list_(rows, source="a", before=3)] == ["M2", "M1"]
        assert inbox_desk.show(rows, 2)[1] == b"MSH|2"
        assert inbox_desk.backlog(rows, LATER) == (1, 3600.0)
        assert inbox_desk.sweep(rows, LATER, 10) == [3]
        with pytest.raises(NotFound):
            inbox_desk.show(rows, 99)
