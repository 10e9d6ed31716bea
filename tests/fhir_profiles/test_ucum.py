"""Units of one kind compare in one form."""

from decimal import Decimal

import pytest

from fhir_profiles import ucum


@pytest.mark.parametrize(
    ("value", "unit", "other", "same"),
    [
        ("5.5", "mmol/L", "0.0055", "mol/L"),
        ("100", "mg/dL", "1", "g/L"),
        ("120", "mm[Hg]", "15.99864", "kPa"),
        ("37", "Cel", "98.6", "[degF]"),
        ("7.2", "10*9/L", "7.2", "10*3/uL"),
        ("60", "/min", "1", "Hz"),
        ("72", "{beats}/min", "72", "/min"),
        ("180", "cm", "1.8", "m"),
        ("6.5", "%", "0.065", "1"),
        ("40", "U/L", "40000", "mU/L"),
        ("3", "wk", "21", "d"),
        ("2", "m[IU]/L", "2", "u[IU]/mL"),
        ("22", "kg/m2", "2.2", "g/cm2"),
        ("30", "mL/min", "1800", "mL/h"),
    ],
)
def test_equal_amounts_have_one_number(value: str, unit: str, other: str, same: str) -> None:
    left, right = ucum.comparable(Decimal(value), unit), ucum.comparable(Decimal(other), same)
    assert left is not None
    assert right is not None
    assert left[0] == right[0]
    assert left[1] == pytest.approx(right[1])


@pytest.mark.parametrize(("unit", "other"), [("mmol/L", "mg/L"), ("[IU]/L", "U/L"), ("m", "s")])
def test_different_kinds_stay_apart(unit: str, other: str) -> None:
    left, right = ucum.canonical(unit), ucum.canonical(other)
    assert left is not None
    assert right is not None
    assert left[0] != right[0]


@pytest.mark.parametrize(
    "unit", ["", "foo", "mmHg", "m(", "mg/", "/", "m g", "10*999999999/L", "{", "(" * 5000, "m/0"]
)
def test_what_ucum_does_not_know_is_left_as_written(unit: str) -> None:
    assert ucum.canonical(unit) is None


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("mmHg", "mm[Hg]"),
        ("℃", "Cel"),
        ("次/分", "/min"),
        ("μmol/L", "umol/L"),
        ("10^9/L", "10*9/L"),
        ("g/L", "g/L"),
    ],
)
def test_units_as_people_write_them_get_their_code(written: str, code: str) -> None:
    assert ucum.code_for(written) == code


def test_a_unit_nobody_knows_gets_none() -> None:
    assert ucum.code_for("碗") is None
