"""Every logical id has one UUID, and every UUID of ours is its own logical id."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_profiles import ids
from record_store.logical_ids import chosen, is_logical_id, is_ours, short_of, uuid_of

logical = st.text("abcXYZ019-.", min_size=1, max_size=64)


@given(st.integers(0, 4095), logical)
def test_ids_that_we_give_are_their_own_uuid(home: int, key: str) -> None:
    for identity in (ids.fed(home, "a", "Patient", key), ids.created(home)):
        assert uuid_of("Patient", str(identity)) == identity
        assert ids.bucket(identity) == home
        assert chosen(str(identity)) is None


@given(logical)
def test_ids_that_clients_choose_have_one_uuid_for_each_type(fhir_id: str) -> None:
    assert uuid_of("Patient", fhir_id) == uuid_of("Patient", fhir_id)
    if not is_ours(fhir_id):
        assert uuid_of("Patient", fhir_id) != uuid_of("Observation", fhir_id)
        assert chosen(fhir_id) == fhir_id


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("0190a0b0-0000-8001-8000-000000000001", True),
        ("0190A0B0-0000-8001-8000-000000000001", False),
        ("f47ac10b-58cc-4372-a567-0e02b2c3d479", False),
        ("0190a0b0000080018000000000000001", False),
        ("hospital-1", False),
    ],
)
def test_a_uuid_of_another_make_is_a_client_s_choice(text: str, ours: bool) -> None:
    assert is_ours(text) is ours


@pytest.mark.parametrize("text", ["", "a/b", "a b", "ä", "x" * 65, "a\n"])
def test_what_is_no_fhir_id_is_none(text: str) -> None:
    assert not is_logical_id(text)


def test_rows_point_to_each_other_by_63_bits() -> None:
    identity = "0190a0b0-0000-8001-8000-000000000001"
    assert short_of(f"Patient/{identity}") == ids.short(UUID(identity))
    assert short_of("https://example.org/Patient/1") is None
    assert short_of("#contained") is None
