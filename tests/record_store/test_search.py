"""What each kind of search parameter finds, on a real PostgreSQL."""

from collections.abc import Iterator

import pytest

from tests.conftest import Database, Postgres
from tests.record_store.drafts import PATIENT
from tests.record_store.everyone import module_database
from tests.record_store.people import ONE, THREE, TWO, fill, find, names


@pytest.fixture(scope="module")
def people(postgres: Postgres) -> Iterator[Database]:
    with module_database(postgres, "search") as database:
        fill(database)
        yield database


CASES: list[tuple[str, str, list[str]]] = [
    # token
    ("Patient", "gender=female", [PATIENT]),
    ("Patient", "gender=http://hl7.org/fhir/administrative-gender|male", ["other"]),
    ("Patient", "gender:not=female", ["other"]),
    ("Patient", "gender=female,male", [PATIENT, "other"]),
    ("Patient", "active=true", ["other"]),
    ("Patient", "active:missing=true", [PATIENT]),
    ("Patient", "gender:missing=true", []),
    ("Observation", "code=15074-8", [ONE, TWO, THREE]),
    ("Observation", "code=http://loinc.org|15074-8&status=final", [ONE, THREE]),
    ("Observation", "code=http://loinc.org|&status=amended", [TWO]),
    ("Observation", "code=|15074-8", []),
    ("Observation", "code:not=15074-8", []),
    ("Observation", "status=unheard-of", []),
    # identifiers and telephone numbers
    ("Patient", "identifier=A-1", [PATIENT]),
    ("Patient", "identifier=urn:oid:1|A-1", [PATIENT]),
    ("Patient", "identifier=urn:oid:2|A-1", []),
    ("Patient", "identifier=|A-1", []),
    ("Organization", "identifier=|N1", ["north"]),
    ("Patient", "identifier=urn:oid:1|", [PATIENT]),
    ("Patient", "identifier:missing=true", ["other"]),
    ("Patient", "phone=13800000001", [PATIENT]),
    ("Patient", "telecom=138-0000-0001", [PATIENT]),
    ("Patient", "telecom=phone|138-0000-0001", [PATIENT]),
    ("Patient", "phone=phone|", [PATIENT]),
    # string
    ("Patient", "name=王小", [PATIENT]),
    ("Patient", "name=muller", [PATIENT]),
    ("Patient", "name=MÜL", [PATIENT]),
    ("Patient", "name=ller", []),
    ("Patient", "name:contains=LLER", [PATIENT]),
    ("Patient", "name:exact=Müller", [PATIENT]),
    ("Patient", "name:exact=muller", []),
    ("Patient", "name=Bea&name=Müller", [PATIENT]),
    ("Patient", "name=Bea&name=Wang", []),
    ("Patient", "address-city=qing", [PATIENT]),
    ("Patient", "address:missing=true", ["other"]),
    # date
    ("Patient", "birthdate=1980", [PATIENT]),
    ("Patient", "birthdate=1980-05-01", []),
    ("Patient", "birthdate=ge1980-05-20", [PATIENT, "other"]),
    ("Patient", "birthdate=lt1990-01-02", [PATIENT]),
    ("Patient", "birthdate=ne1990-01-02", [PATIENT]),
    ("Patient", "birthdate=sa1980-05", ["other"]),
    ("Patient", "birthdate=eb1990", [PATIENT]),
    ("Observation", "date=2026-01-10", [ONE]),
    ("Observation", "date=ge2026-02&date=lt2026-03", [TWO]),
    ("Observation", "date=gt2026-02-10T08:00:00%2B08:00".replace("%2B", "+"), [THREE]),
    ("Observation", "_lastUpdated=2026-03-01", [ONE, TWO, THREE]),
    ("Observation", "_lastUpdated=gt2026-03-01", []),
    # quantity
    ("Observation", "value-quantity=5.4", [ONE]),
    ("Observation", "value-quantity=5.40||mmol/L", [ONE]),
    ("Observation", "value-quantity=gt0.0069|http://unitsofmeasure.org|mol/L", [TWO, THREE]),
    ("Observation", "value-quantity=lt7|http://unitsofmeasure.org|mmol/L", [ONE]),
    ("Observation", "value-quantity=le7||mmol/L", [ONE, THREE]),
    ("Observation", "value-quantity=5.4||mg", []),
    ("Observation", "value-quantity=5.4|http://unitsofmeasure.org|", [ONE]),
    ("Observation", "value-quantity=5.4|urn:other|", []),
    ("Observation", "value-quantity=ap7", [THREE]),
    ("Observation", "code-value-quantity=15074-8$gt9", [TWO]),
    # uri
    ("Patient", "_profile=http://p/one", [PATIENT]),
    ("Patient", "_profile=http://p/one|2", [PATIENT]),
    ("Patient", "_profile=http://p/one|3", []),
    ("Patient", "_profile:below=http://p", [PATIENT]),
    ("Patient", "_profile:missing=true", ["other"]),
    ("Patient", "_source=urn:feed", [PATIENT]),
    ("Patient", "_tag=urn:tag|a&_security=R", [PATIENT]),
    # reference
    ("Observation", f"patient={PATIENT}", [ONE, TWO]),
    ("Observation", f"subject=Patient/{PATIENT}&code=15074-8&date=ge2026-02", [TWO]),
    ("Observation", "subject:Patient=other", [THREE]),
    ("Observation", "performer=Practitioner/anna", [ONE, TWO, THREE]),
    ("Observation", "encounter=Encounter/e3", [THREE]),
    ("Patient", "organization=north", [PATIENT]),
    ("Patient", "organization=Organization/south", []),
    ("Patient", "organization:missing=true", ["other"]),
    ("Patient", "organization:missing=false", [PATIENT]),
    # chains
    ("Observation", "subject:Patient.name=wang", [THREE]),
    ("Observation", "patient.gender=female", [ONE, TWO]),
    ("Observation", "patient.identifier=urn:oid:1|A-1&date=2026-01", [ONE]),
    ("Observation", "performer:Practitioner.family=li", [ONE, TWO, THREE]),
    ("Observation", "patient.organization.name=north", [ONE, TWO]),
    ("Observation", "patient.organization.name=south", []),
    ("Patient", "general-practitioner.name=anna", [PATIENT]),
    # reverse chains
    ("Patient", "_has:Observation:patient:value-quantity=gt9", [PATIENT]),
    ("Patient", "_has:Observation:subject:status=final&gender=male", ["other"]),
    ("Practitioner", "_has:Observation:performer:status=amended", ["anna"]),
    ("Organization", "_has:Patient:organization:gender=female", ["north"]),
    ("Organization", "_has:Patient:organization:_has:Observation:patient:status=amended", ["north"]),
    # ids and forms
    ("Observation", f"_id={ONE},{THREE}", [ONE, THREE]),
    ("Patient", "_id=other", ["other"]),
    ("Patient", "_id=nobody", []),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "query", "expected"), CASES)
def test_a_parameter_finds_what_it_says(
    people: Database, type_: str, query: str, expected: list[str]
) -> None:
    assert sorted(names(find(people, type_, query))) == sorted(expected)
