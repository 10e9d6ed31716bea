"""Search on a real PostgreSQL: what each kind of parameter finds, and what a caller may not see changing nothing."""

from collections.abc import Iterator
from typing import Any

import pytest

from fhir_profiles.outcome import Gone
from record_store.database import cursor, unit_of_work
from record_store.query import parse
from record_store.search import search
from record_store.stored import Found
from tests.conftest import Database, Postgres
from tests.record_store.drafts import PATIENT, draft, identity, observation, rows, store
from tests.record_store.everyone import EVERYTHING, Showing, module_database


def find(
    database: Database, type_: str, query: str, visibility: Showing = EVERYTHING, after: str | None = None
) -> Found:
    """The page of a query string."""
    pairs = [tuple(part.split("=", 1)) for part in query.split("&") if part]
    with unit_of_work(database.engine, "hie_reader") as connection:
        return search(cursor(connection), visibility, parse(type_, pairs), after)  # type: ignore[arg-type]


def names(found: Found) -> list[str]:
    return [match.id for match in found.matches]


META = {
    "profile": ["http://p/one|2"],
    "source": "urn:feed#1",
    "tag": [{"system": "urn:tag", "code": "a"}],
    "security": [{"code": "R"}],
}


@pytest.fixture(scope="module")
def people(postgres: Postgres) -> Iterator[Database]:
    with module_database(postgres, "search") as database:
        fill(database)
        yield database


def fill(database: Database) -> None:
    store(
        database,
        draft({"resourceType": "Patient", "id": PATIENT, "meta": META, "gender": "female", "birthDate": "1980-05",
               "name": [{"text": "王小明"}, {"family": "Müller", "given": ["Bea"]}],
               "identifier": [{"system": "urn:oid:1", "value": "A-1"}],
               "telecom": [{"system": "phone", "value": "138 0000 0001"}],
               "address": [{"city": "Qingdao"}],
               "managingOrganization": {"reference": "Organization/north"},
               "generalPractitioner": [{"reference": "Practitioner/anna"}]}),
        draft({"resourceType": "Patient", "id": "other", "gender": "male", "birthDate": "1990-01-02",
               "name": [{"family": "Wang"}], "active": True}, resident_id=8),
        draft({"resourceType": "Practitioner", "id": "anna", "name": [{"family": "Li", "given": ["Anna"]}]}, resident_id=0),
        draft({"resourceType": "Organization", "id": "north", "name": "North Clinic",
               "identifier": [{"value": "N1"}]}, resident_id=0),
        draft(observation(1, effectiveDateTime="2026-01-10T08:00:00+08:00")),
        draft(observation(2, value="9.9", effectiveDateTime="2026-02-10T08:00:00+08:00", status="amended")),
        draft(observation(3, value="7", effectiveDateTime="2026-03-10", subject={"reference": "Patient/other"},
                          encounter={"reference": "Encounter/e3"},
                          hasMember=[{"reference": f"Observation/{identity(1)}"}]), resident_id=8, labels=2),
    )  # fmt: skip


ONE, TWO, THREE = identity(1), identity(2), identity(3)

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


HIDDEN: list[tuple[str, str, list[str], int]] = [
    ("Observation", "code=15074-8", [ONE, TWO], 2),
    ("Observation", "subject:Patient.name=wang", [], 0),
    ("Patient", "_has:Observation:subject:value-quantity=7", [], 0),
    ("Practitioner", "_has:Observation:performer:value-quantity=7", [], 0),
    ("Observation", f"_id={THREE}", [], 0),
]


@pytest.mark.parametrize(("type_", "query", "expected", "total"), HIDDEN)
def test_what_is_hidden_changes_no_page_total_or_chain(
    people: Database, type_: str, query: str, expected: list[str], total: int
) -> None:
    assert names(find(people, type_, query)), "there is something to hide"
    found = find(people, type_, f"{query}&_total=accurate", Showing(hidden_labels=2))
    assert (sorted(names(found)), found.total) == (sorted(expected), total)


def test_what_is_hidden_is_not_included(people: Database) -> None:
    query = "_include=Observation:performer&_revinclude=Observation:subject&_include=Observation:subject"
    included = {row.reference for row in find(people, "Observation", query).included}
    assert included == {f"Patient/{PATIENT}", "Patient/other", "Practitioner/anna"}
    fewer = {row.reference for row in find(people, "Observation", query, Showing(residents=(7,))).included}
    assert fewer == {f"Patient/{PATIENT}", "Practitioner/anna"}


INCLUDES: list[tuple[str, str, set[str]]] = [
    ("Observation", f"_id={ONE}&_include=Observation:subject", {PATIENT}),
    ("Observation", f"_id={ONE}&_include=Observation:subject:Group", set()),
    ("Observation", f"_id={ONE}&_include=Observation:*", {PATIENT, "anna"}),
    ("Observation", f"_id={ONE}&_include=*", {PATIENT, "anna"}),
    (
        "Observation",
        f"_id={ONE}&_include=Observation:subject&_include:iterate=Patient:organization",
        {PATIENT, "north"},
    ),
    ("Patient", "_id=other&_revinclude=Observation:patient", {THREE}),
    ("Organization", "_revinclude=Patient:organization", {PATIENT}),
    (
        "Organization",
        "_revinclude=Patient:organization&_revinclude:iterate=Observation:subject",
        {PATIENT, ONE, TWO},
    ),
]


@pytest.mark.parametrize(("type_", "query", "expected"), INCLUDES)
def test_an_include_adds_what_it_names(people: Database, type_: str, query: str, expected: set[str]) -> None:
    assert {row.id for row in find(people, type_, query).included} == expected


def test_a_page_of_another_epoch_is_refused(people: Database) -> None:
    first = find(people, "Observation", "_count=1")
    assert first.next is not None
    second = find(people, "Observation", "_count=1", after=first.next)
    assert names(second) != names(first)
    with pytest.raises(Gone):
        find(people, "Observation", "_count=1", Showing(epoch="later"), first.next)


def test_values_that_are_missing_come_last(people: Database) -> None:
    for sort in ("address-city", "-address-city"):
        assert names(find(people, "Patient", f"_sort={sort}")) == [PATIENT, "other"]


def test_an_exchange_patient_stands_for_its_whole_resident(database: Database) -> None:
    whole = identity(90)
    store(
        database,
        draft({"resourceType": "Patient", "id": whole}),
        draft({"resourceType": "Patient", "id": PATIENT}),
        draft(observation(1)),
    )
    rows(
        database,
        "insert into resident (id, bucket, patient, created) values (7, 1, %s, now()) returning id",
        whole,
    )
    assert names(find(database, "Observation", f"patient={whole}")) == [ONE]
    assert names(find(database, "Observation", f"performer=Patient/{whole}")) == []
    back = find(database, "Patient", f"_id={whole}&_revinclude=Observation:patient")
    assert [row.id for row in back.included] == [ONE]
    assert names(find(database, "Patient", f"_id={whole}&_has:Observation:patient:status=final")) == [whole]


def test_a_search_is_a_handful_of_statements(people: Database) -> None:
    counted: list[str] = []

    class Counting:
        def __init__(self, inner: Any) -> None:
            self._inner = inner

        def execute(self, statement: str, parameters: Any = None) -> None:
            counted.append(statement)
            self._inner.execute(statement, parameters)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

    with unit_of_work(people.engine, "hie_reader") as connection:
        pairs = [("patient", PATIENT), ("code", "15074-8"), ("performer:Practitioner.family", "li")]
        search(Counting(cursor(connection)), EVERYTHING, parse("Observation", pairs))
    assert len(counted) == 4, "words, places, targets of the chain, page"


def test_places_of_documents_are_found_without_filling_the_vocabulary(database: Database) -> None:
    def document(number: int, url: str) -> dict[str, Any]:
        content = [{"attachment": {"url": url}}] if url else [{"attachment": {"title": "none"}}]
        return {
            "resourceType": "DocumentReference",
            "id": identity(number),
            "status": "current",
            "content": content,
        }

    urls = {
        1: "https://example.org/a/1",
        2: "https://example.org/a/2#page",
        3: "https://example.org/b",
        4: "",
    }
    store(database, *(draft(document(number, url)) for number, url in urls.items()))
    expected = {
        "location=https://example.org/a/1": [1],
        "location=https://example.org/a/2": [2],
        "location:below=https://example.org/a": [1, 2],
        "location:above=https://example.org/b/9": [3],
        "location:missing=true": [4],
        "location:missing=false": [1, 2, 3],
    }
    for query, numbers in expected.items():
        found = find(database, "DocumentReference", query)
        assert sorted(names(found)) == [identity(number) for number in numbers], query
    assert rows(database, "select count(*) from token where parameter = 'location'") == [(1,)]
