"""Acknowledgements speak the sender's delimiters, version and charset, and echo nothing but the control id."""

from datetime import UTC, datetime

import pytest

from adapters.hl7v2.acknowledgement import MAXIMUM_ERRORS, acknowledge, location
from adapters.hl7v2.header import peek
from adapters.hl7v2.message import read
from fhir_profiles.outcome import Issue

MOMENT = datetime(2026, 4, 1, 1, 30, tzinfo=UTC)
PROBLEM = Issue("required", "PID-3 is missing", "PID-3", reason="no-patient")


def answer(msh: str, code: str = "AE", issues: list[Issue] | None = None, codec: str = "utf-8") -> list[str]:
    header = peek(msh.encode(codec))
    made = acknowledge(header, code, issues, control_id="A1", moment=MOMENT, facility="RHIP")
    return made.decode(codec).split("\r")[:-1]


def test_an_accepted_message_gets_its_control_id_back() -> None:
    assert answer("MSH|^~\\&|HIS|H1|RHIP|QD|2026||ADT^A04^ADT_A01|M00011|P|2.5.1", "AA") == [
        "MSH|^~\\&|HIE|RHIP|HIS|H1|20260401013000+0000||ACK^A04^ACK|A1|P|2.5.1",
        "MSA|AA|M00011",
    ]


def test_from_2_5_on_an_error_has_location_code_severity_and_text() -> None:
    made = answer("MSH|^~\\&|HIS||||||ORU^R01|M1|P|2.5.1", "AE", [PROBLEM])
    assert made[2] == "ERR||PID^1^3|101^Required field missing^HL70357|E|||no-patient|PID-3 is missing"


def test_before_2_5_the_text_stands_in_msa_and_err_names_place_and_code() -> None:
    made = answer("MSH|^~\\&|HIS||||||ORU^R01|M1|P|2.4", "AE", [PROBLEM])
    assert made[1:] == ["MSA|AE|M1|PID-3 is missing", "ERR|PID^1^3^101&Required field missing&HL70357"]


def test_it_uses_the_delimiters_and_the_charset_of_the_sender() -> None:
    made = answer("MSH#*~\\&#门诊##RHIP####ADT*A04#M1#P#2.5.1######gbk", "AR", [PROBLEM], codec="gb18030")
    assert made[0].startswith("MSH#*~\\&#HIE#RHIP#门诊##")
    assert made[0].endswith("#gbk")
    assert made[2].startswith("ERR##PID*1*3#101*")


def test_delimiters_that_clash_are_answered_in_the_standard_ones() -> None:
    assert answer("MSH|^^^^|HIS||||||ADT^A04|M1|P|2.4", "AA")[1] == "MSA|AA|M1"


@pytest.mark.parametrize("code", ["CA", "CE", "CR"])
def test_enhanced_mode_codes_pass_and_msh_15_shows_that_they_are_asked_for(code: str) -> None:
    msh = "MSH|^~\\&|HIS||||||ADT^A04|M1|P|2.5.1|||AL|NE"
    assert peek(msh.encode()).enhanced
    assert answer(msh, code)[1] == f"MSA|{code}|M1"


def test_nothing_of_the_message_but_its_control_id_comes_back() -> None:
    msh = "MSH|^~\\&|HIS||||||ADT^A04|M1|P|2.5.1\rPID|1||370200196305040110||测试甲"
    made = "\r".join(answer(msh, "AE", [PROBLEM]))
    assert "测试甲" not in made
    assert "370200196305040110" not in made


def test_separators_in_a_control_id_cannot_forge_segments() -> None:
    (read_back,) = read("\r".join(answer("MSH|^~\\&|HIS||||||ADT^A04|M~1&2\\F\\3|P|2.5.1", "AA")))
    assert len(read_back.segments) == 2


def test_the_number_of_errors_is_bounded() -> None:
    assert len(answer("MSH|^~\\&|HIS||||||ADT^A04|M1|P|2.5.1", "AE", [PROBLEM] * 99)) == 2 + MAXIMUM_ERRORS


@pytest.mark.parametrize(
    ("expression", "place"),
    [
        ("PID-3", ("PID", "1", "3", "", "", "")),
        ("PID[2]-3[1].4", ("PID", "2", "3", "1", "4", "")),
        ("OBX", ("OBX", "1", "", "", "", "")),
        ("Observation.status", ("", "", "", "", "", "")),
    ],
)
def test_a_location_is_taken_apart(expression: str, place: tuple[str, ...]) -> None:
    assert location(expression) == place
