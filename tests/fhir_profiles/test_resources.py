"""Resources keep their digits, outcomes say what was wrong, and the clock shows what is stored."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_profiles import instant, resources
from fhir_profiles.outcome import Conflict, Invalid, Issue, PreconditionFailed, operation_outcome
from fhir_profiles.validation import issues


@pytest.mark.parametrize(
    "written", [b'{"value":1.50}', b'{"value":100}', b'{"value":0.000001}', '{"text":"王小明"}'.encode()]
)
def test_what_is_read_is_written_with_the_same_digits(written: bytes) -> None:
    assert resources.dumps(resources.loads(written)) == written


NUMBERS = st.decimals(allow_nan=False, allow_infinity=False).filter(
    lambda number: number.as_tuple().exponent < 0
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | NUMBERS
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=20,
)


@given(VALUES)
def test_any_json_survives_writing_and_reading(value: Any) -> None:
    again = resources.loads(resources.dumps(value))
    assert again == value
    assert resources.dumps(again) == resources.dumps(value)


def test_decimals_are_decimals_and_broken_json_is_refused() -> None:
    assert resources.loads(b'{"value":1.50}') == {"value": Decimal("1.50")}
    with pytest.raises(ValueError, match="truncated"):
        resources.loads(b'{"value":')


def test_a_resource_refers_to_itself_relatively() -> None:
    assert resources.reference({"resourceType": "Patient", "id": "a"}) == "Patient/a"


def test_an_outcome_is_itself_a_valid_resource() -> None:
    found = [
        Issue("required", "status is required here.", "Observation.status", reason="missing"),
        Issue("value", "Write a date."),
    ]
    outcome = operation_outcome(found)
    assert issues(outcome) == []
    assert [each["code"] for each in outcome["issue"]] == ["required", "value"]
    assert outcome["issue"][0]["expression"] == ["Observation.status"]
    assert issues(operation_outcome([])) == []


def test_a_failure_carries_its_issues_and_no_more() -> None:
    failure = Invalid("The date is impossible.", expression="PID-7", reason="impossible-date")
    assert str(failure) == "The date is impossible."
    assert failure.issues == [Issue("invalid", "The date is impossible.", "PID-7", reason="impossible-date")]
    assert (Conflict("x").status, PreconditionFailed("x").status, PreconditionFailed("x").code) == (
        409,
        412,
        "conflict",
    )


def test_the_present_is_shown_as_it_is_stored() -> None:
    present = instant.now()
    assert present.tzinfo is UTC
    assert datetime.fromisoformat(instant.text(present)) == present
    shanghai = datetime(2024, 1, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    assert instant.text(shanghai) == "2024-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("text", "repeats"),
    [
        (b'{"a":1,"b":{"a":1}}', False),
        (b'{"a":1,"a":1}', True),
        (b'{"a":{"b":1, "c":2, "b":3}}', True),
        (b'[{"a":1},{"a":1}]', False),
        (b'{"a":"\\u0022","b":"\\\\"}', False),
        (b'{"a":"\\\\","\\u0061":1}', True),
    ],
)
def test_a_name_that_stands_twice_in_an_object_is_found(text: bytes, repeats: bool) -> None:
    assert resources.repeats_a_name(text, resources.loads(text)) is repeats


@pytest.mark.parametrize("text", [b"[" * 10_000 + b"]" * 10_000, b"1e99999999999999999999", b"[", b""])
def test_whatever_cannot_be_read_is_a_value_error(text: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        resources.loads(text)
