"""What intake reads from bytes: never raising, and the same patient key as the translation."""

import pytest

from adapters.hl7v2.header import charset_claim, peek

MSH = "MSH|^~\\&|LIS|H1|EAI|HIE|20260401||ORU^R01^ORU_R01|M1|P|2.4|||AL|NE|CHN|UNICODE UTF-8"


def key(pid: str, msh: str = MSH) -> str:
    return peek(f"{msh}\r{pid}\rOBX|1".encode()).patient_key


def test_the_facts_of_msh_are_cut_out() -> None:
    header = peek(MSH.encode())
    assert (header.application, header.facility, header.code, header.event) == ("LIS", "H1", "ORU", "R01")
    assert (header.control_id, header.version, header.country, header.charset) == (
        "M1",
        "2.4",
        "CHN",
        "UNICODE UTF-8",
    )
    assert header.found
    assert header.enhanced


@pytest.mark.parametrize(
    ("identifiers", "wanted"),
    [
        ("000911^^^^PI", "000911"),
        ("370200196305040110^^^^NI~000911^^^^PI", "000911"),
        ("K1^^^^IDCard~000911^^^^PATIENTNO~3702^^^^IdentifyNO", "000911"),
        ("000911^^^LAB2^PI", "LAB2|000911"),
        ("000911^^^LIS^PI", "000911"),
        ("000911", "000911"),
        ("^0000911^^", "0000911"),
        ("0000000000~无", ""),
        ("", ""),
    ],
)
def test_the_hospitals_own_number_is_the_patients_key(identifiers: str, wanted: str) -> None:
    assert key(f"PID|1||{identifiers}||测试甲") == wanted


def test_without_pid_3_other_numbers_serve() -> None:
    assert key("PID|1|E77|||测试甲") == "E77"


def test_pid_inside_of_text_is_not_the_patient() -> None:
    assert peek(f"{MSH}\rNTE|1||see PID|1||9\rPID|1||000911".encode()).patient_key == "000911"


@pytest.mark.parametrize(
    "payload", [b"", b"MSH", b"MSH|", b"\xff\xfe", b"MSH|^~\\&", b"\x00" * 50, b"hello MSHx"]
)
def test_anything_is_taken(payload: bytes) -> None:
    assert peek(payload).control_id == ""


def test_a_charset_in_the_country_field_is_a_claim_and_a_country_is_none() -> None:
    assert charset_claim(peek(b"MSH|^~\\&|A||||||ADT^A04|1|P|2.4|||||gbk")) == "gbk"
    assert charset_claim(peek(b"MSH|^~\\&|A||||||ADT^A04|1|P|2.4|||||CHN")) == ""


def test_utf_16_is_read_by_its_byte_order_mark() -> None:
    assert peek("\ufeffMSH|^~\\&|A||||||ADT^A04|M9|P|2.4".encode("utf-16-le")).control_id == "M9"
