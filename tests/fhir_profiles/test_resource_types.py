"""Rows carry the numbers of resource types, so a number never changes its meaning."""

import pytest

from fhir_profiles.resource_types import NAME, NUMBER


def test_the_146_types_of_r4_have_numbers_one_by_one() -> None:
    assert list(NUMBER.values()) == list(range(1, 147))
    assert {NUMBER[name]: name for name in NUMBER} == NAME


@pytest.mark.parametrize(
    ("name", "number"),
    [("Account", 1), ("Bundle", 12), ("Observation", 96), ("Patient", 103), ("VisionPrescription", 146)],
)
def test_numbers_that_rows_already_carry_stay_as_they_are(name: str, number: int) -> None:
    assert NUMBER[name] == number
