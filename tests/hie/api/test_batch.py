"""batch and transaction: all or nothing, references resolved, order, conditions."""

import json
from typing import Any

import httpx

from tests.hie.api.conftest import Api, patient, weight


def send(api: Api, kind: str, *entries: dict[str, Any], **headers: str) -> httpx.Response:
    return api.http.post(
        "",
        content=json.dumps({"resourceType": "Bundle", "type": kind, "entry": list(entries)}),
        headers=headers,
    )


def entry(method: str, url: str, resource: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"request": {"method": method, "url": url, **more.pop("request", {})}, **more}
    if resource is not None:
        made["resource"] = resource
    return made


def statuses(answer: httpx.Response) -> list[str]:
    return [one["response"]["status"][:3] for one in answer.json()["entry"]]


def test_references_between_entries_become_literal(api: Api) -> None:
    answer = send(
        api,
        "transaction",
        entry("POST", "Observation", weight() | {"subject": {"reference": "urn:uuid:p"}}),
        entry("POST", "Patient", patient(), fullUrl="urn:uuid:p"),
        Prefer="return=minimal",
    )
    assert answer.status_code == 200
    assert answer.json()["type"] == "transaction-response"
    assert statuses(answer) == ["201", "201"]
    observation = api.http.get(answer.json()["entry"][0]["response"]["location"]).json()
    subject = observation["subject"]["reference"]
    assert subject in answer.json()["entry"][1]["response"]["location"]
    assert len(api.get(f"Observation?subject={subject}").json()["entry"]) == 1


def test_a_conditional_reference_finds_exactly_one(api: Api) -> None:
    organisation = {
        "resourceType": "Organization",
        "name": "A",
        "identifier": [{"system": "urn:test", "value": "cr"}],
    }
    api.create(organisation)
    reference = {"reference": "Organization?identifier=urn:test|cr"}
    good = send(api, "transaction", entry("POST", "Patient", patient(managingOrganization=reference)))
    assert good.status_code == 200
    assert good.json()["entry"][0]["resource"]["managingOrganization"]["reference"].startswith(
        "Organization/"
    )
    api.create(organisation)
    assert (
        send(
            api, "transaction", entry("POST", "Patient", patient(managingOrganization=reference))
        ).status_code
        == 412
    )
    nothing = {"reference": "Organization?identifier=urn:test|nothing"}
    assert (
        send(api, "transaction", entry("POST", "Patient", patient(managingOrganization=nothing))).status_code
        == 412
    )


def test_a_transaction_happens_as_a_whole_or_not_at_all(api: Api) -> None:
    answer = send(
        api,
        "transaction",
        entry("PUT", "Patient/whole", patient(id="whole")),
        entry("PUT", "Patient/broken", patient(id="broken", gender="banana")),
    )
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["expression"][0].startswith("Bundle.entry[1]")
    assert api.get("Patient/whole").status_code == 404
    api.put(patient(id="versioned"))
    stale = send(
        api,
        "transaction",
        entry("PUT", "Patient/whole", patient(id="whole")),
        entry("PUT", "Patient/versioned", patient(id="versioned"), request={"ifMatch": 'W/"7"'}),
    )
    assert stale.status_code == 412
    assert api.get("Patient/whole").status_code == 404


def test_a_resource_stands_once_in_a_transaction(api: Api) -> None:
    twice = [entry("PUT", "Patient/twice", patient(id="twice"))] * 2
    assert send(api, "transaction", *twice).status_code == 400
    same = [entry("POST", "Patient", patient(), fullUrl="urn:uuid:same")] * 2
    assert send(api, "transaction", *same).status_code == 400


def test_deletes_come_first_and_reads_last(api: Api) -> None:
    api.put(weight(id="old"))
    answer = send(
        api,
        "transaction",
        entry("GET", "Observation/new"),
        entry("PUT", "Observation/new", weight(id="new")),
        entry("DELETE", "Observation/old"),
        entry("GET", "Observation?_id=new,old"),
    )
    assert statuses(answer) == ["200", "201", "204", "200"]
    assert answer.json()["entry"][0]["resource"]["id"] == "new"
    assert [one["resource"]["id"] for one in answer.json()["entry"][3]["resource"]["entry"]] == ["new"]


def test_conditions_of_entries_are_asked(api: Api) -> None:
    resource = patient(identifier=[{"system": "urn:test", "value": "txn"}])
    create = entry(
        "POST", "Patient", resource, fullUrl="urn:uuid:c", request={"ifNoneExist": "identifier=urn:test|txn"}
    )
    about = entry("POST", "Observation", weight() | {"subject": {"reference": "urn:uuid:c"}})
    first = send(api, "transaction", create, about)
    second = send(api, "transaction", create, about)
    assert (statuses(first), statuses(second)) == (["201", "201"], ["200", "201"])
    subjects = {answer.json()["entry"][1]["resource"]["subject"]["reference"] for answer in (first, second)}
    assert len(subjects) == 1
    found = "Patient?identifier=urn:test|txn&_tag:not=urn:hie:tag|exchange"
    updated = send(api, "transaction", entry("PUT", found, resource | {"birthDate": "1955-05-05"}))
    assert statuses(updated) == ["200"]


def test_a_batch_answers_entry_by_entry(api: Api) -> None:
    answer = send(
        api,
        "batch",
        entry("POST", "Patient", patient(gender="banana")),
        entry("PUT", "Patient/batched", patient(id="batched")),
        entry("GET", "Patient/nobody"),
        entry("GET", "Patient?_id=batched"),
        entry("DELETE", "Patient/nobody"),
    )
    assert answer.json()["type"] == "batch-response"
    assert statuses(answer) == ["400", "201", "404", "200", "404"]
    assert answer.json()["entry"][0]["response"]["outcome"]["issue"][0]["code"] == "code-invalid"


def test_a_patch_in_a_transaction_is_a_binary(api: Api) -> None:
    import base64

    api.put(weight(id="to-patch"))
    operations = base64.b64encode(b'[{"op":"replace","path":"/status","value":"corrected"}]').decode()
    binary = {"resourceType": "Binary", "contentType": "application/json-patch+json", "data": operations}
    answer = send(api, "transaction", entry("PATCH", "Observation/to-patch", binary))
    assert statuses(answer) == ["200"]
    assert api.get("Observation/to-patch").json()["status"] == "corrected"


def test_what_is_no_bundle_of_requests_is_refused(api: Api) -> None:
    assert send(api, "collection").status_code == 400
    assert send(api, "batch", {"resource": patient()}).status_code == 400
    assert send(api, "transaction", entry("GET", "Nonsense/1")).status_code == 400
    assert send(api, "transaction", entry("TRACE", "Patient/1")).status_code == 400
    assert api.http.post("", content="[]").status_code == 400


def test_a_batch_answers_each_entry_whatever_becomes_of_its_neighbours(api: Api) -> None:
    asked = (
        entry("POST", "Patient", patient()),
        entry("GET", "Unknown/1"),
        entry("POST", "Observation", {"resourceType": "Observation"}),
        entry("PUT", "Patient/batch-one", patient() | {"id": "batch-one"}, request={"ifMatch": 'W/"7"'}),
        entry("GET", "Patient/absent/_history/²"),
        entry("POST", "Patient", patient()),
    )
    answers = send(api, "batch", *asked).json()["entry"]
    assert [answer["response"]["status"][:3] for answer in answers] == [
        "201",
        "400",
        "400",
        "412",
        "404",
        "201",
    ]
    assert all("outcome" in answer["response"] for answer in answers[1:5])


def test_many_writes_of_a_batch_share_their_commits(api: Api) -> None:
    asked = [entry("POST", "Patient", patient()) for _ in range(450)]
    answers = send(api, "batch", *asked).json()["entry"]
    assert {answer["response"]["status"] for answer in answers} == {"201 Created"}
    assert len({answer["resource"]["id"] for answer in answers}) == 450
