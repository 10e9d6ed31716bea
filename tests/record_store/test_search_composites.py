"""Composites whose parts meet in one component, and the words beside codes: what SQL narrows and the text decides."""

from collections.abc import Iterator
from typing import Any

import pytest

from fhir_profiles.outcome import NotSupported
from tests.conftest import Database, Postgres
from tests.record_store.drafts import draft, observation, store
from tests.record_store.everyone import module_database
from tests.record_store.people import ONE, THREE, TWO, find, names


def component(code: str, value: int) -> dict[str, Any]:
    return {
        "code": {"coding": [{"system": "http://loinc.org", "code": code}], "text": f"Pressure {code}"},
        "valueQuantity": {
            "value": value,
            "unit": "mmHg",
            "system": "http://unitsofmeasure.org",
            "code": "mm[Hg]",
        },
    }


@pytest.fixture(scope="module")
def pressures(postgres: Postgres) -> Iterator[Database]:
    with module_database(postgres, "composites") as database:
        store(
            database,
            draft(observation(1, component=[component("8480-6", 140), component("8462-4", 80)])),
            draft(observation(2, component=[component("8480-6", 110), component("8462-4", 140)])),
            draft(observation(3, value="140", category=[{"text": "Vital Signs"}])),
        )
        yield database


CASES: list[tuple[str, list[str]]] = [
    ("component-code-value-quantity=8480-6$ge130", [ONE]),
    ("component-code-value-quantity=http://loinc.org|8462-4$140||mm[Hg]", [TWO]),
    ("component-code-value-quantity=8480-6$ge130,8462-4$ge130", [ONE, TWO]),
    ("component-code-value-quantity=8480-6$200", []),
    ("component-code=8480-6&component-value-quantity=lt100", [ONE]),
    ("combo-code-value-quantity=8462-4$80", [ONE]),
    ("combo-code-value-quantity=15074-8$140", [THREE]),
    ("combo-code-value-quantity=15074-8$80", []),
    ("combo-code=8480-6", [ONE, TWO]),
    ("combo-code=15074-8", [ONE, TWO, THREE]),
    ("combo-value-quantity=140", [ONE, TWO, THREE]),
    ("code:text=gluc", [ONE, TWO, THREE]),
    ("component-code:text=pressure 8480", [ONE, TWO]),
    ("category:text=vital", [THREE]),
    ("code:text=sugar", []),
]


@pytest.mark.parametrize(("query", "expected"), CASES)
def test_parts_meet_in_one_repetition(pressures: Database, query: str, expected: list[str]) -> None:
    assert sorted(names(find(pressures, "Observation", query))) == sorted(expected)
    assert find(pressures, "Observation", f"{query}&_count=0").total == len(expected)


def test_such_parameters_work_on_the_searched_type_alone(pressures: Database) -> None:
    with pytest.raises(NotSupported):
        find(pressures, "Patient", "_has:Observation:patient:component-code-value-quantity=8480-6$140")
