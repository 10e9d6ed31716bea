"""Whatever arrives and whatever people decide, in whatever order, the index and the record agree."""

import random
import threading
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from fhir_profiles import ids, instant
from fhir_profiles.identity_numbers import citizen_id
from fhir_profiles.outcome import Failure
from record_store import resident_merges, review
from record_store.database import Cursor, cursor, once_more, unit_of_work
from record_store.resident_index import identify
from tests.conftest import Database
from tests.record_store.test_resident_index import observation, patient, rows, store

PEOPLE = [
    (name, date(1950 + 9 * n, 1 + n, 3 + n)) for n, name in enumerate(("王秀兰", "李雷", "欧阳秀媛", "张伟"))
]

BROKEN = {
    "a patient belongs to a resident that is gone": """
        select p.id from patient p left join resident r on r.id = p.resident_id
        where r.id is null or r.state <> 'active'""",
    "a retired resident does not name the one that is left": """
        select r.id from resident r left join resident s on s.id = r.merged_into
        where (r.state = 'merged') is distinct from (r.merged_into is not null)
        or r.state = 'merged' and s.state <> 'active'""",
    "a Patient's row is not its resident's": """
        select r.id from resource r join patient p on p.id = r.id where r.resident_id <> p.resident_id""",
    "an old version is not its resident's": """
        select h.id from resource_history h join patient p on p.id = h.id where h.resident_id <> p.resident_id""",
    "a row about a patient is not its resident's": """
        select r.id from resource r join patient p
        on ('x' || right(replace(p.id::text, '-', ''), 16))::bit(64)::bigint & 9223372036854775807 = r.subject
        where r.resident_id <> p.resident_id""",
    "an open question is about one resident alone": """
        select v.id from review v join patient p on p.id = v.patient
        where v.state = 'open' and p.resident_id = v.resident_id""",
    "an open question is about a retired resident": """
        select v.id from review v join resident r on r.id = v.resident_id
        where v.state = 'open' and r.state <> 'active'""",
    "the keys are not those of the patient": """
        select p.id from patient p where p.keys is distinct from
        array(select k.key from patient_key k where k.patient = p.id order by k.key)""",
    "the history's last word is not where the patient is": """
        select p.id from patient p join lateral (select resident_id from patient_link l where l.patient = p.id
        order by id desc limit 1) last on true where last.resident_id <> p.resident_id""",
}


def view(chance: random.Random) -> dict[str, Any]:
    """One of a few people as some source knows them now: with or without a number, sometimes under a wrong one."""
    person = chance.randrange(len(PEOPLE))
    name, born = PEOPLE[person]
    number = citizen_id("370200", born, 100 + person)
    wrong = citizen_id("370200", PEOPLE[(person + 1) % 4][1], 100 + (person + 1) % 4)
    sent = chance.choices([number, "", wrong], [5, 4, 1])[0]
    card = chance.choice(["", f"A90000000{person}"])
    phone = [{"system": "phone", "value": f"1380053123{person}"}] if chance.random() < 0.6 else []
    return patient(
        f"{person}-{chance.randrange(6)}", name, sent, card, birthDate=born.isoformat(), telecom=phone
    )


def act(cur: Cursor, chance: random.Random) -> None:
    """One decision of a person about whatever there is."""
    now, by = instant.now(), "a person"

    def one(statement: str) -> Any:
        cur.execute(statement)
        found = [row[0] for row in cur.fetchall()]
        return chance.choice(found) if found else None

    residents = "select id from resident where state = 'active' order by id"
    patients = "select id::text from patient order by id"
    kind = chance.choice(
        ["merge", "unmerge", "unmerge", "link", "unlink", "unlink", "accept", "reject", "source", "forget"]
    )
    if kind == "merge":
        resident_merges.merge(cur, one(residents) or 0, one(residents) or 0, reason="decided", by=by, now=now)
    elif kind == "unmerge" and (
        merged := one("select id::text from resident_merge where undone is null order by at, id")
    ):
        resident_merges.unmerge(cur, UUID(merged), by=by, now=now)
    elif kind == "link" and (chosen := one(patients)):
        resident_merges.link(cur, chosen, one(residents), reason="decided", by=by, now=now)
    elif kind == "unlink" and (chosen := one(patients)):
        resident_merges.unlink(cur, chosen, reason="decided", by=by, now=now)
    elif kind == "source" and (chosen := one(patients)):
        resident_merges.apply_source_merge(cur, chosen, one(patients), now)
    elif kind == "forget" and (chosen := one(patients)):
        resident_merges.forget(cur, [chosen], now, by=by)
    elif kind in ("accept", "reject") and (
        question := one("select id from review where state = 'open' order by id")
    ):
        (review.accept if kind == "accept" else review.reject)(cur, question, by=by, now=now)


def check(database: Database) -> None:
    for what, query in BROKEN.items():
        assert rows(database, query) == [], what


@pytest.mark.parametrize("seed", [1, 2])
def test_index_and_record_agree_after_every_step(database: Database, seed: int) -> None:
    chance = random.Random(seed)
    for step in range(45):
        if chance.random() < 0.6:
            batch = {one["id"]: one for one in (view(chance) for _ in range(chance.randrange(1, 5)))}
            store(database, *batch.values(), *(observation(one, f"{step}") for one in batch.values()))
        else:
            try:
                with unit_of_work(database.engine, "hie_writer") as connection:
                    act(cursor(connection), chance)
            except Failure:
                continue
        check(database)


def test_index_and_record_agree_when_workers_and_people_meet(database: Database) -> None:
    failures: list[BaseException] = []

    def work(worker: int) -> None:
        chance = random.Random(worker)

        def step() -> None:
            with unit_of_work(database.engine, "hie_writer") as connection:
                if worker % 3:
                    identify(cursor(connection), [view(chance) for _ in range(3)], worker, instant.now())
                else:
                    act(cursor(connection), chance)

        for _ in range(15):
            try:
                once_more(step, attempts=6)
            except Failure:
                continue
            except BaseException as failure:
                failures.append(failure)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    check(database)


def test_a_resident_id_never_changes_its_bucket(database: Database) -> None:
    one = view(random.Random(5))
    found = store(database, one)
    buckets = rows(database, "select id, bucket from resident")
    assert buckets == [(found[one["id"]], ids.bucket(UUID(one["id"])))]
