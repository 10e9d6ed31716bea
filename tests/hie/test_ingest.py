"""The pipeline stores each message once, in order, and takes a bad one out alone."""

from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest

from adapters.hl7v2.header import peek
from adapters.source import Source
from fhir_profiles import instant, resources
from fhir_profiles.resource_types import NAME
from hie import ingest
from hie.translation import Prepared
from record_store import content, inbox, inbox_desk
from record_store.database import cursor, unit_of_work
from record_store.inbox import Arrival
from tests.hie.conftest import Small
from tests.hie.messages import adt, merge, oru


def send(small: Small, *messages: bytes) -> list[inbox.Receipt]:
    arrivals = []
    for message in messages:
        header = peek(message)
        arrivals.append(Arrival(small.source, "mllp", header.control_id, message, header.patient_key))
    with unit_of_work(small.exchange.engine) as connection:
        return inbox.receive(cursor(connection), arrivals, instant.now())


def states(small: Small) -> list[str]:
    return [row[0] for row in small.rows("select state from inbox order by id")]


def test_a_registration_and_its_result_become_one_record(small: Small) -> None:
    send(small, adt(1), oru(1, "R1"))
    assert small.work() == 2
    assert states(small) == ["done", "done"]
    residents = small.rows("select distinct resident_id from resource where resident_id <> 0")
    assert len(residents) == 1
    assert small.count("Observation") == 1
    assert small.count("Encounter") == 1


def test_the_same_message_again_changes_nothing(small: Small) -> None:
    first = send(small, adt(1), oru(1, "R1"))
    small.work()
    before = small.rows("select id, version from resource order by 1")
    again = send(small, adt(1), oru(1, "R1"))
    assert [receipt.id for receipt in again] == [receipt.id for receipt in first]
    assert all(receipt.duplicate for receipt in again)
    small.work()
    assert small.rows("select id, version from resource order by 1") == before


def test_the_same_content_under_a_new_control_id_makes_no_new_version(small: Small) -> None:
    send(small, adt(1, "A"))
    small.work()
    send(small, adt(1, "B"))
    small.work()
    assert {version for (version,) in small.rows("select version from resource")} == {1}


def test_a_correction_is_a_new_version_and_the_old_one_stays(small: Small) -> None:
    send(small, adt(1), oru(1, "R1", "5.6", report="F1"), oru(1, "R2", "6.6", report="F1"))
    small.work()
    assert small.count("Observation") == 1
    history = small.rows(
        "select h.version from resource_history h join resource_type t on t.number = h.type where t.name = 'Observation'"
    )
    assert history == [(1,)]


def test_a_result_does_not_rewrite_what_registration_said(small: Small) -> None:
    send(small, adt(1))
    small.work()
    before = small.rows(
        "select r.id, r.version from resource r join resource_type t on t.number = r.type "
        "where t.name in ('Patient', 'Encounter') order by 1"
    )
    send(small, oru(1, "R1"))
    small.work()
    after = small.rows(
        "select r.id, r.version from resource r join resource_type t on t.number = r.type "
        "where t.name in ('Patient', 'Encounter') order by 1"
    )
    assert after == before


def test_a_result_before_its_registration_ends_in_the_same_record(small: Small) -> None:
    send(small, oru(1, "R1"))
    small.work()
    send(small, adt(1))
    small.work()
    names = small.rows("select count(distinct resident_id) from resource where resident_id <> 0")
    assert names == [(1,)]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"MSH|^~\\&|HIS|HOSPITAL-T|HIE|CITY|20261101||ADT^A04|BAD1|P|2.5.1\rEVN|A04\r", "no-patient"),
        (
            b"MSH|^~\\&|HIS|HOSPITAL-T|HIE|CITY|20261101||ADT^A04|BAD2|P|2.5.1\rPID|1||P9\xff\xfe\xff||X\r",
            "charset",
        ),
    ],
)
def test_a_bad_message_is_refused_alone_with_its_reason(small: Small, bad: bytes, reason: str) -> None:
    send(small, adt(1), bad, adt(2))
    small.work()
    assert sorted(states(small)) == ["done", "done", "refused"]
    with unit_of_work(small.exchange.engine) as connection:
        entry = inbox_desk.list_(cursor(connection), state="refused")[0]
    assert entry.issues
    assert all("P9" not in issue.text for issue in entry.issues)
    assert entry.issues[0].reason


def test_a_refused_message_can_be_retried_and_keeps_its_bytes(small: Small) -> None:
    bad = b"MSH|^~\\&|HIS|HOSPITAL-T|HIE|CITY|20261101||ADT^A04|BAD1|P|2.5.1\rEVN|A04\r"
    (receipt,) = send(small, bad)
    small.work()
    with unit_of_work(small.exchange.engine) as connection:
        cur = cursor(connection)
        assert inbox_desk.show(cur, receipt.id)[1] == bad
        assert inbox_desk.retry(cur, instant.now(), identities=[receipt.id]) == 1
    assert states(small) == ["waiting"]


def test_every_version_names_its_message_and_its_rules(small: Small) -> None:
    (receipt,) = send(small, adt(1))
    small.work()
    rows = small.rows(
        "select r.message, s.name from resource r join rule_set s on s.id = r.rule_set where r.source <> 0"
    )
    assert rows
    assert {row[0] for row in rows} == {receipt.id}
    assert all(row[1].startswith("hl7v2") for row in rows)


def test_workers_side_by_side_keep_each_patients_order_and_make_nothing_twice(small: Small) -> None:
    send(small, *(adt(n) for n in range(1, 21)))
    send(small, *(oru(n, f"R{n}-{k}", f"{k}.5", report=f"F{n}") for k in range(1, 6) for n in range(1, 21)))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: work_slowly(small), range(4)))
    assert set(states(small)) == {"done"}
    assert small.count("Observation") == 20
    versions = small.rows(
        "select r.version, r.value from resource r join resource_type t on t.number = r.type where t.name = 'Observation'"
    )
    assert {row[0] for row in versions} == {5}
    assert len({row[1] for row in versions}) == 1


def work_slowly(small: Small) -> None:
    while ingest.run_batch(small.exchange.engine, small.exchange.directory, b"k" * 32, limit=7).claimed:
        pass


def test_every_fed_version_says_which_feed_it_came_from(small: Small) -> None:
    send(small, adt(1), oru(1, "R1"))
    small.work()
    bodies = [
        content.assemble(NAME[kind], "x", version, updated, dictionary, body)
        for kind, version, updated, dictionary, body in small.rows(
            "select type, version, updated, dictionary, body from resource where source <> 0"
        )
    ]
    assert bodies
    assert all(b'"source":"urn:hie:source:hospital-t"' in body for body in bodies)


def test_a_message_that_ends_its_batch_is_set_aside_and_its_neighbours_are_stored(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(small, adt(1), adt(2), adt(3))
    real = ingest.prepare

    def prepare(message: inbox.Claimed, source: Source) -> Prepared:
        if message.control_id == "C000002":
            raise psycopg2.OperationalError("the connection was lost")
        return real(message, source)

    monkeypatch.setattr(ingest, "prepare", prepare)
    small.work()
    assert small.rows("select control_id, state, attempts from inbox order by id") == [
        ("C000001", "done", 0),
        ("C000002", "waiting", 1),
        ("C000003", "done", 0),
    ]


@pytest.mark.parametrize("together", [True, False])
def test_a_merge_retires_a_patient_and_keeps_what_was_known_of_it(small: Small, *, together: bool) -> None:
    send(small, adt(1, name="王^小明"), adt(2, name="王^大明"))
    if not together:
        small.work()
    send(small, merge(1, 2, "M1"))
    small.work()
    assert set(states(small)) == {"done"}
    patients = [
        resources.loads(content.assemble("Patient", "x", version, updated, dictionary, body))
        for version, updated, dictionary, body in small.rows(
            "select r.version, r.updated, r.dictionary, r.body from resource r join resource_type t"
            " on t.number = r.type where t.name = 'Patient' and r.source <> 0"
        )
    ]
    (gone,) = [patient for patient in patients if patient.get("active") is False]
    assert gone["birthDate"] == "1980-01-01"
    assert "大明" in str(gone["name"])
    assert [link["type"] for link in gone["link"]] == ["replaced-by"]
