from datetime import date
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_profiles import identity_numbers
from hie.operations.city import names
from hie.operations.city.city import City, build_city


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**31), st.dates(date(2024, 2, 29), date(2030, 12, 31)))
def test_every_identity_number_is_valid_unique_and_true_to_birth_date_and_sex(seed: int, day: date) -> None:
    people = build_city(seed, 25, day).people
    numbers = [person.citizen_id for person in people if person.citizen_id]
    assert len(set(numbers)) == len(numbers) > 15
    for person in people:
        if person.citizen_id:
            assert person.citizen_id.startswith("370200")
            assert identity_numbers.is_citizen_id(person.citizen_id)
            assert identity_numbers.citizen_birth_date(person.citizen_id) == person.birth
            assert identity_numbers.citizen_gender(person.citizen_id) == (
                "male" if person.sex == "M" else "female"
            )


@given(st.integers(0, 2**31), st.sampled_from(["海珅", "𬭎", "伟", "秀英"]))
def test_a_homophone_differs_in_at_most_one_character(seed: int, given_name: str) -> None:
    typed = names.homophone(Random(seed), "于" + given_name)
    assert len(typed) == len(given_name) + 1
    assert sum(a != b for a, b in zip(typed, "于" + given_name, strict=True)) <= 1


def test_cards_and_phones_belong_to_one_person_or_family(city: City) -> None:
    cards = [person.card for person in city.people if person.card]
    assert len(set(cards)) == len(cards)
    assert all(person.phone.startswith("100") and len(person.phone) == 11 for person in city.people)


def test_institutions_have_valid_and_different_codes(city: City) -> None:
    codes = [institution.code for institution in city.institutions.values()]
    assert len(set(codes)) == len(codes) == 8
    assert all(identity_numbers.is_social_credit_code(code) for code in codes)


def test_registrations_differ_from_the_truth_in_the_ways_the_index_must_cope_with() -> None:
    registrations = build_city(7, 200, date(2026, 11, 24)).expectations.registrations
    defects = {defect for known in registrations for defect in known.defects}
    assert defects == {
        "no-id",
        "wrong-id",
        "homophone",
        "traditional",
        "wrong-birth-date",
        "other-phone",
        "old-address",
        "former-name",
        "provisional-name",
        "duplicate",
    }


def test_a_wrong_identity_number_never_has_a_valid_check_digit(city: City) -> None:
    wrong = [known for known in city.expectations.registrations if "wrong-id" in known.defects]
    assert wrong
    assert not any(identity_numbers.is_citizen_id(known.citizen_id) for known in wrong)
