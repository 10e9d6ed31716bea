"""How each FHIR type yields what it is found by."""

from datetime import UTC, datetime
from decimal import Decimal
from math import inf
from typing import Any

import pytest

from fhir_profiles.index_values import COLLECTORS, IndexValues, approximate
from fhir_profiles.ucum import SYSTEM as UCUM


def collected(kind: str, fhir_type: str, value: Any) -> IndexValues:
    out = IndexValues()
    COLLECTORS[kind][fhir_type](value, ("p",), out)
    return out


def at(year: int, month: int, day: int, hour: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, 0, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            {"event": ["2024-01-03T00:00:00Z", "2024-01-01T00:00:00Z"]},
            [("p", at(2024, 1, 1), at(2024, 1, 3, 0, 1))],
        ),
        ({"repeat": {"boundsPeriod": {"end": "2024-01-01T00:00:00Z"}}}, [("p", None, at(2024, 1, 1, 0, 1))]),
        ({"repeat": {"frequency": 1}}, []),
        ({"code": {"text": "BID"}}, []),
    ],
)
def test_a_timing_spans_its_events_or_its_bounds(value: dict[str, Any], expected: list[Any]) -> None:
    assert collected("date", "Timing", value).dates == expected


def test_a_period_without_dates_is_found_by_none() -> None:
    assert collected("date", "Period", {"id": "x"}).dates == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"value": 5, "comparator": "<", "unit": "片"}, [("p", "", "片", -inf, 5.0), ("p", "", "", -inf, 5.0)]),
        ({"value": 5, "comparator": ">=", "system": "s", "code": "t"}, [("p", "s", "t", 5.0, inf), ("p", "", "", 5.0, inf)]),
        ({"value": 5, "system": UCUM, "code": "nonsense"}, [("p", UCUM, "nonsense", 5.0, 5.0), ("p", "", "", 5.0, 5.0)]),
        ({"value": 5}, [("p", "", "", 5.0, 5.0)]),
        ({"unit": "mg"}, []),
    ],
)  # fmt: skip
def test_a_quantity_is_kept_as_written_where_ucum_does_not_know_it(
    value: dict[str, Any], expected: list[Any]
) -> None:
    assert collected("quantity", "Quantity", value).quantities == expected


def test_a_range_without_an_end_is_open() -> None:
    assert collected("number", "Range", {"low": {"value": Decimal("0.2")}}).quantities == [
        ("p", "", "", 0.2, inf)
    ]


def test_sampled_data_is_found_by_its_limits() -> None:
    sampled = {
        "origin": {"value": 0, "unit": "mV"},
        "period": 10,
        "dimensions": 1,
        "lowerLimit": -5,
        "upperLimit": 5,
    }
    assert collected("quantity", "SampledData", sampled).quantities == [
        ("p", "", "mV", -5.0, 5.0),
        ("p", "", "", -5.0, 5.0),
    ]
    assert collected("quantity", "SampledData", {"origin": {"value": 0}}).quantities == []


def test_words_beside_identifiers_and_concepts_are_texts() -> None:
    identifier = {"system": "urn:s", "value": "1", "type": {"text": "住院号"}}
    assert collected("token", "Identifier", identifier).texts == [("p", "住院号")]
    assert collected("token", "Identifier", {"system": "urn:s"}).identifiers == []
    concept = {"coding": [{"display": "Ｆｅｖｅｒ"}], "text": "发热"}
    assert collected("string", "CodeableConcept", concept).strings == [("p", "发热"), ("p", "fever")]


def test_a_name_with_nulls_in_its_parts_is_found_by_the_others() -> None:
    name = {"family": "司马", "given": [None, "相如"], "_given": [{"id": "a"}, None]}
    assert collected("string", "HumanName", name).strings == [("p", "司马"), ("p", "相如"), ("p", "司马相如")]


@pytest.mark.parametrize(
    ("value", "found"),
    [(10**400, inf), (-(10**400), -inf), (Decimal("1e999999"), inf), (Decimal("5.40"), 5.4)],
)
def test_a_number_beyond_all_floats_is_infinite(value: int | Decimal, found: float) -> None:
    assert approximate(value) == found
