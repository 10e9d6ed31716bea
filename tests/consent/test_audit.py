"""The trace: what is written when, that it cannot be missed, and that tampering is named."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from consent import audit
from consent.audit import Trail, line
from consent.audit_event import audit_events
from consent.audit_seal import HEAD_FILE, Sealer, merkle_root, spanned, spans
from consent.audit_verify import Finding, verify, waiting
from consent.disclosure import Door
from consent.looks import looks, machine_looks
from fhir_profiles import instant, validation
from fhir_profiles.outcome import Failure
from record_store.database import cursor, unit_of_work
from tests.conftest import Database
from tests.consent.city import LI, City, build, named
from tests.consent.conftest import SECRET, Wallet, authority, clinician, resident

Owner = Callable[..., list[tuple[Any, ...]]]


def written(database: Database, count: int) -> None:
    trail = Trail(database.engine)
    for number in range(count):
        trail.write(line(clinician(), instant.now(), "R", "read", resident=LI, target=f"t{number}", count=1))


def checked(database: Database, folder: Path, later: timedelta = timedelta(0)) -> list[Finding]:
    with unit_of_work(database.engine) as connection:
        return verify(cursor(connection), folder, instant.now() + later)


def kinds(findings: list[Finding]) -> set[str]:
    return {finding.kind for finding in findings}


@pytest.fixture
def sealed(database: Database, tmp_path: Path) -> Path:
    """Three batches of lines, sealed."""
    sealer = Sealer(database.engine, tmp_path)
    for _ in range(3):
        written(database, 4)
        assert sealer.seal(instant.now()) == 4
    return tmp_path


def test_an_untouched_trace_verifies(database: Database, sealed: Path) -> None:
    assert checked(database, sealed) == []


def test_sealing_again_without_new_lines_does_nothing(database: Database, sealed: Path) -> None:
    before = (sealed / HEAD_FILE).read_text()
    assert Sealer(database.engine, sealed).seal(instant.now()) == 0
    assert (sealed / HEAD_FILE).read_text() == before


@pytest.mark.parametrize(
    "column", ["subject = 'nobody'", "reason = 'x'", "resident = 99", "count = 0", "outcome = 8"]
)
def test_a_changed_line_is_named(database: Database, sealed: Path, owner: Owner, column: str) -> None:
    owner(f"update audit_event set {column} where id = 6")
    assert checked(database, sealed) == [Finding("row-changed", "Line 6 was changed", row=6, seal=2)]


def test_a_dropped_line_is_named(database: Database, sealed: Path, owner: Owner) -> None:
    owner("delete from audit_event where id = 7")
    assert checked(database, sealed) == [Finding("row-missing", "Line 7 was dropped", row=7, seal=2)]


def test_lines_that_changed_places_are_both_named(database: Database, sealed: Path, owner: Owner) -> None:
    owner(
        "update audit_event e set target = o.target, recorded = o.recorded from audit_event o"
        " where (e.id, o.id) in ((2, 3), (3, 2))"
    )
    assert {finding.row for finding in checked(database, sealed)} == {2, 3}


def test_a_cut_tail_shows_against_the_witness(database: Database, sealed: Path, owner: Owner) -> None:
    owner("delete from audit_event where id > 8")
    owner("delete from audit_seal where number = 3")
    assert kinds(checked(database, sealed)) == {"tail-cut"}


def test_a_line_put_in_from_behind_is_named(database: Database, sealed: Path, owner: Owner) -> None:
    owner(
        "insert into audit_event overriding system value select 1000 as id, recorded - interval '1 day', action,"
        f" interaction, outcome, {audit.COLUMNS.split('outcome, ')[1]} from audit_event where id = 1"
    )
    assert checked(database, sealed) == [
        Finding("row-unsealed", "Line 1000 is old and was never sealed", row=1000)
    ]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("update audit_seal set leaves = leaves || leaves where number = 2", "seal-changed"),
        ("update audit_seal set head = sha256(head) where number = 3", "chain-rewritten"),
        ("update audit_seal set signature = decode(repeat('00', 64), 'hex') where number = 2", "seal-forged"),
        ("delete from audit_seal where number = 2", "seal-missing"),
    ],
)
def test_a_changed_seal_is_named(
    database: Database, sealed: Path, owner: Owner, statement: str, expected: str
) -> None:
    owner(statement)
    assert expected in kinds(checked(database, sealed))


def test_a_trace_sealed_anew_with_another_key_is_refused(
    database: Database, sealed: Path, owner: Owner, tmp_path_factory: pytest.TempPathFactory
) -> None:
    owner("delete from audit_seal")
    owner("update audit_event set subject = 'nobody' where id = 6")
    Sealer(database.engine, tmp_path_factory.mktemp("forger")).seal(instant.now())
    assert {"seal-forged", "tail-cut"} & kinds(checked(database, sealed))


def test_without_the_witness_nothing_is_claimed(database: Database, sealed: Path) -> None:
    (sealed / HEAD_FILE).unlink()
    assert kinds(checked(database, sealed)) == {"witness-missing"}


def test_the_hourly_root_is_signed_and_checked(database: Database, sealed: Path) -> None:
    roots = sealed / "roots.jsonl"
    entry = json.loads(roots.read_text())
    roots.write_text(json.dumps({**entry, "root": "00" * 32}) + "\n")
    assert kinds(checked(database, sealed)) == {"root-differs"}


def test_the_unsealed_tail_is_counted_and_an_old_one_is_a_finding(database: Database, sealed: Path) -> None:
    written(database, 2)
    with unit_of_work(database.engine) as connection:
        assert waiting(cursor(connection)) == 2
    assert checked(database, sealed) == []
    assert kinds(checked(database, sealed, timedelta(minutes=11))) == {"row-unsealed"}


def test_a_line_that_commits_late_is_sealed_in_a_later_batch(database: Database, tmp_path: Path) -> None:
    sealer = Sealer(database.engine, tmp_path)
    with unit_of_work(database.engine) as slow:
        audit.record(cursor(slow), line(clinician(), instant.now(), "U", "update"))
        written(database, 3)
        assert sealer.seal(instant.now()) == 3
    assert sealer.seal(instant.now()) == 1
    assert checked(database, tmp_path) == []


def test_ranges_are_written_and_read_alike() -> None:
    assert spans([1, 2, 3, 6, 9, 10]) == "{[1,4),[6,7),[9,11)}"
    assert spanned("{[1,4),[6,7),[9,11)}") == [(1, 4), (6, 7), (9, 11)]


def test_the_merkle_root_depends_on_every_leaf_and_their_order() -> None:
    leaves = [bytes([number]) * 32 for number in range(7)]
    roots = {merkle_root(leaves)}
    for number in range(7):
        roots.add(merkle_root([*leaves[:number], b"x" * 32, *leaves[number + 1 :]]))
    roots.add(merkle_root(leaves[::-1]))
    assert len(roots) == 9


def test_requests_that_wait_together_commit_together(database: Database) -> None:
    trail = Trail(database.engine)
    before = _transactions(database)
    threads = [
        threading.Thread(
            target=lambda: trail.write(line(clinician(), instant.now(), "R", "read", resident=LI))
        )
        for _ in range(40)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with unit_of_work(database.engine) as connection:
        own = cursor(connection)
        own.execute("select count(*), count(distinct xmin::text) from audit_event")
        lines, commits = own.fetchone()
    assert (lines, before) == (40, 0)
    assert commits < 40


def _transactions(database: Database) -> int:
    with unit_of_work(database.engine) as connection:
        own = cursor(connection)
        own.execute("select count(*) from audit_event")
        return int(own.fetchone()[0])


def test_an_odd_header_does_not_cost_the_neighbours_their_line(database: Database) -> None:
    Trail(database.engine).write(line(clinician(display="a\0b" * 1000), instant.now(), "R", "read"))
    assert _transactions(database) == 1


@pytest.fixture
def city(database: Database, wallet: Wallet) -> City:
    return build(database, wallet)


def test_every_look_and_every_refusal_leaves_a_line(city: City) -> None:
    before = _transactions(city.database)
    patient = f"Patient/{named(f'patient-{LI}')}"
    stranger = clinician(organisation="HOSPITAL-C")
    city.door.read(clinician(), "Condition", named("flu"))
    city.door.search(clinician(), "Condition", [("patient", patient)])
    city.door.everything(clinician(), named(f"patient-{LI}"))
    city.door.history(clinician(), "Condition", named("flu"))
    city.door.vread(clinician(), "Condition", named("flu"), 1)
    for wrong in (
        lambda: city.door.read(stranger, "Condition", named("flu")),
        lambda: city.door.read(clinician(), "Condition", named("nothing")),
        lambda: city.door.search(clinician(scopes=()), "Condition", []),
        lambda: city.door.search(clinician(), "Condition", [("unknown", "x")]),
        lambda: city.door.read(clinician(), "Nonsense", "x"),
        lambda: list(city.door.export(clinician())),
    ):
        with pytest.raises(Failure):
            wrong()
    with unit_of_work(city.database.engine) as connection:
        own = cursor(connection)
        own.execute("select outcome, count(*) from audit_event where id > %s group by outcome", (before,))
        assert dict(own.fetchall()) == {0: 5, 4: 6}


def test_without_a_line_there_is_no_answer(city: City, owner: Owner) -> None:
    owner("revoke insert on audit_event from hie_app")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        city.door.read(clinician(), "Condition", named("flu"))
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        next(city.door.export(authority()))


def test_the_trace_holds_no_value_of_a_search(city: City, owner: Owner) -> None:
    city.door.search(clinician(), "Patient", [("identifier", "370200199001010011"), ("name", "王小明")])
    lines = owner("select audit_event::text from audit_event")
    assert not any("370200" in row[0] or "王小明" in row[0] for row in lines)
    assert owner("select query from audit_event order by id desc limit 1") == [("identifier,name",)]


def test_the_resident_reads_who_looked_people_first_machines_by_day(city: City) -> None:
    city.door.read(clinician(), "Condition", named("flu"))
    city.door.read(resident(LI), "Condition", named("flu"))
    for _ in range(3):
        list(city.door.export(authority()))
    with unit_of_work(city.database.engine) as connection:
        people = looks(cursor(connection), LI)
        machines = machine_looks(cursor(connection), LI)
    assert [(look.person, look.organisation, look.purpose, look.basis, look.type) for look in people] == [
        ("王医生", "HOSPITAL-B", "TREAT", ("default:open-encounter",), "Condition")
    ]
    assert [(one.organisation, one.basis, one.times) for one in machines] == [
        ("CDC", ("statute:notifiable-diseases",), 3)
    ]


def test_one_line_for_each_request_whatever_the_door(city: City) -> None:
    door = Door(city.database.engine, Trail(city.database.engine), SECRET)
    before = _transactions(city.database)
    door.search(clinician(), "Observation", [("_count", "2"), ("_include", "Observation:performer")])
    assert _transactions(city.database) == before + 1


def test_lines_are_valid_audit_events(city: City) -> None:
    city.door.read(clinician(client_id="app", request_id="r-1"), "Condition", named("flu"))
    city.door.search(clinician(), "Condition", [("code", "J00")])
    city.door.everything(clinician(), named(f"patient-{LI}"))
    list(city.door.export(authority()))
    with pytest.raises(Failure):
        city.door.read(clinician(organisation="HOSPITAL-C"), "Condition", named("flu"))
    with unit_of_work(city.database.engine) as connection:
        own = cursor(connection)
        own.execute("select id from audit_event")
        events = audit_events(own, [row[0] for row in own.fetchall()], f"Patient/{named(f'patient-{LI}')}")
    assert [validation.issues(event) for event in events] == [[]] * len(events)
    refused = events[-1]
    assert (refused["outcome"], refused["outcomeDesc"]) == ("4", "need-card")


def test_verifying_beside_a_busy_sealer_finds_nothing(database: Database, sealed: Path) -> None:
    stop = threading.Event()

    def busy() -> None:
        sealer = Sealer(database.engine, sealed)
        while not stop.is_set():
            written(database, 1)
            sealer.seal()

    worker = threading.Thread(target=busy)
    worker.start()
    try:
        found = [checked(database, sealed) for _ in range(20)]
    finally:
        stop.set()
        worker.join()
    assert found == [[]] * 20


def test_a_list_of_several_residents_is_a_line_for_each_with_their_own_ground(city: City) -> None:
    found = city.door.search(clinician(), "Condition", [("code", "J00")])
    seen = {row.resident_id for row in found.matches} - {0}
    with unit_of_work(city.database.engine) as connection:
        own = cursor(connection)
        own.execute("select resident, residents, count from audit_event where interaction = 'search'")
        lines = own.fetchall()
    if len(seen) > 1:
        assert {line[0] for line in lines} == seen
        assert all(line[1] is None for line in lines)
    assert sum(line[2] for line in lines) == len(found.matches)
