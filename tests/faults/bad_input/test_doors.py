"""Bad posts at the HTTP doors: refused in the door's own form, kept where they arrived, never followed."""

import base64
import hashlib
import json
import socket
import threading
from collections.abc import Iterator

import httpx
import pytest
from lxml import etree

from tests.city import City
from tests.faults.conftest import Ledger, calm

SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"


def laughs(levels: int = 12) -> bytes:
    """Ten to the power of `levels` laughs."""
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, levels))
    return f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY l0 "ha">{entities}]><a>&l{levels - 1};</a>'.encode()


NO_XML: dict[str, tuple[bytes, str]] = {
    "text": (b"hello", "xml"),
    "nothing": (b"", "xml"),
    "JSON": (b'{"a": 1}', "xml"),
    "half of an element": (b"<a><b></a>", "xml"),
    "a NUL": (b"<a>\x00</a>", "xml"),
    "fifty thousand levels": (b"<a>" * 50_000 + b"</a>" * 50_000, "xml"),
    "two hundred levels": (b"<a>" * 200 + b"</a>" * 200, "xml-depth"),
    "undecodable bytes": (b"<a>\xff\xfe\xff</a>", "charset"),
    "a document type": (b'<!DOCTYPE a SYSTEM "http://localhost/x.dtd"><a/>', "xml-dtd"),
    "a file as entity": (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "xml-dtd"),
    "a billion laughs": (laughs(), "xml-dtd"),
}


@pytest.fixture(scope="module")
def http(city: City) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{city.base}/doors", timeout=60) as client:
        yield client


def kept(ledger: Ledger, content: bytes) -> tuple[str, set[str]]:
    """What became of a message, by its bytes."""
    return ledger.settled("digest = %s", hashlib.sha256(content).digest())


def fault(answer: httpx.Response) -> str:
    """The faultcode of a SOAP Fault."""
    calm(answer.text, answer.status_code)
    assert answer.headers["content-type"].startswith("text/xml")
    told = etree.fromstring(answer.content).find(f"{SOAP}Body/{SOAP}Fault")
    assert told is not None, answer.text
    return str(told.findtext("faultcode"))


@pytest.mark.parametrize("what", NO_XML)
def test_what_is_no_xml_gets_a_soap_fault_and_is_kept(
    city: City, http: httpx.Client, ledger: Ledger, what: str
) -> None:
    content, reason = NO_XML[what]
    answer = http.post("/soap", content=content, headers={"content-type": "text/xml"})
    assert (answer.status_code, fault(answer)) == (400, "soap:Client")
    assert "root:" not in answer.text
    assert kept(ledger, content) == ("refused", {reason})


@pytest.mark.parametrize("what", NO_XML)
def test_what_is_no_xml_is_no_document(http: httpx.Client, what: str) -> None:
    answer = http.post("/cda", content=NO_XML[what][0], headers={"content-type": "application/xml"})
    calm(answer.text, answer.status_code)
    assert answer.status_code == 400
    assert answer.json()["state"] == "refused"
    assert answer.json()["issues"][0]["text"]


NO_JSON: dict[str, bytes] = {
    "text": b"hello!",
    "nothing at all": b" ",
    "half of an object": b'{"a": ',
    "ten thousand levels": b"[" * 10_000 + b"]" * 10_000,
    "an exponent beyond all numbers": b'{"a": 1e99999999999999999999}',
    "half of a surrogate pair": b'{"a": "\\ud800"}',
    "UTF-16": '{"a": "b"}'.encode("utf-16"),
    "bytes of no text": b'{"a": "\xff"}',
}


@pytest.mark.parametrize("what", NO_JSON)
def test_what_is_no_json_is_refused_and_kept(http: httpx.Client, ledger: Ledger, what: str) -> None:
    answer = http.post("/json", content=NO_JSON[what], headers={"content-type": "application/json"})
    calm(answer.text, answer.status_code)
    assert answer.status_code == 400
    assert answer.json()["state"] == "refused"
    assert kept(ledger, NO_JSON[what]) == ("refused", {"not-json"})


OTHER_SHAPES: dict[str, tuple[str, bytes]] = {
    "an object of another feed": ("json", b'{"weather": "fine", "wind": [1, 2, 3]}'),
    "a number": ("json", b"42"),
    "a resource of no type": ("json", b'{"resourceType": "Unicorn"}'),
    "a Bundle with a number in it": ("json", b'{"resourceType":"Bundle","type":"batch","entry":[5]}'),
    "a resource that is not valid": ("json", b'{"resourceType":"Patient","id":"a","gender":"banana"}'),
    "XML of another kind": ("cda", b"<weather><wind/></weather>"),
    "a document of nobody": ("cda", b'<ClinicalDocument xmlns="urn:hl7-org:v3"/>'),
    "a hundred thousand attributes": (
        "cda",
        b"<a" + b"".join(b' b%d="1"' % n for n in range(100_000)) + b"/>",
    ),
    "an empty envelope": (
        "soap",
        b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>',
    ),
    "a file to be included": (
        "soap",
        b'<a xmlns:x="http://www.w3.org/2001/XInclude"><x:include href="file:///etc/passwd" parse="text"/></a>',
    ),
}


@pytest.mark.parametrize("what", OTHER_SHAPES)
def test_what_no_map_knows_is_taken_and_then_refused_with_its_reason(
    http: httpx.Client, ledger: Ledger, what: str
) -> None:
    door, content = OTHER_SHAPES[what]
    answer = http.post(f"/{door}", content=content, headers={"content-type": "application/xml"})
    calm(answer.text, answer.status_code)
    assert answer.status_code in (200, 202)
    assert kept(ledger, content)[0] == "refused"


def test_a_document_type_makes_us_call_nobody(http: httpx.Client) -> None:
    called = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.5)

        def wait() -> None:
            try:
                listener.accept()
                called.set()
            except TimeoutError:
                return

        thread = threading.Thread(target=wait)
        thread.start()
        port = listener.getsockname()[1]
        content = f'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:{port}/"> %x;]><a/>'.encode()
        http.post("/cda", content=content, headers={"content-type": "application/xml"})
        thread.join()
    assert not called.is_set()


@pytest.mark.parametrize("door", ["soap", "json", "cda", "hl7v2"])
def test_a_body_that_is_too_large_is_refused_in_the_form_of_its_door(http: httpx.Client, door: str) -> None:
    answer = http.post(f"/{door}", content=b"x" * 17_000_000)
    calm(answer.text, answer.status_code)
    assert answer.status_code == 413
    assert_form(door, answer)


@pytest.mark.parametrize("door", ["soap", "json", "cda", "hl7v2"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_wrong_method_is_refused_in_the_form_of_its_door(
    http: httpx.Client, door: str, method: str
) -> None:
    answer = http.request(method, f"/{door}")
    calm(answer.text, answer.status_code)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert_form(door, answer)


@pytest.mark.parametrize("door", ["soap", "json", "cda", "hl7v2"])
def test_a_token_that_nobody_issued_is_refused_in_the_form_of_its_door(http: httpx.Client, door: str) -> None:
    answer = http.post(f"/{door}", content=b"<a/>", headers={"authorization": "Bearer nobody"})
    calm(answer.text, answer.status_code)
    assert answer.status_code == 401
    assert_form(door, answer)


def assert_form(door: str, answer: httpx.Response) -> None:
    """SOAP says Fault, HL7v2 AR, the others JSON."""
    if door == "soap":
        assert fault(answer) == "soap:Client"
    elif door == "hl7v2":
        assert answer.text.startswith("MSH|")
        assert "\rMSA|AR|" in answer.text
    else:
        assert json.loads(answer.text)["state"] == "refused"


@pytest.mark.parametrize("content", [b"", b"hello", b"MSH", b"MSH|^~\\&|\r", bytes(range(256))])
def test_hl7v2_over_http_that_is_no_message_gets_an_acknowledgement_that_says_so(
    http: httpx.Client, content: bytes
) -> None:
    answer = http.post("/hl7v2", content=content)
    calm(answer.text, answer.status_code)
    assert answer.status_code < 500
    assert "\rMSA|A" in answer.text
    assert "\rMSA|AA" not in answer.text


def test_a_message_in_a_wrong_wrapper_does_not_hold_up_the_next_one(
    http: httpx.Client, ledger: Ledger
) -> None:
    wrapped = base64.b64encode(b"<ClinicalDocument/>" * 50)
    good = json.dumps({"resourceType": "Patient", "id": "after-the-bad-ones", "gender": "female"}).encode()
    http.post("/json", content=b'"' + wrapped + b'"')
    assert http.post("/json", content=good).status_code == 202
    assert kept(ledger, good)[0] == "done"
