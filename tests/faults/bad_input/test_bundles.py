"""Bad Bundles of requests: a batch answers entry by entry, a transaction does all or nothing."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.city import City
from tests.faults.bad_input.test_fhir_api import JSON, nested, observation
from tests.faults.conftest import calm, outcome


@pytest.fixture(scope="module")
def fhir(city: City) -> Iterator[httpx.Client]:
    with city.client("system") as client:
        client.timeout = httpx.Timeout(120)
        yield client


def entry(method: str, url: Any, resource: Any = None, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"request": {"method": method, "url": url, **more}}
    return made if resource is None else made | {"resource": resource}


def send(fhir: httpx.Client, kind: Any, entries: Any) -> httpx.Response:
    bundle = {"resourceType": "Bundle", "type": kind, "entry": entries}
    return fhir.post("", content=json.dumps(bundle), headers=JSON | {"prefer": "return=minimal"})


NO_BUNDLES: dict[str, tuple[Any, Any]] = {
    "of another type": ("collection", []),
    "whose type is a list": (["batch"], []),
    "whose entries are a text": ("batch", "entries"),
    "with an entry that is a text": ("batch", ["entry"]),
    "with an entry that is nothing": ("batch", [None]),
    "without a request": ("batch", [{"resource": observation()}]),
    "with a number for an address": ("batch", [entry("GET", 1)]),
    "with more entries than can be": ("batch", [entry("GET", "Patient/1")] * 20_001),
}


@pytest.mark.parametrize("what", NO_BUNDLES)
def test_what_is_no_bundle_of_requests_is_refused(fhir: httpx.Client, what: str) -> None:
    kind, entries = NO_BUNDLES[what]
    outcome(send(fhir, kind, entries), 400)


BAD_ENTRIES: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown type": (entry("GET", "Unicorn/1"), "400"),
    "an unknown method": (entry("PAINT", "Patient/1"), "400"),
    "an address of elsewhere": (entry("GET", "http://[::1"), "400"),
    "a NUL in the address": (entry("GET", "Patient/\x00"), "404"),
    "nobody": (entry("GET", "Patient/nobody"), "404"),
    "a version that is no number": (entry("GET", "Patient/nobody/_history/²"), "404"),
    "an unknown parameter": (entry("GET", "Patient?colour=red"), "400"),
    "an invalid resource": (entry("POST", "Observation", {"resourceType": "Observation"}), "400"),
    "another type of resource": (entry("POST", "Patient", observation()), "400"),
    "another id": (entry("PUT", "Observation/here", observation(id="there")), "400"),
    "an id that is none": (entry("PUT", "Observation/a_b", observation(id="a_b")), "400"),
    "an ifMatch that is a number": (entry("PUT", "Observation/x", observation(id="x"), ifMatch=1), "400"),
    "an ifMatch of another version": (
        entry("PUT", "Observation/x", observation(id="x"), ifMatch='W/"99"'),
        "412",
    ),
    "an ifNoneExist that is an object": (entry("POST", "Observation", observation(), ifNoneExist={}), "400"),
    "a patch that is no base64": (
        entry(
            "PATCH",
            "Observation/neighbour",
            {"resourceType": "Binary", "contentType": "application/json-patch+json", "data": "%%%"},
        ),
        "400",
    ),
    "a body without end of nesting": (entry("POST", "Observation", json.loads(nested(300))), "400"),
}


def test_each_bad_entry_of_a_batch_fails_alone(fhir: httpx.Client) -> None:
    fhir.put("/Observation/neighbour", json=observation(id="neighbour"), headers=JSON)
    asked: list[dict[str, Any]] = []
    for bad, _ in BAD_ENTRIES.values():
        asked += [bad, entry("POST", "Observation", observation())]
    answer = send(fhir, "batch", asked)
    calm(answer.text, answer.status_code)
    responses = [each["response"] for each in answer.json()["entry"]]
    told = dict(zip(BAD_ENTRIES, (each["status"][:3] for each in responses[::2]), strict=True))
    assert told == {what: status for what, (_, status) in BAD_ENTRIES.items()}
    assert all(each["outcome"]["issue"][0]["diagnostics"] for each in responses[::2])
    assert {each["status"] for each in responses[1::2]} == {"201 Created"}


@pytest.mark.parametrize("what", BAD_ENTRIES)
def test_a_transaction_with_a_bad_entry_does_nothing(fhir: httpx.Client, what: str) -> None:
    good = entry("PUT", "Observation/all-or-nothing", observation(id="all-or-nothing"))
    answer = send(fhir, "transaction", [good, BAD_ENTRIES[what][0]])
    calm(answer.text, answer.status_code)
    assert 400 <= answer.status_code < 500
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert fhir.get("/Observation/all-or-nothing").status_code == 404


def test_a_batch_of_ten_thousand_entries_is_answered_in_their_order(fhir: httpx.Client) -> None:
    pair = [entry("GET", "Unicorn/1"), entry("POST", "Observation", {"resourceType": "Observation"})]
    written = [entry("POST", "Observation", observation())] * 1000
    answer = send(fhir, "batch", pair * 4500 + written)
    assert answer.status_code == 200
    told = [each["response"]["status"][:3] for each in answer.json()["entry"]]
    assert told == ["400"] * 9000 + ["201"] * 1000
