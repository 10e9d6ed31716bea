import pytest

from adapters.hl7v2 import message
from adapters.hl7v2.header import peek
from hie.operations.city import cast
from hie.operations.city.city import City
from hie.operations.city.institutions import HOSPITALS

EVENTS = {
    "hospital-a": {"ADT^A01", "ADT^A03", "ADT^A04", "ADT^A40", "ORU^R01", "RDE^O11", "VXU^V04"},
    "hospital-b": {"ADT^A01", "ADT^A03", "ADT^A04", "ORU^R01", "OMP^O09"},
    "hospital-c": {"ADT^A01", "ADT^A03", "ADT^A04", "ORU^R01", "RDE^O01"},
}


@pytest.mark.parametrize("hospital", HOSPITALS)
def test_each_message_survives_our_reader_unchanged(city: City, hospital: str) -> None:
    feed = city.feed(hospital)
    for content in feed.messages():
        text = content.decode(feed.charset)
        (found,) = message.read(text)
        assert found.text() == text
        assert found.issues == []


@pytest.mark.parametrize("hospital", HOSPITALS)
def test_each_hospital_sends_its_kinds_of_message_under_its_own_name(city: City, hospital: str) -> None:
    feed = city.feed(hospital)
    headers = [peek(content) for content in feed.messages()]
    assert {f"{header.code}^{header.event}" for header in headers} >= EVENTS[hospital]
    assert {header.facility for header in headers} == {feed.credential}
    assert len({header.control_id for header in headers}) == len(headers)


@pytest.mark.parametrize("hospital", HOSPITALS)
def test_the_patients_number_is_the_key_that_intake_finds(city: City, hospital: str) -> None:
    numbers = {
        known.patient_number for known in city.expectations.registrations if known.institution == hospital
    }
    keys = {peek(content).patient_key.split("|")[-1] for content in city.feed(hospital).messages()}
    assert keys <= numbers


def test_hospital_b_writes_its_charset_into_the_wrong_field(city: City) -> None:
    content = next(city.feed("hospital-b").messages())
    (found,) = message.read(content.decode("gb18030"))
    assert found.value(found.header, 17) == "gb18030"
    assert found.value(found.header, 18) == ""


def test_a_name_with_a_delimiter_byte_and_one_of_four_bytes_travel_in_gb18030(city: City) -> None:
    content = b"".join(city.feed("hospital-b").messages())
    assert "珅".encode("gb18030")[1:] == b"|"
    assert "于海珅".encode("gb18030") in content
    assert "刘𬭎".encode("gb18030") in content


def test_messages_go_out_in_the_order_of_time(city: City) -> None:
    for feed in city.feeds:
        moments = [payload.moment for payload in feed.payloads]
        assert moments == sorted(moments) or feed.door in ("csv", "view")


def test_a_printed_report_is_a_pdf_inside_an_obx(city: City) -> None:
    number = city.expectations.patients_of(cast.WALKER)["hospital-a"].encode()
    printed = [
        content for content in city.feed("hospital-a").messages() if b"^application^pdf^Base64^" in content
    ]
    assert any(number in content for content in printed)


def test_a_discharge_time_is_never_told_before_it_has_come(city: City) -> None:
    for hospital in HOSPITALS:
        for content in city.feed(hospital).messages():
            (found,) = message.read(content.decode(city.feed(hospital).charset))
            for visit in found.named("PV1"):
                assert found.value(visit, 45) <= found.value(found.header, 7)


def test_a_desk_that_learns_of_a_move_says_so(city: City) -> None:
    contents = [content for hospital in HOSPITALS for content in city.feed(hospital).messages()]
    assert any(peek(content).event == "A08" for content in contents)
