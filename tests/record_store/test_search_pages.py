"""Pages of results: what is hidden changes nothing, includes, positions, whole residents, few statements."""

from collections.abc import Iterator
from typing import Any

import pytest

from fhir_profiles.outcome import Gone
from record_store.database import cursor, unit_of_work
from record_store.query import parse
from record_store.search import search
from tests.conftest import Database, Postgres
from tests.record_store.drafts import PATIENT, draft, identity, observation, rows, store
from tests.record_store.everyone import EVERYTHING, Showing, module_database
from tests.record_store.people import ONE, THREE, TWO, fill, find, names


@pytest.fixture(scope="module")
def people(postgres: Postgres) -> Iterator[Database]:
    with module_database(postgres, "pages") as database:
        fill(database)
        yield database


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
    ("Organization", "_revinclude=Patient:*", {PATIENT}),
    ("Practitioner", "_revinclude=*:*", {PATIENT, ONE, TWO, THREE}),
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
