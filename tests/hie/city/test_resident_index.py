"""What the resident index makes of the city: nobody is taken for somebody else, and few stay apart."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from sqlalchemy import Engine

from adapters import content
from fhir_profiles import instant
from hie import ingest
from hie.operations.bench.ingest import messages
from hie.operations.city import cast
from hie.operations.city.city import City, build_city
from hie.operations.demo import senders
from hie.senders import Directory, adapter_source
from hie.settings import Settings
from hie.wiring import Exchange
from record_store import inbox
from record_store.database import cursor, unit_of_work


class HasEngine(Protocol):
    engine: Engine


@dataclass
class Index:
    """Residents of each person of the city, and persons of each resident."""

    city: City
    residents: dict[int, set[int]]
    persons: dict[int, set[int]]


def index_of(database: HasEngine) -> Index:
    city = build_city(11, 70, date(2026, 11, 24))
    exchange = Exchange(Settings())
    exchange.engine = database.engine
    with unit_of_work(database.engine) as connection:
        senders.register(cursor(connection), city, "")
    received = messages(exchange, city)
    with unit_of_work(database.engine) as connection:
        inbox.receive(cursor(connection), [one.arrival for one in received], instant.now())
    directory = Directory(database.engine)
    while ingest.run_batch(database.engine, directory, b"secret").claimed:
        pass
    owners = {
        (known.institution, known.patient_number): known.person for known in city.expectations.registrations
    }
    found = Index(city, defaultdict(set), defaultdict(set))
    with unit_of_work(database.engine, "hie_writer") as connection:
        cur = cursor(connection)
        cur.execute("select id::text, resident_id from patient")
        residents = dict(cur.fetchall())
    for one in received:
        for part in content.translate(one.arrival.payload, adapter_source(one.sender)):
            for patient in (found for found in part.resources if found["resourceType"] == "Patient"):
                for identifier in patient.get("identifier", []):
                    person = owners.get((one.sender.name, identifier["value"]))
                    if person is not None:
                        found.residents[person].add(residents[patient["id"]])
                        found.persons[residents[patient["id"]]].add(person)
    return found


def test_nobody_is_taken_for_somebody_else_and_few_stay_apart(database: HasEngine) -> None:
    index = index_of(database)
    numbers = {role: person.number for role, person in index.city.expectations.cast.items()}
    assert [persons for persons in index.persons.values() if len(persons) > 1] == []
    for one, other in ((cast.TWIN_ONE, cast.TWIN_TWO), (cast.NAMESAKE_ONE, cast.NAMESAKE_TWO)):
        assert index.residents[numbers[one]].isdisjoint(index.residents[numbers[other]])
    for role in (cast.WALKER, cast.DOUBLED, cast.MISTYPED, cast.MOTHER, cast.RARE_NAME):
        assert len(index.residents[numbers[role]]) == 1, role
    apart = {person for person, residents in index.residents.items() if len(residents) > 1}
    unnamed = {
        known.person for known in index.city.expectations.registrations if "provisional-name" in known.defects
    }
    assert len(apart - unnamed) <= 0.03 * len(index.residents)
