"""Who may write what: a decision table over a real record."""

import pytest

from consent.actor import Actor
from consent.contribution import may_write
from consent.permits import allow
from fhir_profiles import instant
from fhir_profiles.outcome import Failure
from record_store.database import cursor, unit_of_work
from tests.conftest import Database
from tests.consent.city import LI, WANG, City, build, named
from tests.consent.conftest import SECRET, Wallet, authority, clinician, resident

WRITER = clinician(scopes=("user/*.cruds",))
STRANGER = clinician(scopes=("user/*.cruds",), organisation="HOSPITAL-C")
CLIENT = Actor(subject="conformance", role="system", scopes=("system/*.cruds",))


@pytest.fixture
def city(database: Database, wallet: Wallet) -> City:
    city = build(database, wallet)
    with unit_of_work(database.engine) as connection:
        allow(cursor(connection), Actor(subject="demo", role="admin"), "system", "conformance", instant.now())
    return city


def asked(city: City, actor: Actor, action: str, type_: str, owner: int, word: str = "") -> str:
    try:
        with unit_of_work(city.database.engine, "hie_writer") as connection:
            may_write(cursor(connection), SECRET, actor, action, type_, owner, named(word) if word else "")
    except Failure as failure:
        return failure.issues[0].reason
    return "yes"


TABLE = [
    (WRITER, "create", "Observation", LI, "", "yes"),
    (WRITER, "create", "Patient", 0, "", "yes"),
    (WRITER, "update", "Condition", LI, "flu", "yes"),
    (WRITER, "update", "Condition", LI, "depression", "not-found"),
    (WRITER, "delete", "Condition", LI, "hiv", "not-found"),
    (WRITER, "create", "Observation", WANG, "", "need-card"),
    (WRITER, "create", "Organization", 0, "", "directory-not-yours"),
    (STRANGER, "create", "Encounter", LI, "", "need-card"),
    (STRANGER, "update", "Condition", LI, "flu", "need-card"),
    (clinician(), "create", "Observation", LI, "", "scope-insufficient"),
    (resident(LI), "create", "Observation", LI, "", "yes"),
    (resident(LI), "create", "Condition", LI, "", "write-not-allowed"),
    (resident(LI), "update", "Observation", LI, "glucose-1", "write-not-allowed"),
    (resident(LI), "create", "Observation", WANG, "", "not-own-record"),
    (authority(), "create", "Observation", LI, "", "write-not-allowed"),
    (CLIENT, "update", "Organization", 0, "", "yes"),
    (CLIENT, "delete", "Condition", LI, "hiv", "yes"),
]


def test_writing_follows_the_table(city: City) -> None:
    found = [(*case[:5], asked(city, *case[:5])) for case in TABLE]
    assert found == TABLE


def test_a_closed_record_still_takes_deposits_of_those_who_treat(city: City) -> None:
    city.direct(permit=False, who=("organisation", "HOSPITAL-B"))
    assert asked(city, WRITER, "create", "Observation", LI) == "yes"
    assert asked(city, WRITER, "update", "Condition", LI, "flu") == "need-break-glass"


def test_a_hidden_record_cannot_be_changed_unseen(city: City) -> None:
    city.direct(permit=False, visit=f"Encounter/{named('visit-hidden')}")
    assert asked(city, WRITER, "update", "Condition", LI, "secret") == "not-found"
