"""Bodies come back as they were sent, digit by digit, whichever dictionary wrote them."""

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_profiles.resource_types import NUMBER
from fhir_profiles.resources import dumps, loads
from record_store import content, training
from record_store.database import cursor, unit_of_work
from record_store.migrations import migrate
from tests.conftest import Database
from tests.record_store.drafts import draft, identity, observation, rows, store

AT = datetime(2026, 3, 1, 8, 0, 0, 4000, tzinfo=UTC)

texts = st.text(st.characters(codec="utf-8"), max_size=20)
numbers = st.one_of(
    st.integers(-(2**53), 2**53),
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**6), max_value=10**6),
)
values = st.recursive(
    st.one_of(texts, numbers, st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4), st.dictionaries(texts, inner, min_size=1, max_size=4)
    ),
    max_leaves=12,
)
metas = st.dictionaries(
    st.sampled_from(["profile", "tag", "security", "source", "extension"]), values, max_size=3
)
members = st.dictionaries(
    texts.filter(lambda name: name not in {"resourceType", "id", "meta"}), values, max_size=6
)


def assembled(resource: dict[str, Any], version: int = 3) -> bytes:
    data = content.encode("Observation", content.body(resource))
    return content.assemble("Observation", "o-1", version, AT, 0, data)


@settings(max_examples=300)
@given(members, metas, st.booleans())
def test_a_resource_comes_back_with_its_version(
    more: dict[str, Any], meta: dict[str, Any], stamped: bool
) -> None:
    resource = {"resourceType": "Observation", "id": "o-1", **more}
    if meta or stamped:
        resource["meta"] = {**meta, **({"versionId": "9", "lastUpdated": "2001-01-01"} if stamped else {})}
    found = assembled(resource)
    expected_meta = {"versionId": "3", "lastUpdated": "2026-03-01T08:00:00.004Z", **meta}
    assert loads(found) == loads(dumps({**resource, "meta": expected_meta}))
    assert list(loads(found)) == ["resourceType", "id", "meta", *more]


@pytest.mark.parametrize("written", ["1.50", "0.0", "1E+2", "100", "-0.10", "123456789.123456789123"])
def test_digits_are_kept(written: str) -> None:
    resource = loads(f'{{"resourceType":"Observation","id":"o-1","valueQuantity":{{"value":{written}}}}}')
    assert f'"value":{written}'.encode() in assembled(resource)


def test_a_resource_that_says_nothing_more_is_whole_json() -> None:
    assert loads(assembled({"resourceType": "Observation", "id": "x"}))["id"] == "o-1"


def test_threads_do_not_share_codecs() -> None:
    failures = []

    def work(number: int) -> None:
        for turn in range(300):
            body = content.body(observation(number, value=str(turn)))
            if content.decode("Observation", 0, content.encode("Observation", body)) != body:
                failures.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def fill(database: Database, first: int, note: str) -> None:
    store(
        database,
        *(
            draft(observation(number, value=str(number), note=[{"text": f"{note} {number}"}]))
            for number in range(first, first + 400)
        ),
    )


def train(database: Database) -> training.Trained:
    with unit_of_work(database.engine, "hie_writer") as connection:
        return training.train(cursor(connection), "Observation")


def read(database: Database, number: int) -> dict[str, Any]:
    ((version, updated, dictionary, body),) = rows(
        database, "select version, updated, dictionary, body from resource where id = %s", identity(number)
    )
    found: dict[str, Any] = loads(
        content.assemble("Observation", identity(number), version, updated, dictionary, body)
    )
    return found


def test_a_dictionary_makes_bodies_small_and_old_ones_stay_readable(database: Database) -> None:
    starter = content.version_of(training.starters()["Observation"])
    fill(database, 1, "fasting")
    before = read(database, 7)
    first = train(database)
    assert first.version not in {0, starter}
    assert first.after < first.before * 0.8
    assert read(database, 7) == before
    fill(database, 1001, "a sentence that the first dictionary never saw, about how the blood was taken")
    second = train(database)
    assert second.version not in {0, first.version}
    fill(database, 2001, "a sentence that the first dictionary never saw, about how the blood was taken")
    used = {found for (found,) in rows(database, "select distinct dictionary from resource")}
    assert used == {starter, first.version, second.version}
    for number in (7, 1007, 2007):
        assert read(database, number)["valueQuantity"]["value"] == number


def test_a_new_database_writes_with_the_starters(database: Database) -> None:
    starters = training.starters()
    assert len(starters) > 10
    assert all(len(dictionary) <= training.STARTER_SIZE for dictionary in starters.values())
    with unit_of_work(database.engine) as connection:
        versions = content.newest(cursor(connection)).versions(cursor(connection))
    assert versions == {
        NUMBER[type_]: content.version_of(dictionary) for type_, dictionary in starters.items()
    }


def test_starters_do_not_push_a_trained_dictionary_aside(database: Database) -> None:
    fill(database, 1, "fasting")
    trained = train(database)
    migrate(database.owner_url)
    with unit_of_work(database.engine) as connection:
        asked = cursor(connection)
        newest = content.newest(asked)
        newest.renew(asked)
        assert newest.versions(asked)[NUMBER["Observation"]] == trained.version


def test_a_dictionary_that_gains_nothing_is_not_kept(database: Database) -> None:
    fill(database, 1, "fasting")
    train(database)
    assert train(database).version == 0


def test_the_same_content_under_another_dictionary_is_no_new_version(database: Database) -> None:
    fill(database, 1, "fasting")
    train(database)
    (again,) = store(database, draft(observation(7, value="7", note=[{"text": "fasting 7"}])))
    assert not again.changed


def test_a_process_finds_a_dictionary_that_another_trained(database: Database) -> None:
    fill(database, 1, "fasting")
    trained = train(database)
    content._dictionaries.clear()
    seen: list[bytes] = []
    body = content.body(observation(1))
    reader = threading.Thread(
        target=lambda: seen.append(content.encode("Observation", body, trained.version))
    )
    reader.start()
    reader.join()
    assert content.decode("Observation", trained.version, seen[0]) == body


def test_a_dictionary_that_nobody_has_is_named() -> None:
    with pytest.raises(content.Missing, match="4711 of Observation"):
        content.decode("Observation", 4711, b"")


def test_versions_are_named_by_content() -> None:
    assert content.version_of(b"one") != content.version_of(b"two")
    assert 0 < content.version_of(b"one") <= 0x7FFF
    assert NUMBER["Observation"]
