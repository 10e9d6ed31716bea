"""Datatypes as tables: what a raw value becomes, Chinese habits among the rest."""

from decimal import Decimal
from typing import Any

import pytest

from adapters.hl7v2 import values
from adapters.hl7v2.datatypes import (
    concepts,
    contacts,
    documents,
    identifiers,
    names,
    parties,
    quantities,
    timing,
)
from adapters.hl7v2.draft import Draft
from adapters.hl7v2.message import read
from adapters.hl7v2.rulebook import rulebook
from adapters.hl7v2.stamps import ordered_period, parsed
from tests.adapters.hl7v2.samples import SOURCE

SHANGHAI = "Asia/Shanghai"
BLOOD_A = {"system": "http://loinc.org", "code": "LA20-6", "display": "A型"}
ENZYME = {"unit": "U/L", "system": quantities.UCUM, "code": "U/L"}
CITIZEN = "urn:oid:2.16.156.10011.1.3"


def draft() -> Draft:
    (message,) = read("MSH|^~\\&|HIS|H1|||20260401||ADT^A01|1|P|2.5.1")
    return Draft(message, SOURCE, rulebook().maps, reporting=False)


@pytest.mark.parametrize(
    ("stamp", "fhir"),
    [
        ("2026", "2026"),
        ("202604", "2026-04"),
        ("20260401", "2026-04-01"),
        ("2026040109", "2026-04-01T09:00:00+08:00"),
        ("202604010930", "2026-04-01T09:30:00+08:00"),
        ("20260401093015.1234+0100", "2026-04-01T09:30:15.123+01:00"),
        ("20260401093015Z", "2026-04-01T09:30:15+00:00"),
        ("1988071200", "1988-07-12T00:00:00+09:00"),
        ("1977-01-01", "1977-01-01"),
        ("1977/1/5 8:05", "1977-01-05T08:05:00+08:00"),
        ("1977.1.5", "1977-01-05"),
        ("1977年1月5日", "1977-01-05"),
        ("2026-04-01T09:30:15+08:00", "2026-04-01T09:30:15+08:00"),
        ("2004062916460000", "2004-06-29T16:46:00.00+08:00"),
        ("19630000", "1963"),
        ("20260100", "2026-01"),
        ("20260401250000", "2026-04-01"),
        ("20260230", None),
        ("00000000", None),
        ("62岁", None),
        ("٢٠٢٦", None),
        ("", None),
    ],
)
def test_a_stamp_keeps_its_precision_and_gets_the_zone_of_the_source(stamp: str, fhir: str | None) -> None:
    assert parsed(stamp, SHANGHAI) == fhir


def test_a_period_never_ends_before_it_starts() -> None:
    assert ordered_period("2026-04-02", "2026-04-01") == {"start": "2026-04-02"}
    assert ordered_period(None, None) is None


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ("欧阳^测试", [{"text": "欧阳测试", "family": "欧阳", "given": ["测试"]}]),
        ("司马测试", [{"text": "司马测试", "family": "司马", "given": ["测试"]}]),
        ("测试甲", [{"text": "测试甲", "family": "测", "given": ["试甲"]}]),
        ("^李", [{"text": "李"}]),
        ("阿依古丽·测试", [{"text": "阿依古丽·测试"}]),
        ("Smith&van^Ann^B^^Dr", [{"family": "Smith", "given": ["Ann", "B"], "prefix": ["Dr"]}]),
        ("Smith^Ann^^Jr^^MD^M", [{"family": "Smith", "given": ["Ann"], "use": "maiden", "suffix": ["Jr", "MD"]}]),
        ("无", None),
        ("^^^^", None),
    ],
)  # fmt: skip
def test_a_name_is_taken_apart(raw: str, wanted: list[dict[str, Any]] | None) -> None:
    assert names.xpn(raw, draft()) == wanted


@pytest.mark.parametrize("raw", ["CESHI^测试乙", "测试乙^CESHI"])
def test_pinyin_and_characters_are_two_names_of_one_person(raw: str) -> None:
    first, second = names.xpn(raw, draft()) or []
    assert first["text"] == "测试乙"
    assert second["text"] == "CESHI"


@pytest.mark.parametrize(
    ("raw", "system", "value"),
    [
        ("000911", "urn:hie:source:hospital", "000911"),
        ("000911^^^HIS^PI", "urn:hie:source:hospital", "000911"),
        ("000911^^^LAB^PI", "urn:hie:source:hospital:LAB", "000911"),
        ("K1^^^^IDCard", "urn:hie:source:hospital:IDCARD", "K1"),
        ("370200196305040110^^^^NI", CITIZEN, "370200196305040110"),
        ("370200196305040110^^^^身份证", CITIZEN, "370200196305040110"),
        ("9^^^2.16.156.10011.1.2^PHR", "urn:oid:2.16.156.10011.1.2", "9"),
        ("9^^^X&2.16.156.10011.1.19&ISO^HC", "urn:oid:2.16.156.10011.1.19", "9"),
        ("9^^^X&lab.example&DNS^PI", "http://lab.example", "9"),
        ("^0000911^^", "urn:hie:source:hospital", "0000911"),
    ],
)
def test_an_identifier_stands_under_a_system_of_its_own(raw: str, system: str, value: str) -> None:
    found = identifiers.cx(raw, draft())
    assert found is not None
    assert (found["system"], found["value"]) == (system, value)


@pytest.mark.parametrize("raw", ["", "无", "0000000000", "^^^^PI", '""'])
def test_a_placeholder_is_no_identifier(raw: str) -> None:
    assert identifiers.cx(raw, draft()) is None


@pytest.mark.parametrize(
    ("raw", "use", "wanted"),
    [
        ("13800000000", "home", {"system": "phone", "value": "13800000000", "use": "mobile"}),
        ("^^^^^^13400000000", "home", {"system": "phone", "value": "13400000000", "use": "mobile"}),
        ("^^^^^^^^13700000000", "home", {"system": "phone", "value": "13700000000", "use": "mobile"}),
        ("0532-88000000^WPN^PH", "", {"system": "phone", "value": "0532-88000000", "use": "work"}),
        ("^NET^Internet^a@example.org", "", {"system": "email", "value": "a@example.org"}),
        (
            "^PRN^PH^^86^0532^88000000^12",
            "",
            {"system": "phone", "value": "+86-0532-88000000 ext. 12", "use": "home"},
        ),
        ("^^^^^^^^无", "home", None),
    ],
)
def test_a_number_is_found_wherever_the_vendor_writes_it(raw: str, use: str, wanted: object) -> None:
    assert contacts.xtn(raw, draft(), use) == wanted


def test_an_address_of_a_type_alone_is_none() -> None:
    assert contacts.xad("^^^^^^H", draft()) is None
    assert contacts.xad("无^^^^^^H", draft()) is None
    assert contacts.xad("测试路1号^^青岛市^山东省^266000^CHN^H", draft()) == {
        "use": "home",
        "line": ["测试路1号"],
        "city": "青岛市",
        "state": "山东省",
        "postalCode": "266000",
        "country": "CHN",
    }


@pytest.mark.parametrize(
    ("raw", "table", "wanted"),
    [
        ("2345-7^葡萄糖^LN", "", [("http://loinc.org", "2345-7")]),
        ("1037^检查所见^LN", "", [("urn:hie:codes:hospital", "1037")]),
        ("GLU^葡萄糖^L^2345-7^Glucose^LN", "", [("urn:hie:codes:hospital", "GLU"), ("http://loinc.org", "2345-7")]),
        ("WBC^白细胞^^^6690-2", "", [(None, "WBC"), ("http://loinc.org", "6690-2")]),
        ("I", "0004", [("http://terminology.hl7.org/CodeSystem/v2-0004", "I")]),
        ("住院^", "0004", []),
        ("M^已婚^HL70002", "", [("http://terminology.hl7.org/CodeSystem/v2-0002", "M")]),
        ("A01^x^99MRC", "", [("urn:hie:codes:hospital:99MRC", "A01")]),
        ("1^x^2.16.156.1", "", [("urn:oid:2.16.156.1", "1")]),
        ("a  b^two blanks^L", "", [("urn:hie:codes:hospital", "a b")]),
    ],
)  # fmt: skip
def test_a_code_stands_under_the_system_it_belongs_to(raw: str, table: str, wanted: object) -> None:
    found = concepts.cwe(raw, draft(), table) or {}
    assert [(coding.get("system"), coding["code"]) for coding in found.get("coding", [])] == wanted


def test_words_without_a_code_are_text() -> None:
    assert concepts.cwe("^葡萄糖盐水^L", draft()) == {"text": "葡萄糖盐水"}
    assert concepts.cwe("皮疹", draft()) == {"text": "皮疹"}
    assert concepts.cwe("", draft()) is None


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ("U/L", {"unit": "U/L", "system": quantities.UCUM, "code": "U/L"}),
        ("^umol/L", {"unit": "umol/L", "system": quantities.UCUM, "code": "umol/L"}),
        ("10^9/L", {"unit": "10^9/L", "system": quantities.UCUM, "code": "10*9/L"}),
        ("ML^^ISO+", {"unit": "ML", "system": quantities.UCUM, "code": "mL"}),
        ("盒", {"unit": "盒", "system": quantities.UCUM, "code": "{盒}"}),
        ("未知单位^", {"unit": "未知单位"}),
        ("", {}),
    ],
)
def test_a_unit_is_ucum_where_it_can_be(raw: str, wanted: object) -> None:
    assert quantities.unit(raw, draft()) == wanted


@pytest.mark.parametrize(
    ("kind", "raw", "unit", "wanted"),
    [
        ("NM", "11.20", "", {"valueQuantity": {"value": Decimal("11.20")}}),
        ("NM", "<0.5", "", {"valueQuantity": {"value": Decimal("0.5"), "comparator": "<"}}),
        ("NM", "≥１２", "", {"valueQuantity": {"value": Decimal("12"), "comparator": ">="}}),
        ("NM", "阴性(-)", "", {"valueString": "阴性(-)"}),
        ("NM", "3-5", "", {"valueRange": {"low": {"value": Decimal(3)}, "high": {"value": Decimal(5)}}}),
        ("SN", ">^100", "", {"valueQuantity": {"value": Decimal(100), "comparator": ">"}}),
        ("SN", "^1^:^9", "", {"valueRatio": {"numerator": {"value": Decimal(1)}, "denominator": {"value": Decimal(9)}}}),
        ("SN", "^3^+", "", {"valueString": "3 +"}),
        ("CWE", "LA20-6^A型^LN", "", {"valueCodeableConcept": {"coding": [BLOOD_A]}}),
        ("TS", "20260401", "", {"valueDateTime": "2026-04-01"}),
        ("DT", "上周", "", {"valueString": "上周"}),
        ("TM", "0930", "", {"valueTime": "09:30:00"}),
        ("DR", "20260401^20260402", "", {"valuePeriod": {"start": "2026-04-01", "end": "2026-04-02"}}),
        ("ST", "阴性", "", {"valueString": "阴性"}),
        ("ST", "7.5", "U/L", {"valueQuantity": {"value": Decimal("7.5"), **ENZYME}}),
        ("ST", "1-3", "/HP", {"valueString": "1-3 /HP"}),
        ("TX", "a^b", "", {"valueString": "a^b"}),
        ("XCN", "1^王^医生", "", {"valueString": "1 王 医生"}),
        ("", "LA20-6^A型^LN", "", {"valueCodeableConcept": {"coding": [BLOOD_A]}}),
        ("ST", "", "", {}),
    ],
)  # fmt: skip
def test_a_value_is_typed_or_kept_as_text(kind: str, raw: str, unit: str, wanted: object) -> None:
    assert values.value(draft(), kind, raw, unit) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("3.5-9.5", {"low": {"value": Decimal("3.5")}, "high": {"value": Decimal("9.5")}}),
        ("0～8", {"low": {"value": Decimal(0)}, "high": {"value": Decimal(8)}}),
        ("<5", {"high": {"value": Decimal(5)}}),
        ("≥60", {"low": {"value": Decimal(60)}}),
        ("9-3", None),
        ("男：1-2;女：3-4", None),
    ],
)
def test_a_reference_range_gives_bounds_where_it_states_them(text: str, wanted: object) -> None:
    assert quantities.range_of(text) == wanted


def test_a_name_without_a_number_is_nobodys_resource() -> None:
    record = draft()
    assert parties.practitioner("报告医", record) == {"display": "报告医"}
    assert record.resources == {}
    reference = parties.practitioner("0001^测试医师", record)
    assert reference is not None
    assert reference["display"] == "测试医师"
    assert len(record.resources) == 1


def test_counters_in_a_name_field_are_nobody_and_are_listed() -> None:
    record = draft()
    assert parties.practitioner("C^0^BAA^205.0000", record) is None
    assert record.unmapped_values


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ("LIS^AP^PDF^Base64^JVBERi0=", ("application/pdf", "JVBERi0=")),
        ("LIS^Image^BMP^Base64^Qk0=", ("image/bmp", "Qk0=")),
        ("LIS^TEXT^^A^abc", ("text/plain", "YWJj")),
        ("LIS^^^Hex^255044462D", ("application/pdf", "JVBERi0=")),
        ("LIS^AP^PDF^Base64^not base64!", None),
        ("LIS^AP^PDF^Base64^", None),
    ],
)
def test_an_embedded_document_is_decoded(raw: str, wanted: tuple[str, str] | None) -> None:
    found = documents.attachment(raw, draft())
    assert (found and (found["contentType"], found["data"])) == wanted


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("BID", {"frequency": 2, "period": 1, "periodUnit": "d"}),
        ("q8h", {"frequency": 1, "period": 8, "periodUnit": "h"}),
        ("QHS", {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["HS"]}),
        ("见医嘱", {}),
    ],
)
def test_a_repeat_pattern_becomes_a_timing(code: str, wanted: object) -> None:
    assert timing.repeat(code) == wanted


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ("12.50", {"value": Decimal("12.50"), "currency": "CNY"}),
        ("12.50&RMB^UP", {"value": Decimal("12.50"), "currency": "CNY"}),
        ("12.50^usd", {"value": Decimal("12.50"), "currency": "USD"}),
        ("12.50^XQX", {"value": Decimal("12.50")}),
        ("免费", None),
    ],
)
def test_money_names_a_currency_only_where_it_is_one(raw: str, wanted: object) -> None:
    assert quantities.money(raw, draft()) == wanted
