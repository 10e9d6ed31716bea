"""Codes of the region have names, and counterparts where one is certain."""

import pytest

from fhir_profiles import code_systems, terminology
from fhir_profiles.ucum import canonical


@pytest.mark.parametrize(
    ("written", "gender"),
    [
        ("1", "male"),
        ("男", "male"),
        ("M", "male"),
        ("女性", "female"),
        ("F", "female"),
        ("9", "unknown"),
        ("0", "unknown"),
    ],
)
def test_sex_as_written_becomes_a_gender(written: str, gender: str) -> None:
    assert terminology.gender(written) == gender


def test_a_word_that_is_no_sex_is_not_guessed() -> None:
    assert terminology.gender("甲") is None


@pytest.mark.parametrize(
    ("system", "code", "language", "name"),
    [
        (code_systems.SEX, "2", "zh", "女性"),
        ("2.16.156.10011.2.3.3.4", "2", "en", "Female"),
        (code_systems.ETHNIC_GROUP, "56", "zh", "基诺族"),
        (code_systems.BLOOD_GROUP, "3", "zh", "O型"),
        (code_systems.BLOOD_GROUP, "4", "zh", "AB型"),
        (code_systems.LOINC, "718-7", "en", "Hemoglobin [Mass/volume] in Blood"),
        (code_systems.ICD10, "I10.x00x002", "zh", "高血压病"),
        (code_systems.ICD10, "E11.900", "zh", "2型糖尿病"),
        ("CV05.01.002", "4", "en", "Carrier"),
        ("CV06.00.219", "01", "en", "个人卫生"),
    ],
)
def test_codes_have_names_in_both_languages(system: str, code: str, language: str, name: str) -> None:
    assert terminology.display(system, code, language) == name


def test_an_unknown_code_has_no_name_and_keeps_its_coding() -> None:
    assert terminology.display(code_systems.SEX, "7") is None
    assert terminology.coding("urn:oid:1.2.3", "7") == {"system": "urn:oid:1.2.3", "code": "7"}


@pytest.mark.parametrize(
    ("system", "code", "to", "counterpart"),
    [
        (code_systems.SEX, "9", code_systems.GENDER, "unknown"),
        (code_systems.MARITAL_STATUS, "22", code_systems.MARITAL_STATUS_V3, "M"),
        ("form-marital-status", "3", "marital-status", "30"),
        (code_systems.KINSHIP, "51", code_systems.ROLE_CODE, "FTH"),
        ("CV05.01.002", "3", "condition-verification", "confirmed"),
    ],
)
def test_maps_lead_from_one_system_to_another(system: str, code: str, to: str, counterpart: str) -> None:
    found = terminology.translate(system, code, to)
    assert found is not None
    assert found["code"] == counterpart
    assert found["system"].startswith(("http", "urn"))


def test_what_no_map_knows_has_no_counterpart() -> None:
    assert terminology.translate(code_systems.MARITAL_STATUS, "90", code_systems.MARITAL_STATUS_V3) is None
    assert terminology.translate("nowhere", "1", "elsewhere") is None


@pytest.mark.parametrize(
    ("written", "code"), [("汉", "01"), ("汉族", "01"), ("1", None), ("01", "01"), ("Han", "01")]
)
def test_names_lead_back_to_their_code(written: str, code: str | None) -> None:
    found = terminology.recognise(code_systems.ETHNIC_GROUP, written)
    assert (found["code"] if found else None) == code


def test_every_map_leads_between_codes_that_exist() -> None:
    for (source, target), codes in terminology._maps().items():
        for system, used in ((source, codes.keys()), (target, codes.values())):
            known = terminology.table(system)
            if known is not None:
                assert set(used) <= known.concepts.keys(), (source, target)


def test_every_unit_beside_a_laboratory_code_is_ucum() -> None:
    loinc = terminology.table("loinc")
    assert loinc is not None
    assert [each.code for each in loinc.concepts.values() if each.unit and not canonical(each.unit)] == []
