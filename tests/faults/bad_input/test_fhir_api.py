"""Bad requests to the FHIR API: an OperationOutcome that names the place, never a fault, never a neighbour's loss."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.city import City
from tests.faults.conftest import calm, outcome

JSON = {"content-type": "application/fhir+json"}
PATCH = {"content-type": "application/json-patch+json"}


@pytest.fixture(scope="module")
def fhir(city: City) -> Iterator[httpx.Client]:
    with city.client("system") as client:
        yield client


def observation(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, **more}


def nested(levels: int) -> bytes:
    """An Observation with extensions inside of extensions."""
    inner = b'[{"url":"http://x","valueString":"a"}]'
    head = json.dumps(observation()).encode()[:-1] + b',"extension":'
    return head + b'[{"url":"http://x","extension":' * levels + inner + b"}]" * levels + b"}"


def member(name: str, value: str) -> bytes:
    """An Observation with one member as it is written."""
    return json.dumps(observation()).encode()[:-1] + f',"{name}":{value}}}'.encode()


BODIES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "not-json"),
    "half of an object": (b"{", "not-json"),
    "a list": (b"[]", "no-resource"),
    "a number": (b"1", "no-resource"),
    "another type": (b'{"resourceType":"Patient"}', "type-mismatch"),
    "undecodable bytes": (b'{"resourceType":"Observation","status":"\xff"}', "not-json"),
    "half of a surrogate pair": (member("issued", '"\\ud800"'), "not-json"),
    "ten thousand levels": (nested(10_000), "not-json"),
    "ten thousand lists": (b"[" * 10_000 + b"]" * 10_000, "not-json"),
    "an exponent beyond all numbers": (member("valueInteger", "1e99999999999999999999"), "not-json"),
    "no number": (member("valueInteger", "NaN"), "not-json"),
    "a property twice": (member("status", '"preliminary"'), "repeated-property"),
}


@pytest.mark.parametrize("what", BODIES)
def test_a_body_that_is_no_resource_is_refused(fhir: httpx.Client, what: str) -> None:
    content, reason = BODIES[what]
    outcome(fhir.post("/Observation", content=content, headers=JSON), 400, reason=reason)


PLACES: dict[str, tuple[dict[str, Any], str]] = {
    "a required element": ({"resourceType": "Observation", "code": {"text": "x"}}, "Observation.status"),
    "a code of a required value set": (observation(status="banana"), "Observation.status"),
    "an impossible date": (observation(effectiveDateTime="2020-02-30"), "Observation.effective"),
    "a list where one is meant": (observation(subject=["a"]), "Observation.subject"),
    "one where a list is meant": (observation(category={"text": "a"}), "Observation.category"),
    "an element of no resource": (observation(colour="red"), "Observation.colour"),
    "two of a choice": (observation(valueString="a", valueBoolean=True), "Observation"),
    "a NUL": (observation(note=[{"text": "a\x00b"}]), "Observation.note[0].text"),
    "a script in the narrative": (
        observation(
            text={
                "status": "generated",
                "div": '<div xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></div>',
            }
        ),
        "Observation.text.div",
    ),
    "a deep place": (
        observation(component=[{"code": {"coding": [{"system": 5}]}}]),
        "Observation.component[0].code.coding[0].system",
    ),
}


@pytest.mark.parametrize("what", PLACES)
def test_an_invalid_resource_is_refused_with_the_place_of_its_fault(fhir: httpx.Client, what: str) -> None:
    resource, place = PLACES[what]
    issue = outcome(fhir.post("/Observation", json=resource, headers=JSON), 400)
    assert issue["expression"][0].startswith(place)


TAKEN: dict[str, bytes] = {
    "a narrative of five megabytes": json.dumps(
        observation(
            text={
                "status": "generated",
                "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{"好 " * 1_250_000}</p></div>',
            }
        ),
        ensure_ascii=False,
    ).encode(),
    "four hundred levels": nested(400),
    "a number beyond all floats": member("valueQuantity", '{"value":1e999999,"unit":"mg"}'),
    "a number of four hundred digits": member("valueQuantity", f'{{"value":{"9" * 400},"unit":"mg"}}'),
    "a number below all floats": member("valueQuantity", '{"value":1e-999999,"unit":"mg"}'),
    "the first day": json.dumps(observation(effectiveDateTime="0001-01-01T00:00:00+14:00")).encode(),
    "the last day": json.dumps(observation(effectiveDateTime="9999-12-31T23:59:59-14:00")).encode(),
    "a code of six thousand letters": json.dumps(
        observation(code={"coding": [{"system": "http://x", "code": "q" * 6000}]})
    ).encode(),
}


@pytest.mark.parametrize("what", TAKEN)
def test_what_is_odd_and_valid_is_kept_to_the_letter(fhir: httpx.Client, what: str) -> None:
    made = fhir.post("/Observation", content=TAKEN[what], headers=JSON)
    assert made.status_code == 201, made.text[:300]
    read = fhir.get(f"/Observation/{made.json()['id']}").content
    sent, kept = (json.loads(text, parse_float=Decimal) for text in (TAKEN[what], read))
    assert kept | sent == kept


def test_what_nests_deeper_than_can_be_kept_is_refused(fhir: httpx.Client) -> None:
    for levels in (480, 490, 495):
        answer = fhir.post("/Observation", content=nested(levels), headers=JSON)
        calm(answer.text, answer.status_code)
        assert answer.status_code in (201, 400)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/fhir+xml"}, 415),
        ({"content-type": ";;;"}, 415),
        (JSON | {"accept": "application/fhir+xml"}, 406),
        (JSON | {"prefer": "return=everything"}, 400),
        (JSON | {"if-none-exist": "colour=red"}, 400),
        (JSON | {"if-none-exist": "identifier=%00"}, 400),
        (JSON | {"if-none-exist": "&&&"}, 400),
    ],
)
def test_a_bad_header_is_refused(fhir: httpx.Client, headers: dict[str, str], status: int) -> None:
    outcome(fhir.post("/Observation", json=observation(), headers=headers), status)


SEARCHES: dict[str, tuple[int, str]] = {
    "Unicorn": (404, ""),
    "Patient?colour=red": (400, "colour"),
    "Patient?name:loudly=x": (400, "name:loudly"),
    "Patient?birthdate=yesterday": (400, "birthdate"),
    "Patient?birthdate=0000": (400, "birthdate"),
    "Patient?_count=-1": (400, "_count"),
    "Patient?_count=many": (400, "_count"),
    "Patient?_sort=colour": (400, "_sort"),
    "Patient?_include=Patient:colour": (400, "_include"),
    "Patient?_summary=short": (400, "_summary"),
    "Patient?_total=roughly": (400, "_total"),
    "Patient?_format=xml": (406, ""),
    "Patient?name=%00": (400, ""),
    "Patient?name=%ff": (400, ""),
    "Patient?name=%ed%a0%80": (400, ""),
    "Patient?_page=nonsense": (400, ""),
    f"Patient?_page={'A' * 60}": (400, ""),
    f"Patient?_id={','.join(['a'] * 5000)}": (413, "_id"),
    f"Patient?{'&'.join(['name=a'] * 1200)}": (400, ""),
    "Patient?organization.partof.partof.partof.partof.partof.name=x": (413, ""),
    "Patient?_has:Observation=x": (400, ""),
    "Observation?value-quantity=1e99999999999999999999": (400, "value-quantity"),
    "Observation?value-quantity=NaN": (400, "value-quantity"),
    "Observation?patient=Patient/%00": (400, ""),
    "Patient/_history?_since=yesterday": (400, "_since"),
    "Patient/_history?_count=-1": (400, "_count"),
    "Patient/nobody": (404, ""),
    "Patient/%00": (404, ""),
    "Patient/%ff": (404, ""),
    f"Patient/{'a' * 65}": (404, ""),
    "Patient/nobody/_history/nothing": (404, ""),
    "Patient/nobody/_history/99999999999": (404, ""),
    "Patient/nobody/$everything": (404, ""),
    "$everything": (404, ""),
    "$export-status/..%2f..%2fkeys": (404, ""),
}


@pytest.mark.parametrize("address", SEARCHES, ids=[address[:40] for address in SEARCHES])
def test_a_bad_address_is_refused_and_its_parameter_named(fhir: httpx.Client, address: str) -> None:
    status, expression = SEARCHES[address]
    outcome(fhir.get(f"/{address}"), status, expression=expression)


@pytest.mark.parametrize(
    "address",
    [
        "Patient?_count=1000000000",
        "Patient?birthdate=ap9999",
        "Patient?birthdate=ap0001",
        "Patient?birthdate=9999",
        "Observation?value-quantity=1e999999",
        "Observation?value-quantity=ap1e-999999",
        "Observation?value-quantity=" + "9" * 400,
        "Patient?identifier=|||",
        "Patient?name:contains=%25",
        "Patient?name=" + "a" * 5000,
        "Patient?name=" + quote("'; drop table resource; --"),
    ],
)
def test_an_odd_search_is_answered_with_a_bounded_page(fhir: httpx.Client, address: str) -> None:
    answer = fhir.get(f"/{address}")
    assert answer.status_code == 200, answer.text[:300]
    assert len(answer.json().get("entry", [])) <= 1000


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("PUT", "Observation", 412),
        ("PUT", "Observation/a_b", 400),
        ("PUT", "Observation/another-id", 400),
        ("DELETE", "Observation", 412),
        ("DELETE", "Observation?status=final", 412),
        ("PUT", "metadata", 404),
        ("POST", "Patient/1/_history", 405),
        ("DELETE", "", 405),
        ("PATCH", "", 405),
        ("PUT", "Unicorn/1", 404),
    ],
)
def test_a_bad_write_is_refused(fhir: httpx.Client, method: str, address: str, status: int) -> None:
    outcome(fhir.request(method, f"/{address}", json=observation(id="one-id"), headers=JSON), status)


@pytest.mark.parametrize(
    ("tag", "status"),
    [("nonsense", 400), ('W/"9"', 412), ('W/"0"', 412), ('W/"x"', 412), ('W/"1", W/"2"', 400)],
)
def test_a_bad_if_match_is_refused(fhir: httpx.Client, tag: str, status: int) -> None:
    fhir.put("/Observation/held", json=observation(id="held"), headers=JSON)
    answer = fhir.put("/Observation/held", json=observation(id="held"), headers=JSON | {"if-match": tag})
    outcome(answer, status)


PATCHES: dict[str, tuple[bytes, int]] = {
    "no JSON": (b"[", 400),
    "no list": (b"{}", 400),
    "a list of numbers": (b"[1]", 400),
    "two thousand levels": (b"[" * 2000, 400),
    "an unknown operation": (b'[{"op":"paint","path":"/status"}]', 422),
    "a path that is no text": (b'[{"op":"add","path":1,"value":1}]', 422),
    "another type": (b'[{"op":"replace","path":"","value":{"resourceType":"Patient"}}]', 422),
    "nothing left": (b'[{"op":"remove","path":""}]', 422),
    "meta as a number": (b'[{"op":"replace","path":"/meta","value":1}]', 400),
    "copies of copies": (
        b'[{"op":"add","path":"/note","value":[{"text":"a"}]},'
        + b",".join([b'{"op":"copy","from":"/note","path":"/note/-"}'] * 60)
        + b"]",
        413,
    ),
}


@pytest.mark.parametrize("what", PATCHES)
def test_a_bad_patch_is_refused_and_changes_nothing(fhir: httpx.Client, what: str) -> None:
    content, status = PATCHES[what]
    before = fhir.put("/Observation/patched", json=observation(id="patched"), headers=JSON).headers["etag"]
    outcome(fhir.patch("/Observation/patched", content=content, headers=PATCH), status)
    assert fhir.get("/Observation/patched").headers["etag"] == before
