"""FHIR that is pushed: the sender's JSON with the exchange's ids, grouped by patient."""

import gzip
from typing import Any

import pytest

from adapters import fhir
from fhir_profiles import ids
from fhir_profiles.resources import dumps, loads
from fhir_profiles.validation import issues
from tests.adapters.feeds.samples import CORPORA, SOURCE

PATIENT = {"resourceType": "Patient", "id": "p1", "name": [{"text": "A"}]}


def bundle(*entries: tuple[str, dict[str, Any]]) -> bytes:
    made = [
        {"fullUrl": url, "resource": resource} if url else {"resource": resource} for url, resource in entries
    ]
    return dumps({"resourceType": "Bundle", "type": "transaction", "entry": made})


def observation(subject: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "subject": {"reference": subject},
        **more,
    }


def test_ids_become_the_exchanges_own_and_references_follow() -> None:
    payload = bundle(
        ("", PATIENT), ("", observation("Patient/p1", id="o1", encounter={"reference": "Encounter/e9"}))
    )
    (made,) = fhir.translate(payload, SOURCE)
    home = ids.hashed_bucket(SOURCE.name, "p1")
    patient, seen = made.resources
    assert made.patient_key == "p1"
    assert patient["id"] == str(ids.fed(home, SOURCE.name, "Patient", "p1"))
    assert seen["subject"]["reference"] == f"Patient/{patient['id']}"
    assert seen["encounter"]["reference"] == f"Encounter/{ids.fed(home, SOURCE.name, 'Encounter', 'e9')}"


@pytest.mark.parametrize(
    "url", ["urn:uuid:1b3f1a2e-7d4c-4d0e-9f51-0c8e5b1a0001", "https://example.org/fhir/Patient/p1"]
)
def test_full_urls_are_followed(url: str) -> None:
    (made,) = fhir.translate(bundle((url, PATIENT), ("", observation(url))), SOURCE)
    assert made.resources[1]["subject"]["reference"] == f"Patient/{made.resources[0]['id']}"


def test_several_patients_make_several_translations_and_others_stand_apart() -> None:
    other = {**PATIENT, "id": "p2"}
    practice = {"resourceType": "Organization", "id": "g1", "name": "G"}
    seen = [observation("Patient/p1", id="o1"), observation("Patient/p2", id="o2")]
    made = fhir.translate(bundle(*(("", one) for one in (PATIENT, other, practice, *seen))), SOURCE)
    assert {part.patient_key: len(part.resources) for part in made} == {"p1": 2, "p2": 2, "": 1}


def test_a_conditional_reference_becomes_a_logical_one() -> None:
    asked = observation("Patient/p1", performer=[{"reference": "Practitioner?identifier=http://npi|99"}])
    (made,) = fhir.translate(bundle(("", asked)), SOURCE)
    assert made.resources[0]["performer"] == [
        {"type": "Practitioner", "identifier": {"system": "http://npi", "value": "99"}}
    ]


def test_what_points_elsewhere_and_inside_stays() -> None:
    kept = observation(
        "Patient/p1", focus=[{"reference": "https://elsewhere/Device/1"}], device={"reference": "#d"}
    )
    (made,) = fhir.translate(bundle(("", kept)), SOURCE)
    assert made.resources[0]["focus"] == [{"reference": "https://elsewhere/Device/1"}]
    assert made.resources[0]["device"] == {"reference": "#d"}


def test_digits_and_unknown_parts_of_the_json_are_kept() -> None:
    (made,) = fhir.translate(
        b'{"resourceType":"Observation","id":"o","valueQuantity":{"value":1.50},"x-own":[1]}', SOURCE
    )
    assert dumps(made.resources[0]["valueQuantity"]) == b'{"value":1.50}'
    assert made.resources[0]["x-own"] == [1]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"{}", "json"),
        (b"[1]", "json"),
        (b'{"resourceType":"Patienten"}', "resource-type"),
        (b'{"resourceType":"Bundle","type":"batch"}', "empty"),
        (dumps({"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Bundle"}}]}), "bundle"),
        (b'{"resourceType":"Patient","x":' + b"[" * 80 + b"]" * 80 + b"}", "depth"),
    ],
)
def test_what_is_no_fhir_is_refused_with_its_reason(payload: bytes, reason: str) -> None:
    (made,) = fhir.translate(payload, SOURCE)
    assert (made.refused, made.issues[0].reason) == (True, reason)


def test_one_resource_that_isnt_fhir_does_not_stop_its_neighbours() -> None:
    made = fhir.translate(dumps(PATIENT) + b'\n{"resourceType":"Nothing"}\n', SOURCE)
    assert [part.refused for part in made] == [False, True]


def test_the_examples_of_the_standard_stay_valid_and_whole() -> None:
    archive = CORPORA / "r4-examples" / "examples.ndjson.gz"
    if not archive.is_file():
        pytest.skip("the corpus of examples is not there")
    seen = 0
    for line in gzip.decompress(archive.read_bytes()).splitlines()[::3]:
        sent = loads(loads(line)["text"])
        if sent["resourceType"] == "Bundle" or issues(sent):
            continue
        (made,) = fhir.translate(dumps(sent), SOURCE)
        assert made == fhir.translate(dumps(sent), SOURCE)[0]
        assert issues(made.resources[0]) == []
        assert made.resources[0].keys() == sent.keys() | {"id"}
        seen += 1
    assert seen > 50
