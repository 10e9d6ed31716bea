"""What a search may say, before any database is asked; and what a paging token keeps to itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_profiles.outcome import Failure, Gone, Invalid, NotFound, TooCostly
from record_store import paging, search_values
from record_store.paging import Continuation
from record_store.query import parse
from record_store.search_clauses import Unknown

REFUSED: list[tuple[str, str, str, type[Failure]]] = [
    ("Nonsense", "name", "x", NotFound),
    ("Patient", "unheard", "x", Unknown),
    ("Patient", "name:unheard", "x", Unknown),
    ("Patient", "birthdate:exact", "2024", Unknown),
    ("Patient", "gender:missing", "perhaps", Invalid),
    ("Patient", "birthdate", "2024-13", Invalid),
    ("Patient", "birthdate", "2024-02-30", Invalid),
    ("Patient", "birthdate", "xx2024", Invalid),
    ("Observation", "value-quantity", "many", Invalid),
    ("Observation", "value-quantity", "5|mg", Invalid),
    ("Observation", "value-quantity", "nan", Invalid),
    ("Observation", "subject:Patient", "Group/1", Invalid),
    ("Observation", "subject:Unheard.name", "x", Invalid),
    ("Observation", "code.text", "x", Invalid),
    ("Observation", "subject.unheard", "x", Unknown),
    ("Observation", "component-code-value-quantity", "a$5$6", Invalid),
    ("Observation", "code-value-quantity", "a", Invalid),
    ("Patient", "_has:Observation:code:status", "final", Invalid),
    ("Patient", "_has:Observation", "final", Invalid),
    ("Patient", "_include", "Patient", Invalid),
    ("Patient", "_include", "Patient:name", Invalid),
    ("Patient", "_include:unheard", "Patient:link", Unknown),
    ("Patient", "_count", "-1", Invalid),
    ("Patient", "_total", "perhaps", Invalid),
    ("Patient", "_summary", "perhaps", Invalid),
    ("Patient", "_sort", "unheard", Unknown),
    ("Patient", "_content", "x", Unknown),
    ("Patient", "name", "a\x00b", Invalid),
    ("Patient", "link.link.link.link.link.link.name", "x", TooCostly),
    ("Patient", "identifier", ",".join("x" * 1001), TooCostly),
    ("Patient", "identifier", "|", Invalid),
]


@pytest.mark.parametrize(("type_", "name", "value", "failure"), REFUSED)
def test_a_search_that_makes_no_sense_is_refused(
    type_: str, name: str, value: str, failure: type[Failure]
) -> None:
    with pytest.raises(failure) as refused:
        parse(type_, [(name, value)])
    if failure is not NotFound and "\x00" not in value:
        assert refused.value.issues[0].expression == name


def test_lenient_handling_leaves_out_what_is_unknown_alone() -> None:
    asked = parse("Patient", [("unheard", "x"), ("name:unheard", "x"), ("gender", "male")], lenient=True)
    assert asked.ignored == ("unheard", "name:unheard")
    assert len(asked.criteria) == 1
    with pytest.raises(Invalid):
        parse("Patient", [("birthdate", "never")], lenient=True)


LIMITED: list[tuple[str, str, str, tuple[str, ...]]] = [
    ("Observation", "patient", "a", ("a",)),
    ("Observation", "subject", "Patient/a,Patient/b", ("a", "b")),
    ("Observation", "subject:Patient", "a", ("a",)),
    ("Observation", "subject", "Group/a", ()),
    ("Observation", "subject", "a", ()),
    ("Observation", "code", "a", ()),
    ("Observation", "patient:missing", "true", ()),
    ("Patient", "_id", "a,b", ("a", "b")),
    ("Patient", "_id:not", "a", ()),
]


@pytest.mark.parametrize(("type_", "name", "value", "patients"), LIMITED)
def test_a_query_knows_the_patients_it_is_limited_to(
    type_: str, name: str, value: str, patients: tuple[str, ...]
) -> None:
    pairs = [(name, value)] if ":not" not in name else []
    assert parse(type_, [*pairs, ("_count", "5")]).patients == (patients if pairs else ())


def test_references_under_our_base_are_ours() -> None:
    asked = parse(
        "Observation", [("patient", "http://localhost/fhir/Patient/a")], base="http://localhost/fhir"
    )
    assert asked.patients == ("a",)


AMOUNTS = [
    ("100", "eq", "99.5", "100.5"),
    ("5.40", "eq", "5.395", "5.405"),
    ("1e2", "eq", "50", "150"),
    ("gt5.4", "gt", "5.35", "5.45"),
    ("ap10", "ap", "9", "11"),
    ("-2", "eq", "-2.5", "-1.5"),
]


@pytest.mark.parametrize(("text", "prefix", "low", "high"), AMOUNTS)
def test_digits_say_how_wide_a_number_is(text: str, prefix: str, low: str, high: str) -> None:
    amount = search_values.number(text)
    assert (amount.prefix, float(amount.low), float(amount.high)) == (prefix, float(low), float(high))


@given(st.lists(st.text(st.characters(exclude_characters="\x00", codec="utf-8")), min_size=1))
def test_values_survive_their_escapes(values: list[str]) -> None:
    escaped = [value.replace("\\", "\\\\").replace(",", "\\,") for value in values]
    assert [search_values.unescape(part) for part in search_values.split(",".join(escaped))] == values


KEY = bytes(range(32))
PAGE = Continuation("search", "Patient", (("name", "王"),), '["epoch",1,"a"]')


def test_a_token_comes_back_for_its_caller_alone() -> None:
    token = paging.seal(KEY, "me", PAGE)
    assert paging.unseal(KEY, "me", token) == PAGE
    for key, caller in ((KEY, "you"), (bytes(32), "me")):
        with pytest.raises(Invalid):
            paging.unseal(key, caller, token)


@given(st.integers(0, 200), st.integers(1, 255))
def test_a_changed_token_is_refused(position: int, difference: int) -> None:
    import base64

    token = paging.seal(KEY, "me", PAGE)
    raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    raw[position % len(raw)] ^= difference
    with pytest.raises(Invalid):
        paging.unseal(KEY, "me", base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode())


@pytest.mark.parametrize("token", ["", "x", "====", "ä", "%%%", "a" * 5000])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(Invalid):
        paging.unseal(KEY, "me", token)


def test_a_position_of_another_epoch_is_gone() -> None:
    place = paging.position("one", [1.5, "b", None])
    assert paging.resume("one", place) == [1.5, "b", None]
    with pytest.raises(Gone):
        paging.resume("two", place)
