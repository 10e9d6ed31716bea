"""The resident index on a real PostgreSQL: batches, merges and their undoing, people's decisions, workers in parallel."""

import threading
from datetime import date
from typing import Any
from uuid import UUID

import psycopg2
import pytest

from fhir_profiles import ids, instant
from fhir_profiles.extraction import extract
from fhir_profiles.identifier_systems import CITIZEN_ID, HEALTH_CARD
from fhir_profiles.identity_numbers import citizen_id
from fhir_profiles.outcome import Conflict
from record_store import resident_merges, review
from record_store.database import cursor, once_more, unit_of_work
from record_store.draft import Draft
from record_store.exchange_record import refresh
from record_store.matching_features import features
from record_store.matching_keys import blocking_keys
from record_store.resident_candidates import candidates
from record_store.resident_desk import find, overview, resident_of
from record_store.resident_index import Residents, identify
from record_store.resident_rows import RESIDENT_TABLES
from record_store.write import write
from tests.conftest import Database

NUMBER = citizen_id("370200", date(1982, 2, 12), 612)
OTHER_NUMBER = citizen_id("370200", date(1982, 2, 12), 614)
HOME = [{"text": "青岛市市南区香港中路8号阳光小区12号楼3单元402室"}]
PHONE = [{"system": "phone", "value": "13800531234"}]


def patient(key: str, name: str = "王秀兰", number: str = "", card: str = "", **more: Any) -> dict[str, Any]:
    """A source's Patient: `key` is the source's own number of it."""
    identity = ids.fed(ids.hashed_bucket("H01", key), "H01", "Patient", key)
    pairs = ((CITIZEN_ID, number), (HEALTH_CARD, card))
    return {
        "resourceType": "Patient",
        "id": str(identity),
        "identifier": [{"system": system, "value": value} for system, value in pairs if value],
        "name": [{"text": name}],
        "gender": "female",
        "birthDate": "1982-02-12",
    } | more


def observation(of: dict[str, Any], key: str) -> dict[str, Any]:
    home = ids.bucket(UUID(of["id"]))
    return {
        "resourceType": "Observation",
        "id": str(ids.fed(home, "H01", "Observation", key)),
        "status": "final",
        "code": {"text": "a finding"},
        "subject": {"reference": f"Patient/{of['id']}"},
    }


def place(database: Database, *patients: dict[str, Any], source: int = 1) -> Residents:
    with unit_of_work(database.engine, "hie_writer") as connection:
        return identify(cursor(connection), patients, source, instant.now())


def store(database: Database, *received: dict[str, Any]) -> Residents:
    """What ingest does with a batch: identify its Patients, write everything, bring exchange Patients in step."""
    with unit_of_work(database.engine, "hie_writer") as connection:
        cur, now = cursor(connection), instant.now()
        found = identify(cur, [r for r in received if r["resourceType"] == "Patient"], 1, now)
        drafts = []
        for resource in received:
            owner = resource.get("subject", {}).get("reference", f"Patient/{resource['id']}")
            resident = found[owner.removeprefix("Patient/")]
            identity, values = UUID(resource["id"]), extract(resource)
            drafts.append(
                Draft(resource, resource["resourceType"], identity, resident, 1, 0, None, 0, values)
            )
        write(cur, drafts, now)
        refresh(cur, found.changed, now)
        return found


def rows(database: Database, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    connection = psycopg2.connect(database.owner_url)
    with connection.cursor() as cur:
        cur.execute(statement, parameters)
        found = cur.fetchall()
    connection.close()
    return found


def owned(database: Database) -> list[tuple[Any, ...]]:
    """Everything that has a resident, with it."""
    return rows(
        database,
        "select 'now', type, id::text, version, resident_id from resource union all "
        "select 'then', type, id::text, version, resident_id from resource_history order by 1, 2, 3, 4",
    )


def decide(database: Database, act: Any, *arguments: Any, **more: Any) -> Any:
    with unit_of_work(database.engine, "hie_writer") as connection:
        return act(cursor(connection), *arguments, by="a person", now=instant.now(), **more)


def merge_ids(database: Database) -> list[UUID]:
    return [UUID(row[0]) for row in rows(database, "select id::text from resident_merge order by at, id")]


def test_a_new_patient_makes_a_resident_with_an_id_of_its_own(database: Database) -> None:
    one = patient("1", number=NUMBER)
    found = place(database, one)
    identity = UUID(one["id"])
    assert found == {one["id"]: ids.short(identity)}
    assert found.changed == {ids.short(identity)}
    resident = rows(database, "select id, bucket, state from resident")
    assert resident == [(ids.short(identity), ids.bucket(identity), "active")]


def test_a_citizen_number_joins_what_two_sources_know(database: Database) -> None:
    one, other = patient("1", number=NUMBER), patient("2", "王秀蘭", number=NUMBER[:6] + NUMBER[8:17])
    first, second = place(database, one), place(database, other, source=2)
    assert second[other["id"]] == first[one["id"]]
    history = rows(database, "select reason, evidence[1], by from patient_link order by id")
    assert history == [("new", None, "index"), ("match", "citizen-id:old-form", "index")]


def test_the_same_batch_again_changes_nothing(database: Database) -> None:
    batch = [
        patient("1", number=NUMBER),
        patient("2", number=NUMBER),
        patient("3", "李雷", birthDate="1970-05-06"),
    ]
    first = place(database, *batch)
    before = rows(database, "select * from patient_link order by id")
    again = place(database, *batch)
    assert again == first
    assert again.changed == set()
    assert rows(database, "select * from patient_link order by id") == before


def test_patients_of_one_batch_see_each_other(database: Database) -> None:
    found = place(database, *(patient(str(n), number=NUMBER) for n in range(20)))
    assert len(set(found.values())) == 1


def test_an_update_that_brings_the_number_finds_the_resident(database: Database) -> None:
    known, bare = patient("1", number=NUMBER), patient("2", "王秀岚", birthDate="1982")
    found = place(database, known, bare)
    assert found[known["id"]] != found[bare["id"]]
    after = place(database, patient("2", number=NUMBER))
    assert after[bare["id"]] == found[known["id"]]
    assert after.merged == [(found[known["id"]], found[bare["id"]])]


def test_a_corrected_number_parts_a_patient_from_the_wrong_resident(database: Database) -> None:
    mine, wrong = patient("1", number=NUMBER), patient("2", "赵敏", number=NUMBER)
    store(database, mine)
    store(database, wrong | {"name": [{"text": "王秀兰"}]}, observation(wrong, "a"))
    right = patient("2", "赵敏", number=OTHER_NUMBER)
    found = store(database, right)
    assert found[right["id"]] != resident_at(database, mine)
    assert {row[4] for row in owned(database) if row[2] == observation(wrong, "a")["id"]} == set(
        found.values()
    )


def resident_at(database: Database, of: dict[str, Any]) -> int:
    with unit_of_work(database.engine, "hie_writer") as connection:
        return resident_of(cursor(connection), of["id"])


def test_a_later_message_that_says_less_keeps_the_resident(database: Database) -> None:
    found = place(database, patient("1", number=NUMBER), patient("2", number=NUMBER))
    less = patient("2", birthDate="", gender="")
    assert place(database, less)[less["id"]] == found[less["id"]]


def test_a_bridge_merges_two_residents_and_takes_their_rows_along(database: Database) -> None:
    by_card, by_number = patient("1", card="A100200300"), patient("2", "Wang Xiulan", NUMBER)
    store(database, by_card, observation(by_card, "a"))
    store(database, by_number, observation(by_number, "b"))
    both = patient("3", number=NUMBER, card="A100200300")
    found = store(database, both)
    assert {row[4] for row in owned(database)} == {found[both["id"]]}
    [(survivor, retired)] = found.merged
    assert rows(
        database, "select id, merged_into, consent_epoch from resident order by merged_into nulls first"
    ) == [
        (survivor, None, 1),
        (retired, survivor, 1),
    ]


def test_a_merge_that_is_undone_leaves_every_row_where_it_was(database: Database) -> None:
    one, other = patient("1", number=NUMBER), patient("2", "李雷", birthDate="1970-05-06", gender="male")
    found = store(database, one, observation(one, "a"), other, observation(other, "b"))
    store(database, other | {"telecom": PHONE}, observation(other, "b") | {"status": "amended"})
    before = owned(database)
    decide(database, resident_merges.merge, found[one["id"]], found[other["id"]], reason="decided")
    assert {row[4] for row in owned(database)} == {found[one["id"]]}
    [merged] = merge_ids(database)
    decide(database, resident_merges.unmerge, merged)
    assert owned(database) == before
    assert rows(database, "select count(*) from resident_merge_row") == [(0,)]
    assert [row[0] for row in rows(database, "select reason from patient_link order by id")] == [
        "new",
        "new",
        "decided",
        "unmerge",
    ]


def test_what_arrives_after_a_merge_goes_back_with_its_patient(database: Database) -> None:
    one, other = patient("1", number=NUMBER), patient("2", "李雷", birthDate="1970-05-06", gender="male")
    found = store(database, one, other)
    decide(database, resident_merges.merge, found[one["id"]], found[other["id"]], reason="decided")
    store(database, other, observation(other, "late"))
    decide(database, resident_merges.unmerge, merge_ids(database)[0])
    late = [row for row in owned(database) if row[2] == observation(other, "late")["id"]]
    assert [row[4] for row in late] == [found[other["id"]]]


def test_merges_are_undone_in_their_order(database: Database) -> None:
    people = [
        patient(str(n), name, birthDate=f"19{n}0-05-06")
        for n, name in ((5, "李雷"), (6, "韩梅"), (7, "张伟伟"))
    ]
    a, b, c = (place(database, *people)[one["id"]] for one in people)
    decide(database, resident_merges.merge, b, c, reason="decided")
    decide(database, resident_merges.merge, a, b, reason="decided")
    assert rows(database, "select merged_into from resident where id = any(%s)", [b, c]) == [(a,), (a,)]
    first, second = merge_ids(database)
    with pytest.raises(Conflict) as refused:
        decide(database, resident_merges.unmerge, first)
    assert refused.value.issues[0].reason == "merge-covered"
    decide(database, resident_merges.unmerge, second)
    assert rows(database, "select merged_into from resident where id = %s", c) == [(b,)]
    decide(database, resident_merges.unmerge, first)
    assert {row[0] for row in rows(database, "select state from resident")} == {"active"}


def test_residents_that_a_person_parted_are_not_linked_by_rule(database: Database) -> None:
    one, other = patient("1", number=NUMBER), patient("2", number=NUMBER)
    found = place(database, one, other)
    fresh = decide(database, resident_merges.unlink, other["id"], reason="decided")
    assert fresh != found[one["id"]]
    again = place(database, other | {"telecom": PHONE}, one | {"telecom": PHONE})
    assert again == {one["id"]: found[one["id"]], other["id"]: fresh}
    decide(database, resident_merges.link, other["id"], found[one["id"]], reason="decided")
    assert place(database, one, other) == found


def test_the_first_patient_may_leave_its_resident_and_come_back(database: Database) -> None:
    one, other = patient("1", number=NUMBER), patient("2", number=NUMBER)
    found = place(database, one)
    place(database, other)
    fresh = decide(database, resident_merges.unlink, one["id"], reason="decided")
    assert fresh not in found.values()
    assert resident_at(database, other) == found[one["id"]]
    decide(database, resident_merges.link, one["id"], found[one["id"]], reason="decided")
    assert resident_at(database, one) == found[one["id"]]


def test_only_a_resident_with_other_patients_can_lose_one(database: Database) -> None:
    one = patient("1")
    place(database, one)
    with pytest.raises(Conflict):
        decide(database, resident_merges.unlink, one["id"], reason="decided")


def test_doubts_wait_once_and_a_person_settles_them(database: Database) -> None:
    one, other = patient("1", "欧阳秀媛", telecom=PHONE), patient("2", "欧阳秀媛")
    found = place(database, one)
    found |= place(database, other)
    place(database, one | {"address": HOME})
    with unit_of_work(database.engine, "hie_writer") as connection:
        [waiting] = review.open_reviews(cursor(connection))
    assert (waiting.patient, waiting.resident, waiting.reason) == (other["id"], found[one["id"]], "likely")
    decide(database, review.accept, waiting.id)
    assert resident_at(database, other) == found[one["id"]]
    with pytest.raises(Conflict):
        decide(database, review.reject, waiting.id)


def test_a_rejected_doubt_does_not_come_back(database: Database) -> None:
    one, other = patient("1", "欧阳秀媛", telecom=PHONE), patient("2", "欧阳秀媛")
    place(database, one)
    place(database, other)
    decide(database, review.reject, rows(database, "select id from review")[0][0])
    found = place(database, other | {"telecom": PHONE, "address": HOME})
    assert found[other["id"]] != resident_at(database, one)
    assert rows(database, "select count(*) from review where state = 'open'") == [(0,)]


def test_a_later_link_answers_an_open_doubt(database: Database) -> None:
    one, other = patient("1", "欧阳秀媛", telecom=PHONE, number=NUMBER), patient("2", "欧阳秀媛")
    place(database, one)
    place(database, other)
    place(database, other | {"telecom": PHONE})
    assert rows(database, "select state from review") == [("settled",)]


def test_a_source_may_merge_its_own_patients_but_not_two_numbers(database: Database) -> None:
    one, other = patient("1", number=NUMBER), patient("2", "李雷", birthDate="1970-05-06")
    third = patient("3", "韩梅", number=OTHER_NUMBER, birthDate="1982-02-12")
    found = place(database, one, other, third)
    a, b, c = (found[p["id"]] for p in (one, other, third))
    with unit_of_work(database.engine, "hie_writer") as connection:
        cur, now = cursor(connection), instant.now()
        assert resident_merges.apply_source_merge(cur, one["id"], other["id"], now) == {a, b}
        assert resident_merges.apply_source_merge(cur, one["id"], other["id"], now) == set()
        assert resident_merges.apply_source_merge(cur, one["id"], third["id"], now) == set()
        assert resident_merges.apply_source_merge(cur, one["id"], str(UUID(int=7)), now) == set()
    assert resident_at(database, other) == a
    assert resident_at(database, third) == c
    assert rows(database, "select reason, patient::text, resident_id from review") == [
        ("source-merge", third["id"], a)
    ]


def test_a_retired_resident_takes_part_in_no_merge(database: Database) -> None:
    one, other = patient("1", number=NUMBER), patient("2", "李雷", birthDate="1970-05-06")
    found = place(database, one, other)
    a, b = found[one["id"]], found[other["id"]]
    decide(database, resident_merges.merge, a, b, reason="decided")
    for pair in ((b, a), (a, b), (a, a)):
        with pytest.raises(Conflict):
            decide(database, resident_merges.merge, *pair, reason="decided")


def test_the_merged_resident_names_its_successor_and_gets_its_patient_back(database: Database) -> None:
    one, other = patient("1", number=NUMBER), patient("2", "李雷", birthDate="1970-05-06")
    found = store(database, one, other)
    a, b = found[one["id"]], found[other["id"]]
    decide(database, resident_merges.merge, a, b, reason="decided")
    with unit_of_work(database.engine, "hie_writer") as connection:
        cur = cursor(connection)
        assert refresh(cur, {a, b}, instant.now()) == 2
        assert len(overview(cur, a).patients) == 2
    decide(database, resident_merges.unmerge, merge_ids(database)[0])
    with unit_of_work(database.engine, "hie_writer") as connection:
        assert refresh(cursor(connection), {a, b}, instant.now()) == 2
    exchange = rows(database, "select resident_id from resource r join resident on resident.patient = r.id")
    assert sorted(row[0] for row in exchange) == sorted((a, b))


def test_an_identifier_finds_its_resident_by_keyed_digest(database: Database) -> None:
    with unit_of_work(database.engine, "hie_writer") as connection:
        cur = cursor(connection)
        found = identify(
            cur, [patient("1", number=NUMBER, card="A100200300")], 1, instant.now(), secret=b"pepper"
        )
        for system, value in (
            (CITIZEN_ID, NUMBER),
            (CITIZEN_ID, NUMBER[:6] + NUMBER[8:17]),
            (HEALTH_CARD, "a100200300"),
        ):
            assert find(cur, system, value, secret=b"pepper") == list(found.values())
        assert find(cur, CITIZEN_ID, NUMBER) == []
        assert find(cur, CITIZEN_ID, OTHER_NUMBER, secret=b"pepper") == []


def test_candidates_are_graded_without_being_placed(database: Database) -> None:
    found = place(
        database,
        patient("1", "欧阳秀媛", number=NUMBER, telecom=PHONE),
        patient("2", "欧阳秀媛", birthDate="1983-02-12"),
    )
    sought = {
        "resourceType": "Patient",
        "name": [{"text": "Ouyang Xiuyuan"}],
        "birthDate": "1982-02-12",
        "telecom": PHONE,
    }
    with unit_of_work(database.engine, "hie_writer") as connection:
        graded = [(one.resident, one.grade) for one in candidates(cursor(connection), sought)]
        bare = candidates(cursor(connection), {**sought, "telecom": []})
    assert graded == [(next(iter(found.values())), "certain")]
    assert [one.grade for one in bare] == ["probable"]
    assert 0.9 < bare[0].probability < 0.9999
    assert rows(database, "select count(*) from patient") == [(2,)]


def test_a_deleted_patient_is_compared_with_nobody(database: Database) -> None:
    one, other = patient("1", number=NUMBER), patient("2", number=NUMBER)
    found = place(database, one, other)
    with unit_of_work(database.engine, "hie_writer") as connection:
        lost = resident_merges.forget(
            cursor(connection), [other["id"], str(UUID(int=7))], instant.now(), by="a person"
        )
    assert lost == {found[one["id"]]}
    assert rows(database, "select count(*), count(distinct patient) from patient_key") == [
        (len(set(keys_of(one))), 1)
    ]
    assert rows(database, "select reason from patient_link order by id desc limit 1") == [("deleted",)]
    stranger = patient("3", "赵敏", birthDate="1999-01-02")
    assert place(database, stranger)[stranger["id"]] != found[one["id"]]
    assert place(database, other) == {other["id"]: found[one["id"]]}


def keys_of(of: dict[str, Any]) -> list[int]:
    return blocking_keys(features(of))


@pytest.mark.parametrize("attempt", range(3))
def test_workers_that_meet_one_person_make_one_resident(database: Database, attempt: int) -> None:
    """Eight workers place the same six people, each known to each worker's source by another number of its own."""
    numbers = [citizen_id("370200", date(1960 + n, 1 + n, 2 + n), 100 + n) for n in range(6)]
    start = threading.Barrier(8)
    failures: list[BaseException] = []

    def work(worker: int) -> None:
        batch = [
            patient(
                f"{attempt}-{worker}-{n}",
                f"王秀{'兰梅英珍芳华'[n]}",
                number,
                birthDate=f"{1960 + n}-0{1 + n}-0{2 + n}",
            )
            for n, number in enumerate(numbers)
        ]
        start.wait()
        try:
            once_more(lambda: place(database, *(batch if worker % 2 else batch[::-1]), source=worker))
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert rows(database, "select count(*), count(distinct resident_id) from patient") == [(48, 6)]


def test_every_table_that_belongs_to_residents_moves_with_them(database: Database) -> None:
    """The index's own tables say what happened; the change feed is a history; all others must be in the list."""
    own = {"patient", "patient_link", "review", "change"}
    found = rows(
        database,
        "select c.table_name from information_schema.columns c join pg_class t on t.relname = c.table_name "
        "where c.table_schema = 'public' and c.column_name = 'resident_id' and not t.relispartition",
    )
    assert {row[0] for row in found} - own == set(RESIDENT_TABLES)
    for table, key in RESIDENT_TABLES.items():
        columns = rows(
            database, "select column_name from information_schema.columns where table_name = %s", table
        )
        assert {(column,) for column in key} <= set(columns)


def test_a_batch_costs_the_same_few_statements_whatever_its_size(database: Database) -> None:
    def statements(count: int) -> int:
        batch = [
            patient(f"{count}-{n}", f"王{chr(0x4E00 + 97 * count + n)}", birthDate=f"19{10 + n}-05-06")
            for n in range(count)
        ]
        with unit_of_work(database.engine, "hie_writer") as connection:
            counted = Counted(cursor(connection))
            identify(counted, batch, 1, instant.now())
            return counted.statements

    assert statements(60) == statements(5) <= 15


class Counted:
    """A cursor that counts its statements."""

    def __init__(self, inner: Any) -> None:
        self.inner, self.statements = inner, 0

    def execute(self, *arguments: Any) -> Any:
        self.statements += 1
        return self.inner.execute(*arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)
