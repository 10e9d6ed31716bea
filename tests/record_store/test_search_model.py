"""SQL search against a plain search over the same resources in memory: for any data and query, the same ids."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fhir_profiles import dates
from fhir_profiles.extraction import extract
from fhir_profiles.index_values import IndexValues
from fhir_profiles.text import normalise
from record_store import search_values
from record_store.database import cursor, unit_of_work
from record_store.delete import delete
from record_store.draft import Deletion
from record_store.query import parse
from record_store.search import search
from tests.conftest import Database
from tests.record_store.drafts import NOW, draft, store
from tests.record_store.everyone import Showing

CODES = ("a", "b", "c")
SYSTEMS = ("urn:x", "urn:y")
DATES = ("2024", "2024-05", "2024-05-06", "2024-05-06T10:00:00Z", "2024-05-06T10:30:00+08:00", "2025-01-31")
NAMES = ("Li", "Lina", "王", "王小", "Ña")
PREFIXES = ("", "ne", "gt", "lt", "ge", "le", "sa", "eb")

Resource = dict[str, Any]


def concept(codes: list[tuple[str, str]]) -> Resource:
    return {"coding": [{"system": system, "code": code} for system, code in codes]}


codings = st.lists(
    st.tuples(st.sampled_from(SYSTEMS), st.sampled_from(CODES)), min_size=1, max_size=2, unique=True
)
patients = st.builds(
    lambda n, name, gender, birth: {
        "resourceType": "Patient", "id": f"p{n}", "name": [{"family": name}], "gender": gender, "birthDate": birth,
    },
    st.integers(0, 3), st.sampled_from(NAMES), st.sampled_from(("male", "female")), st.sampled_from(DATES[:3]),
)  # fmt: skip
observations = st.builds(
    lambda n, code, category, when, value, whom: {
        "resourceType": "Observation", "id": f"o{n}", "status": "final", "code": concept(code),
        "category": [concept(category)], "subject": {"reference": f"Patient/p{whom}"},
        "performer": [{"reference": f"Practitioner/d{value % 2}"}],
    } | ({"effectiveDateTime": when} if when else {})
      | ({"valueQuantity": {"value": value, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"}} if value else {}),
    st.integers(0, 6), codings, codings, st.sampled_from((*DATES, "")), st.integers(0, 4), st.integers(0, 3),
)  # fmt: skip
tokens = st.one_of(
    st.sampled_from(CODES), st.builds("{}|{}".format, st.sampled_from(SYSTEMS), st.sampled_from((*CODES, "")))
)
dated_values = st.builds("{}{}".format, st.sampled_from(PREFIXES), st.sampled_from(DATES))
numbered = st.builds("{}{}".format, st.sampled_from(PREFIXES), st.sampled_from(("1", "2.0", "3", "2000||g")))
clauses = st.one_of(
    st.tuples(st.sampled_from(("code", "category", "code:not", "category:not")), tokens),
    st.tuples(st.sampled_from(("code", "category")), st.builds("{},{}".format, tokens, tokens)),
    st.tuples(st.just("date"), dated_values),
    st.tuples(st.just("value-quantity"), numbered),
    st.tuples(
        st.sampled_from(("date:missing", "value-quantity:missing")), st.sampled_from(("true", "false"))
    ),
    st.tuples(
        st.sampled_from(("subject", "patient", "performer")), st.sampled_from(("Patient/p1", "Patient/p2"))
    ),
    st.tuples(st.just("performer"), st.sampled_from(("Practitioner/d0", "d1"))),
    st.tuples(st.just("subject:Patient.family"), st.sampled_from(("li", "王", "na"))),
    st.tuples(st.just("patient.birthdate"), dated_values),
)


def meets(resource: Resource, name: str, value: str, world: list[Resource]) -> bool:
    """The standard's sentences, one row at a time."""
    plain, _, modifier = name.partition(":")
    if "." in name:
        _, _, rest = name.partition(".")
        whom = resource["subject"]["reference"].removeprefix("Patient/")
        return any(
            meets(one, rest, value, world)
            for one in world
            if one["resourceType"] == "Patient" and one["id"] == whom
        )
    found = extract(resource)
    if modifier == "missing":
        present = found.dates if plain == "date" else [row for row in found.quantities if row[0] == plain]
        return bool(present) is (value == "false")
    if modifier == "not":
        return not meets(resource, plain, value, world)
    return any(KINDS[plain](found, plain, one) for one in value.split(","))


def has_token(found: IndexValues, name: str, value: str) -> bool:
    wanted = search_values.token(value)
    return any(
        param == name and wanted.system in (None, system) and wanted.code in (None, code)
        for param, system, code in found.tokens
    )


def has_date(found: IndexValues, name: str, value: str) -> bool:
    wanted = search_values.period(value)
    return any(
        compared(wanted.prefix, low or dates.EARLIEST, high or dates.LATEST, wanted.low, wanted.high)
        for param, low, high in found.dates
        if param == name
    )


def compared(prefix: str, low: Any, high: Any, from_: Any, to: Any) -> bool:
    return {
        "eq": low >= from_ and high <= to, "ne": not (low >= from_ and high <= to), "gt": high > to, "lt": low < from_,
        "ge": low >= from_ or high > to, "le": high <= to or low < from_, "sa": low >= to, "eb": high <= from_,
    }[prefix]  # fmt: skip


def has_quantity(found: IndexValues, name: str, value: str) -> bool:
    wanted = search_values.quantity(value)
    scale = 1000 if wanted.unit is None else 1
    rows = [low * 1000 for param, _, unit, low, _ in found.quantities if param == name and not unit]
    exact, low, high = (float(one) * scale for one in (wanted.exact, wanted.low, wanted.high))
    return any(
        {
            "eq": low <= row < high, "ne": not low <= row < high, "gt": row > exact, "lt": row < exact,
            "ge": row >= exact, "le": row <= exact, "sa": row > exact, "eb": row < exact,
        }[wanted.prefix]
        for row in rows
    )  # fmt: skip


def has_reference(found: IndexValues, name: str, value: str) -> bool:
    return any(
        param == name and (target == value or target.endswith(f"/{value}"))
        for param, target in found.references
    )


def has_string(found: IndexValues, name: str, value: str) -> bool:
    return any(param == name and text.startswith(normalise(value)) for param, text in found.strings)


KINDS: dict[str, Callable[[IndexValues, str, str], bool]] = {
    "code": has_token, "category": has_token, "date": has_date, "birthdate": has_date, "value-quantity": has_quantity,
    "subject": has_reference, "patient": has_reference, "performer": has_reference, "family": has_string,
}  # fmt: skip


def resident(resource: Resource) -> int:
    named = resource["id"] if resource["resourceType"] == "Patient" else resource["subject"]["reference"][8:]
    return int(named[1:]) + 1


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    people=st.lists(patients, max_size=4),
    measured=st.lists(observations, min_size=4, max_size=12),
    queries=st.lists(st.lists(clauses, min_size=1, max_size=2), min_size=8, max_size=16),
    hidden=st.sets(st.integers(1, 4), max_size=1),
    count=st.integers(1, 5),
)
@pytest.mark.timeout(120)
def test_sql_finds_what_a_plain_search_finds(
    database: Database,
    people: list[Resource],
    measured: list[Resource],
    queries: list[list[tuple[str, str]]],
    hidden: set[int],
    count: int,
) -> None:
    world = list({one["id"]: one for one in (*people, *measured)}.values())
    drafts = [draft(resource, resident_id=resident(resource)) for resource in world]
    store(database, *drafts)
    seen = Showing(residents=tuple({1, 2, 3, 4} - hidden))
    visible = [resource for resource in world if resident(resource) not in hidden]
    with unit_of_work(database.engine, "hie_reader") as connection:
        asked = cursor(connection)
        for query in queries:
            expected = {
                one["id"]
                for one in visible
                if one["resourceType"] == "Observation" and all(meets(one, n, v, visible) for n, v in query)
            }
            found: list[str] = []
            after: str | None = None
            while True:
                pairs = [*query, ("_count", str(count)), ("_sort", "-date"), ("_total", "accurate")]
                page = search(asked, seen, parse("Observation", pairs), after)
                found.extend(match.id for match in page.matches)
                assert page.total == len(expected)
                after = page.next
                if after is None:
                    break
            assert sorted(found) == sorted(expected), query
    with unit_of_work(database.engine, "hie_writer") as connection:
        delete(cursor(connection), [Deletion(one.type, one.id) for one in drafts], NOW)
