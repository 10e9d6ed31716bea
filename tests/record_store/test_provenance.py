"""Every version names the message and the rules that made it, and a message what it made."""

from datetime import timedelta

import pytest

from fhir_profiles import validation
from fhir_profiles.outcome import Gone, NotFound
from fhir_profiles.resources import loads
from record_store import inbox, operator_copies, provenance
from record_store.database import cursor, unit_of_work
from record_store.delete import delete
from record_store.draft import Deletion
from record_store.inbox import Arrival
from record_store.logical_ids import uuid_of
from tests.conftest import Database
from tests.record_store.drafts import NOW, draft, identity, observation, rows, store

SOURCE = """
insert into source (name, organisation, identifier_system, door) values ('hospital-a', 'A', 'urn:a', 'mllp')
returning id
"""


@pytest.fixture
def message(database: Database) -> int:
    """A message that made two versions of two resources."""
    rows(database, SOURCE)
    rows(database, "insert into rule_set (name) values ('hl7v2 1') returning id")
    with unit_of_work(database.engine) as connection:
        (receipt,) = inbox.receive(cursor(connection), [Arrival(1, "mllp", "M1", b"MSH|")], NOW)
    store(database, draft(observation(1, value="1"), message=receipt.id, rule_set=1))
    store(database, draft(observation(1, value="2"), resident_id=2), now=NOW + timedelta(days=2))
    store(database, draft(observation(2), message=receipt.id, rule_set=1))
    with unit_of_work(database.engine) as connection:
        inbox.finish(cursor(connection), [receipt.id], NOW)
    return receipt.id


def test_each_version_names_its_message_and_rules(database: Database, message: int) -> None:
    with unit_of_work(database.engine, "hie_writer") as connection:
        second, first = provenance.origins(cursor(connection), "Observation", identity(1))
    assert (first.version, first.message, first.control_id, first.rule_set) == (1, message, "M1", "hl7v2 1")
    assert (second.version, second.message, second.source) == (2, None, "hospital-a")


def test_a_message_names_what_it_made(database: Database, message: int) -> None:
    with unit_of_work(database.engine, "hie_writer") as connection:
        made = provenance.products(cursor(connection), message)
        assert provenance.products(cursor(connection), 99) == []
    assert made == [("Observation", identity(1), 1), ("Observation", identity(2), 1)]


def test_an_origin_is_a_valid_provenance(database: Database, message: int) -> None:
    with unit_of_work(database.engine, "hie_writer") as connection:
        found = [
            provenance.resource(one)
            for one in provenance.origins(cursor(connection), "Observation", identity(1))
        ]
    assert [validation.issues(one) for one in found] == [[], []]
    assert found[1]["entity"][0]["what"]["identifier"]["value"] == "M1"


def test_what_is_not_there_has_no_origin(database: Database) -> None:
    with unit_of_work(database.engine, "hie_writer") as connection, pytest.raises(NotFound):
        provenance.origins(cursor(connection), "Observation", identity(1))


def test_operators_see_any_version_and_take_everything_with_them(database: Database, message: int) -> None:
    with unit_of_work(database.engine, "hie_reader") as connection:
        latest, resident = operator_copies.version(cursor(connection), "Observation", identity(1))
        first, _ = operator_copies.version(cursor(connection), "Observation", identity(1), 1)
        with pytest.raises(NotFound):
            operator_copies.version(cursor(connection), "Observation", identity(9))
    assert (loads(latest)["valueQuantity"]["value"], loads(first)["valueQuantity"]["value"], resident) == (
        2,
        1,
        2,
    )
    with unit_of_work(database.engine, "hie_writer") as connection:
        delete(cursor(connection), [Deletion("Observation", uuid_of("Observation", identity(1)))], NOW)
    with unit_of_work(database.engine, "hie_reader") as connection, pytest.raises(Gone):
        operator_copies.version(cursor(connection), "Observation", identity(1))
    with unit_of_work(database.engine, "hie_reader") as connection:
        lines = [line for piece in operator_copies.everything(cursor(connection)) for line in piece]
    assert [loads(line)["id"] for line in lines] == [identity(2)]
