"""Ids carry their bucket, and the same source and key always make the same id."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from fhir_profiles import ids

BUCKET = st.integers(0, ids.BUCKETS - 1)


@given(BUCKET, st.text(), st.text())
def test_a_fed_id_is_deterministic_and_in_its_home(home: int, source: str, key: str) -> None:
    first = ids.fed(home, source, "Patient", key)
    assert first == ids.fed(home, source, "Patient", key)
    assert ids.bucket(first) == home
    assert (first.version, first.variant) == (8, "specified in RFC 4122")


@given(BUCKET)
def test_a_created_id_is_in_its_home_and_new(home: int) -> None:
    first, second = ids.created(home), ids.created(home)
    assert first != second
    assert ids.bucket(first) == ids.bucket(second) == home
    assert first.version == 7


def test_parts_do_not_run_together() -> None:
    assert ids.fed(7, "a", "bc") != ids.fed(7, "ab", "c")
    assert ids.hashed_bucket("a", "bc") != ids.hashed_bucket("ab", "c")


def test_ids_that_rows_already_carry_stay_as_they_are() -> None:
    assert ids.hashed_bucket("hospital-a", "P1") == 3884
    assert ids.fed(3884, "hospital-a", "Patient", "P1") == UUID("836cb98c-b2cd-8f2c-9cc1-4fcf4ca66eeb")
    assert ids.link("subject", "Patient/1") == 8901147599040722194


@given(st.uuids())
def test_a_short_id_fits_a_signed_column(identity: UUID) -> None:
    assert 0 <= ids.short(identity) < 2**63
