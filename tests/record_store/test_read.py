"""Reading by id, versions, histories and whole records, within what a caller sees."""

from datetime import timedelta

import pytest

from record_store import compartment, history, read
from record_store.database import cursor, unit_of_work
from record_store.delete import delete
from record_store.draft import Deletion
from record_store.logical_ids import uuid_of
from record_store.stored import Found, Stored
from tests.conftest import Database
from tests.record_store.drafts import NOW, PATIENT, draft, identity, observation, store
from tests.record_store.everyone import EVERYTHING, Showing

ONE, TWO = identity(1), identity(2)
HIDING = Showing(hidden_labels=1)


@pytest.fixture
def kept(database: Database) -> Database:
    """A Patient and two measurements, one labelled, one in its second version, one deleted."""
    store(
        database,
        draft(
            {
                "resourceType": "Patient",
                "id": PATIENT,
                "managingOrganization": {"reference": "Organization/north"},
            }
        ),
        draft({"resourceType": "Organization", "id": "north", "name": "North"}, resident_id=0),
        draft(observation(1)),
        draft(observation(2), labels=1),
        draft(observation(3)),
    )
    store(database, draft(observation(1, value="6.10")), now=NOW + timedelta(minutes=1))
    with unit_of_work(database.engine, "hie_writer") as connection:
        delete(cursor(connection), [Deletion("Observation", uuid_of("Observation", identity(3)))], NOW)
    return database


def current(database: Database, type_: str, fhir_id: str, seen: Showing = EVERYTHING) -> Stored | None:
    with unit_of_work(database.engine, "hie_reader") as connection:
        return read.read(cursor(connection), seen, type_, fhir_id)


def test_a_read_gives_the_newest_version_with_the_digits_of_its_sender(kept: Database) -> None:
    found = current(kept, "Observation", ONE)
    assert found is not None
    assert (found.version, found.resident_id) == (2, 7)
    assert b'"value":6.10' in found.body
    assert f'"id":"{ONE}"'.encode() in found.body


ABSENT = [
    ("Observation", "nobody"),
    ("Patient", ONE),
    ("Nonsense", ONE),
    ("Observation", "no/id"),
    ("Observation", ""),
]


@pytest.mark.parametrize(("type_", "fhir_id"), ABSENT)
def test_what_is_not_there_is_nothing(kept: Database, type_: str, fhir_id: str) -> None:
    assert current(kept, type_, fhir_id) is None


def test_what_is_hidden_looks_like_what_is_absent(kept: Database) -> None:
    assert current(kept, "Observation", TWO) is not None
    assert current(kept, "Observation", TWO, HIDING) is None
    with unit_of_work(kept.engine, "hie_reader") as connection:
        asked = cursor(connection)
        assert read.vread(asked, HIDING, "Observation", TWO, 1) is None
        assert history.history(asked, HIDING, "Observation", TWO).matches == []
        many = read.read_many(
            asked, HIDING, [("Observation", ONE), ("Observation", TWO), ("Patient", "nobody")]
        )
        assert [one.id for one in many] == [ONE]


def test_a_deleted_resource_is_told_as_deleted_to_who_could_see_it(kept: Database) -> None:
    found = current(kept, "Observation", identity(3))
    assert found is not None
    assert (found.deleted, found.version, found.body) == (True, 2, b"")
    assert current(kept, "Observation", identity(3), Showing(residents=(8,))) is None


def test_every_version_can_be_read(kept: Database) -> None:
    with unit_of_work(kept.engine, "hie_reader") as connection:
        asked = cursor(connection)
        versions = [read.vread(asked, EVERYTHING, "Observation", ONE, number) for number in (1, 2, 3)]
    assert [one and one.version for one in versions] == [1, 2, None]
    assert versions[0] is not None
    assert b'"value":5.40' in versions[0].body


def pages(
    database: Database, type_: str | None, fhir_id: str | None, seen: Showing, count: int
) -> list[Stored]:
    found: list[Stored] = []
    after: str | None = None
    with unit_of_work(database.engine, "hie_reader") as connection:
        while True:
            page = history.history(cursor(connection), seen, type_, fhir_id, count=count, after=after)
            found.extend(page.matches)
            after = page.next
            if after is None:
                return found


@pytest.mark.parametrize("count", [1, 2, 50])
def test_a_history_is_walked_newest_first(kept: Database, count: int) -> None:
    one = pages(kept, "Observation", ONE, EVERYTHING, count)
    assert [version.version for version in one] == [2, 1]
    everything = pages(kept, None, None, EVERYTHING, count)
    assert len(everything) == 7
    assert (everything[0].id, everything[0].deleted) == (identity(3), True)
    assert len(pages(kept, "Observation", None, HIDING, count)) == 4


def whole(database: Database, count: int | None, seen: Showing = EVERYTHING) -> tuple[set[str], set[str]]:
    matches: set[str] = set()
    included: set[str] = set()
    after: str | None = None
    with unit_of_work(database.engine, "hie_reader") as connection:
        while True:
            page: Found = compartment.everything(cursor(connection), seen, PATIENT, count=count, after=after)
            matches |= {row.id for row in page.matches}
            included |= {row.id for row in page.included}
            after = page.next
            if after is None:
                return matches, included


@pytest.mark.parametrize("count", [1, 2, None])
def test_everything_has_the_record_and_what_it_refers_to_outside(kept: Database, count: int | None) -> None:
    assert whole(kept, count) == ({PATIENT, ONE, TWO}, {"north"})
    assert whole(kept, count, HIDING) == ({PATIENT, ONE}, {"north"})
    assert whole(kept, count, Showing(residents=(8,))) == (set(), set())


def test_an_export_streams_what_is_visible(kept: Database) -> None:
    with unit_of_work(kept.engine, "hie_reader") as connection:
        asked = cursor(connection)
        assert compartment.residents(asked, EVERYTHING) == [7]
        lines = list(compartment.export(asked, HIDING, ["Observation", "Organization"]))
    assert len(lines) == 2
    assert all(line.endswith(b"}\n") for line in lines)
