"""create, read, update, delete and their conditions, as a client meets them."""

import gzip
import json
import threading
from typing import Any

import httpx
import pytest

from record_store.database import cursor, unit_of_work
from tests.hie.api.conftest import Api, patient, weight


def outcome(response: httpx.Response) -> dict[str, Any]:
    body = response.json()
    assert body["resourceType"] == "OperationOutcome"
    issue: dict[str, Any] = body["issue"][0]
    return issue


def test_what_is_created_is_read_back_with_its_digits(api: Api) -> None:
    text = json.dumps(weight()).replace("61.5", "61.50")
    made = api.http.post("Observation", content=text)
    assert made.status_code == 201
    assert made.headers["ETag"] == 'W/"1"'
    location = made.headers["Location"]
    assert location.startswith(f"{api.base}/Observation/")
    assert location.endswith("/_history/1")
    read = api.http.get(location.removesuffix("/_history/1"))
    assert read.status_code == 200
    assert '"value":61.50' in read.text
    assert read.headers["Last-Modified"].endswith("GMT")
    assert read.json()["meta"]["versionId"] == "1"
    assert api.http.get(location).json() == read.json()
    assert made.json() == read.json()


def test_a_put_creates_under_the_id_that_the_client_chose(api: Api) -> None:
    made = api.put(patient(id="chosen.by-client"))
    assert made.status_code == 201
    again = api.put(patient(id="chosen.by-client", birthDate="1980-01-01"))
    assert (again.status_code, again.headers["ETag"]) == (200, 'W/"2"')
    same = api.put(patient(id="chosen.by-client", birthDate="1980-01-01"))
    assert (same.status_code, same.headers["ETag"]) == (200, 'W/"2"')
    assert api.get("Patient/chosen.by-client").json()["birthDate"] == "1980-01-01"
    assert "birthDate" not in api.get("Patient/chosen.by-client/_history/1").json()


def test_if_match_refuses_another_version(api: Api) -> None:
    api.put(weight(id="matched"))
    stale = api.put(weight(id="matched", value="70"), **{"If-Match": 'W/"9"'})
    assert stale.status_code == 412
    assert api.put(weight(id="matched", value="70"), **{"If-Match": 'W/"1"'}).status_code == 200
    assert api.put(weight(id="matched", value="71"), **{"If-Match": "nonsense"}).status_code == 400


def test_what_is_deleted_is_gone_and_its_history_stays(api: Api) -> None:
    api.put(weight(id="doomed"))
    assert api.http.delete("Observation/doomed").status_code == 204
    gone = api.get("Observation/doomed")
    assert gone.status_code == 410
    assert outcome(gone)["code"] == "deleted"
    history = api.get("Observation/doomed/_history").json()
    assert [entry["request"]["method"] for entry in history["entry"]] == ["DELETE", "POST"]
    assert "resource" not in history["entry"][0]
    assert api.get("Observation?_id=doomed").json().get("entry") is None
    revived = api.put(weight(id="doomed"))
    assert (revived.status_code, revived.headers["ETag"]) == (201, 'W/"3"')


def test_if_none_exist_creates_once(api: Api) -> None:
    resource = patient(identifier=[{"system": "urn:test", "value": "once"}])
    condition = {"If-None-Exist": "identifier=urn:test|once"}
    assert api.create(resource, **condition).status_code == 201
    second = api.create(resource, **condition)
    assert second.status_code == 200
    api.put(patient(id="twin", identifier=[{"system": "urn:test", "value": "once"}]))
    assert api.create(resource, **condition).status_code == 412


def test_parallel_conditional_creates_make_exactly_one(api: Api) -> None:
    resource = {
        "resourceType": "Organization",
        "name": "One",
        "identifier": [{"system": "urn:test", "value": "race"}],
    }
    statuses: list[int] = []

    def create() -> None:
        with httpx.Client(headers=dict(api.http.headers), timeout=60) as own:
            answer = own.post(
                f"{api.base}/Organization",
                content=json.dumps(resource),
                headers={"If-None-Exist": "identifier=urn:test|race"},
            )
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=create) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 23 + [201]


def test_a_conditional_update_finds_creates_or_refuses(api: Api) -> None:
    def send(**members: Any) -> httpx.Response:
        body = patient(identifier=[{"system": "urn:test", "value": "cu"}], **members)
        return api.http.put("Patient?identifier=urn:test|cu", content=json.dumps(body))

    made = send()
    assert made.status_code == 201
    assert send(birthDate="1970-01-01").status_code == 200
    assert send(id="somebody-else").status_code == 400
    assert api.http.put("Patient", content=json.dumps(patient())).status_code == 412
    deleted = api.http.delete("Patient?identifier=urn:test|cu&_tag:not=urn:hie:tag|exchange")
    assert deleted.status_code == 204


def test_a_json_patch_changes_a_part(api: Api) -> None:
    api.put(weight(id="patched"))
    headers = {"Content-Type": "application/json-patch+json"}
    operations = [{"op": "replace", "path": "/status", "value": "amended"}]
    done = api.http.patch("Observation/patched", content=json.dumps(operations), headers=headers)
    assert (done.status_code, done.json()["status"], done.headers["ETag"]) == (200, "amended", 'W/"2"')
    wrong = [{"op": "remove", "path": "/nothing"}]
    assert (
        api.http.patch("Observation/patched", content=json.dumps(wrong), headers=headers).status_code == 422
    )
    invalid = [{"op": "remove", "path": "/status"}]
    assert (
        api.http.patch("Observation/patched", content=json.dumps(invalid), headers=headers).status_code == 400
    )
    assert api.http.patch("Observation/patched", content="{}").status_code == 415


PREFERENCES = [
    ("return=minimal", 0, ""),
    ("return=representation", None, "Observation"),
    ("return=OperationOutcome", None, "OperationOutcome"),
]


@pytest.mark.parametrize(("preference", "length", "type_"), PREFERENCES)
def test_the_answer_to_a_write_is_what_was_preferred(
    api: Api, preference: str, length: int | None, type_: str
) -> None:
    answer = api.create(weight(), Prefer=preference)
    assert answer.status_code == 201
    if length is not None:
        assert len(answer.content) == length
    else:
        assert answer.json()["resourceType"] == type_


def test_a_version_that_the_client_has_is_not_sent_again(api: Api) -> None:
    api.put(weight(id="known"))
    assert api.get("Observation/known", headers={"If-None-Match": 'W/"1"'}).status_code == 304


REFUSED: list[tuple[str, str, str, dict[str, str], int, str]] = [
    ("POST", "Patient", "no json", {}, 400, "invalid"),
    ("POST", "Patient", '{"resourceType":"Observation","status":"final","code":{}}', {}, 400, "invalid"),
    ("POST", "Patient", '{"resourceType":"Patient","gender":"banana"}', {}, 400, "code-invalid"),
    ("POST", "Patient", '{"resourceType":"Patient","unheard":1}', {}, 400, "structure"),
    ("POST", "Nonsense", "{}", {}, 404, "not-found"),
    ("PUT", "Patient/a", '{"resourceType":"Patient","id":"b"}', {}, 400, "invalid"),
    ("PUT", "Patient/a_b", '{"resourceType":"Patient","id":"a_b"}', {}, 400, "value"),
    ("POST", "Patient", "<Patient/>", {"Content-Type": "application/fhir+xml"}, 415, "not-supported"),
    ("GET", "Patient/none", "", {}, 404, "not-found"),
    ("GET", "Patient/none", "", {"Accept": "application/fhir+xml"}, 406, "not-supported"),
    ("GET", "Patient/none/_history/x", "", {}, 404, "not-found"),
    ("GET", "Patient?_format=xml", "", {}, 406, "not-supported"),
    ("GET", "Patient?unheard=1", "", {}, 400, "not-supported"),
    ("GET", "Patient?name:unheard=1", "", {}, 400, "not-supported"),
    ("GET", "Patient?birthdate=yesterday", "", {}, 400, "invalid"),
    ("GET", "Patient?_page=forged", "", {}, 400, "invalid"),
    ("GET", "Patient?name=%ff", "", {}, 400, "invalid"),
    ("GET", "Patient/a/$unheard", "", {}, 404, "not-found"),
    ("POST", "Patient/a", "{}", {}, 405, "not-supported"),
    ("DELETE", "Patient/none", "", {}, 404, "not-found"),
    ("GET", "$export", "", {}, 400, "invalid"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "headers", "status", "code"), REFUSED)
def test_every_refusal_is_an_operation_outcome(
    api: Api, method: str, path: str, body: str, headers: dict[str, str], status: int, code: str
) -> None:
    answer = api.http.request(method, path, content=body, headers=headers)
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("application/fhir+json")
    assert outcome(answer)["code"] == code


PROTECTED = [
    ("GET", "Patient/1"), ("GET", "Patient"), ("POST", "Patient"), ("PUT", "Patient/1"), ("DELETE", "Patient/1"),
    ("PATCH", "Patient/1"), ("GET", "Nonsense"), ("GET", "Patient/1/$everything"), ("POST", ""), ("GET", "_history"),
    ("GET", "$export"), ("GET", "a/b/c/d/e"), ("POST", "Patient/$match"), ("POST", "Patient/_search"), ("DELETE", "x/y/z"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), PROTECTED)
@pytest.mark.parametrize("token", ["", "Bearer wrong", "Basic eDp5"])
def test_without_a_token_there_is_401_and_nothing_else(api: Api, method: str, path: str, token: str) -> None:
    answer = httpx.request(method, f"{api.base}/{path}", headers={"Authorization": token} if token else {})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert outcome(answer)["code"] == "login"


def test_large_answers_are_compressed_for_who_takes_it(api: Api) -> None:
    answer = api.http.get("metadata", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(gzip.compress(answer.content)) < len(answer.content)


def test_a_browser_may_ask_from_elsewhere(api: Api) -> None:
    asked = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization,x-medplum,if-none-exist",
    }
    answer = api.http.options("Patient/1", headers=asked)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_an_api_patient_gets_a_resident_and_an_exchange_patient(api: Api) -> None:
    made = api.create(patient(birthDate="1961-07-07")).json()["id"]
    api.create(weight(subject=made))
    linked = api.get(f"Patient?link=Patient/{made}&_tag=urn:hie:tag|exchange").json()["entry"]
    assert len(linked) == 1
    whole = linked[0]["resource"]["id"]
    assert len(api.get(f"Observation?patient={whole}").json()["entry"]) == 1
    assert api.put(patient(id=whole)).status_code == 422


def test_a_refused_change_leaves_its_line_in_the_trace(api: Api) -> None:
    made = api.create(patient()).json()["id"]
    clinician = {
        "Authorization": f"Bearer {api.token('clinician', purpose='TREAT', organisation='elsewhere')}"
    }
    refused = api.create(weight(subject=made), **clinician)
    assert refused.status_code == 403
    assert outcome(refused)["details"]["coding"][0]["code"]
    with unit_of_work(api.exchange.engine) as connection:
        asked = cursor(connection)
        asked.execute("select interaction, outcome from audit_event where subject = 'test-clinician'")
        assert asked.fetchall() == [("create", 4)]
