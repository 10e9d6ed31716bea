"""HL7 v3 datatypes, each row one example."""

from decimal import Decimal
from typing import Any

import pytest
from lxml import etree

from adapters.cda import datatypes, narrative, parties
from adapters.cda.code_systems import identifier_system, system
from adapters.cda.reading import without_namespaces

ZONE = "Asia/Shanghai"


def element(xml: str) -> Any:
    root = etree.fromstring(
        xml.replace("xsi:", "{x}").replace(
            "{x}type", "xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:type"
        )
    )
    without_namespaces(root)
    return root


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("2012", "2012"),
        ("201208", "2012-08"),
        ("20120806", "2012-08-06"),
        ("2012080612", "2012-08-06T12:00:00+08:00"),
        ("201208061530-0500", "2012-08-06T15:30:00-05:00"),
        ("20120806153000.123+0000", "2012-08-06T15:30:00.123+00:00"),
        ("20121306", None),
        ("20120231", None),
        ("", None),
        ("unknown", None),
    ],
)
def test_a_stamp_keeps_its_precision_and_offset(written: str, wanted: str | None) -> None:
    assert datatypes.stamp(written, ZONE) == wanted


@pytest.mark.parametrize(
    ("xml", "wanted"),
    [
        ('<value xsi:type="PQ" value="13.20" unit="g/dL"/>', ("Quantity", Decimal("13.20"))),
        ('<value xsi:type="PQ" value="82" unit="次/min"/>', ("Quantity", Decimal("82"))),
        ('<value xsi:type="PQ" value="&lt;5" unit="g"/>', ("String", "<5")),
        ('<value xsi:type="INT" value="2"/>', ("Integer", 2)),
        ('<value xsi:type="INT" value="2.5"/>', ("String", "2.5")),
        ('<value xsi:type="REAL" value="2.50"/>', ("Quantity", Decimal("2.50"))),
        ('<value xsi:type="BL" value="true"/>', ("Boolean", True)),
        ('<value xsi:type="ST">阳性</value>', ("String", "阳性")),
        ('<value xsi:type="TS" value="20250529"/>', ("DateTime", "2025-05-29")),
        ('<value xsi:type="CD" nullFlavor="UNK"/>', None),
        ('<value xsi:type="PQ" nullFlavor="UNK"/>', None),
        ('<value value="5" unit="cm"/>', ("Quantity", Decimal("5"))),
    ],
)
def test_a_value_becomes_what_it_is(xml: str, wanted: Any) -> None:
    made = datatypes.value_of(element(xml), {}, ZONE)
    if made and made[0] == "Quantity":
        made = (made[0], made[1]["value"])
    assert made == wanted


def test_a_code_keeps_its_translations_and_the_words_that_the_author_saw() -> None:
    made = datatypes.concept(
        element(
            '<code code="1" codeSystem="2.16.840.1.113883.6.96"><originalText><reference value="#t"/></originalText>'
            '<translation code="J45" codeSystem="2.16.840.1.113883.6.90"/></code>'
        ),
        {"t": "Asthma"},
    )
    assert made == {
        "coding": [
            {"system": "http://snomed.info/sct", "code": "1"},
            {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "J45"},
        ],
        "text": "Asthma",
    }


@pytest.mark.parametrize(
    "oid", ["2.16.156.10011.2.3.3.11", "2.16.156.10011.2.3.3.11.1", "2.16.156.10011.2.3.3.11.5"]
)
def test_one_table_under_several_oids_is_one_system(oid: str) -> None:
    assert system(oid) == "urn:oid:2.16.156.10011.2.3.3.11"


def test_an_unknown_oid_stays_an_oid_and_a_uuid_a_uuid() -> None:
    assert system("2.999.5") == "urn:oid:2.999.5"
    assert (
        identifier_system("1B3F1A2E-7D4C-4D0E-9F51-0C8E5B1A0001")
        == "urn:uuid:1b3f1a2e-7d4c-4d0e-9f51-0c8e5b1a0001"
    )


@pytest.mark.parametrize(
    ("xml", "wanted"),
    [
        ('<telecom value="tel:+1-555"/>', {"system": "phone", "value": "+1-555"}),
        (
            '<telecom value="13900000401" use="MC"/>',
            {"system": "phone", "value": "13900000401", "use": "mobile"},
        ),
        ('<telecom value="mailto:a@b.c"/>', {"system": "email", "value": "a@b.c"}),
        ('<telecom nullFlavor="UNK"/>', None),
    ],
)
def test_a_telecom_finds_its_kind(xml: str, wanted: Any) -> None:
    assert parties.telecom(element(xml)) == wanted


@pytest.mark.parametrize(
    ("xml", "wanted"),
    [
        ("<text>a &amp; b<br/>c</text>", "a &amp; b<br/>c"),
        ("<text><list listType='ordered'><item>x</item></list></text>", "<ol><li>x</li></ol>"),
        (
            "<text><table><tr><td colspan='2' style='x'>y</td></tr></table></text>",
            '<table><tbody><tr><td colspan="2">y</td></tr></tbody></table>',
        ),
        ("<text><linkHtml href='javascript:x'>go</linkHtml></text>", "<a>go</a>"),
        ("<text><content styleCode='Bold'>b</content><script>z</script></text>", "<b>b</b>"),
    ],
)
def test_a_narrative_is_cleaned(xml: str, wanted: str) -> None:
    made = narrative.narrative(element(xml))
    assert made is not None
    assert made["div"] == f'<div xmlns="http://www.w3.org/1999/xhtml">{wanted}</div>'


def test_a_narrative_without_words_is_none() -> None:
    assert narrative.narrative(element("<text> <list/> </text>")) is None
