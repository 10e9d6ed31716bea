"""Numbers of residents and organisations: the examples printed in the standards, and what we make ourselves."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_profiles import identity_numbers as numbers


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014"])
def test_the_examples_of_gb_11643_are_valid(number: str) -> None:
    assert numbers.is_citizen_id(number)


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("110105194912310021", "wrong check character"),
        ("11010519490231002X", "no such day"),
        ("1101051949123100", "too short"),
        ("11010519491231002x", "not in normal form"),
        ("", "empty"),
    ],
)
def test_other_numbers_are_not(number: str, why: str) -> None:
    assert not numbers.is_citizen_id(number), why


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)), st.integers(1, 999))
def test_a_synthetic_number_is_valid_and_carries_its_facts(birth: date, sequence: int) -> None:
    number = numbers.citizen_id("370200", birth, sequence)
    assert numbers.is_citizen_id(number)
    assert numbers.citizen_birth_date(number) == birth
    assert numbers.citizen_gender(number) == ("male" if sequence % 2 else "female")


@given(
    st.dates(date(1900, 1, 1), date(2020, 12, 31)), st.integers(1, 999), st.integers(0, 17), st.integers(1, 9)
)
def test_one_wrong_digit_is_noticed(birth: date, sequence: int, position: int, shift: int) -> None:
    number = numbers.citizen_id("370200", birth, sequence)
    old = number[position]
    changed = str((int(old) + shift) % 10) if old != "X" else str(shift)
    assert not numbers.is_citizen_id(number[:position] + changed + number[position + 1 :])


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("110105 19491231 002x", "11010519491231002X"),
        ("110105491231002", "11010519491231002X"),
        ("110105851231996", numbers.citizen_id("110105", date(1885, 12, 31), 996)),
        ("护照 G1234", "护照G1234"),
    ],
)
def test_the_normal_form_mends_blanks_case_and_15_digits(written: str, normal: str) -> None:
    assert numbers.normal_citizen_id(written) == normal


def test_the_example_of_gb_32100_is_valid_and_can_be_made() -> None:
    assert numbers.is_social_credit_code("91350100M000100Y43")
    assert numbers.social_credit_code("9", "1", "350100", "M000100Y") == "91350100M000100Y43"
    assert not numbers.is_social_credit_code("91350100M000100Y44")
    assert not numbers.is_social_credit_code("91350100I000100Y43")


def test_organisation_codes_may_have_a_hyphen() -> None:
    assert numbers.is_organization_code("M000100Y-4")
    assert not numbers.is_organization_code("M000100Y-5")


@pytest.mark.parametrize(
    ("number", "valid"),
    [
        (numbers.health_record_number("370202", "001", "001", 7), True),
        (numbers.health_record_number("370202", "001", "199", 7), True),
        (numbers.health_record_number("370202", "001", "901", 7), True),
        (numbers.health_record_number("370202", "001", "100", 7), False),
        (numbers.health_record_number("370202", "001", "300", 7), False),
        ("3702020010010007", False),
    ],
)
def test_a_health_record_number_names_a_possible_community(number: str, valid: bool) -> None:
    assert numbers.is_health_record_number(number) is valid
