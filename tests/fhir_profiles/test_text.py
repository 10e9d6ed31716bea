"""Both sides of a string search fold text in the same way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_profiles.text import LONGEST, contact, normalise, words


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("  Müller   Ångström ", "muller angstrom"),
        ("ＬＩ　Ｎａ", "li na"),
        ("王小明", "王小明"),
        ("STRASSE", "strasse"),
        ("straße", "strasse"),
        ("が", "が"),
        ("①号楼", "1号楼"),
    ],
)
def test_case_accents_width_and_blanks_do_not_count(written: str, folded: str) -> None:
    assert normalise(written) == folded


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert len(once) <= LONGEST


@given(st.text(alphabet=st.characters(codec="ascii")))
def test_the_short_way_for_ascii_agrees_with_the_long_one(text: str) -> None:
    assert normalise(text + "é") == normalise(text + "e")


@pytest.mark.parametrize("written", ["+86 (532) 8888-1234", "+86 532 88881234", "＋86 532-8888-1234"])
def test_one_telephone_number_has_one_form(written: str) -> None:
    assert contact(written) == "+8653288881234"


def test_words_come_once_and_in_order() -> None:
    assert words("Anna Maria ANNA") == ["anna", "maria"]
