"""Searches, histories, $everything and exports, page by page, as a client walks them."""

import json
import time
from typing import Any

import httpx
import pytest

from tests.hie.api.conftest import Api, patient, weight


@pytest.fixture(scope="module")
def ward(api: Api) -> str:
    """A Patient with seven weights and a practitioner."""
    api.put({"resourceType": "Practitioner", "id": "nurse", "name": [{"family": "Li"}]})
    made: str = api.create(patient(birthDate="1942-02-02")).json()["id"]
    for day in range(1, 8):
        api.create(
            weight(subject=made, value=str(60 + day), effectiveDateTime=f"2026-01-0{day}T08:00:00+08:00")
            | {"performer": [{"reference": "Practitioner/nurse"}]}
        )
    return made


def walk(api: Api, address: str) -> list[dict[str, Any]]:
    """All entries behind an address, following next links."""
    entries: list[dict[str, Any]] = []
    following: str | None = address
    while following:
        page = api.http.get(following)
        assert page.status_code == 200
        entries.extend(page.json().get("entry", []))
        following = next((one["url"] for one in page.json()["link"] if one["relation"] == "next"), None)
    return entries


SORTS = [
    "",
    "_sort=date",
    "_sort=-date",
    "_sort=-value-quantity",
    "_sort=_id",
    "_sort=-_lastUpdated",
    "_sort=status,-date",
]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("count", [1, 2, 3, 7, 50])
def test_pages_fit_together_in_every_order(api: Api, ward: str, sort: str, count: int) -> None:
    entries = walk(api, f"Observation?patient={ward}&_count={count}&{sort}")
    days = [entry["resource"]["effectiveDateTime"] for entry in entries]
    assert len(set(days)) == len(days) == 7
    if sort in ("_sort=date", "_sort=status,-date", "_sort=-date", "_sort=-value-quantity"):
        assert days == sorted(days, reverse=sort != "_sort=date")


def test_a_compartment_is_searched_by_its_address(api: Api, ward: str) -> None:
    assert len(walk(api, f"Patient/{ward}/Observation?_count=3")) == 7
    assert len(walk(api, f"Patient/{ward}/Observation?date=2026-01-02")) == 1
    assert len(walk(api, f"Patient/{ward}/Patient")) == 1
    assert walk(api, f"Patient/{ward}/Condition") == []
    assert len(walk(api, "Practitioner/nurse/Observation")) == 7
    assert api.get(f"Patient/{ward}/Organization").status_code == 400
    assert api.get(f"Organization/{ward}/Observation").status_code == 400
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    form = api.http.post(f"Patient/{ward}/Observation/_search", content="date=2026-01-02", headers=headers)
    assert len(form.json()["entry"]) == 1


def test_a_next_link_says_nothing_of_the_search(api: Api, ward: str) -> None:
    page = api.get("Patient?name=Wang&_count=1").json()
    following = next(one["url"] for one in page["link"] if one["relation"] == "next")
    assert "Wang" not in following
    assert "name" not in following
    stranger = api.token("authority", purpose="PUBHLTH", organisation="cdc")
    refused = httpx.get(following, headers={"Authorization": f"Bearer {stranger}"})
    assert refused.status_code in (400, 403)


def test_a_form_is_searched_like_an_address_and_stays_out_of_links(api: Api, ward: str) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = api.http.post("Patient/_search", content="family=wang&_count=1", headers=headers)
    assert answer.status_code == 200
    assert len(answer.json()["entry"]) == 1
    assert "wang" not in answer.json()["link"][0]["url"]


def test_a_total_is_told_when_asked_for(api: Api, ward: str) -> None:
    assert "total" not in api.get(f"Observation?patient={ward}").json()
    assert api.get(f"Observation?patient={ward}&_total=accurate&_count=2").json()["total"] == 7
    for count in ("_summary=count", "_count=0"):
        page = api.get(f"Observation?patient={ward}&{count}").json()
        assert page["total"] == 7
        assert "entry" not in page


def test_includes_come_beside_the_matches(api: Api, ward: str) -> None:
    page = api.get(
        f"Observation?patient={ward}&_count=2&_include=Observation:performer&_include=Observation:subject"
    ).json()
    modes = [(entry["resource"]["resourceType"], entry["search"]["mode"]) for entry in page["entry"]]
    assert sorted(modes) == [
        ("Observation", "match"), ("Observation", "match"), ("Patient", "include"), ("Practitioner", "include"),
    ]  # fmt: skip
    back = api.get(f"Patient?_id={ward}&_revinclude=Observation:patient").json()
    assert len(back["entry"]) == 8


def test_what_is_unknown_is_left_out_where_the_client_asks_for_it(api: Api, ward: str) -> None:
    page = api.get(f"Observation?patient={ward}&unheard=1", headers={"Prefer": "handling=lenient"}).json()
    assert page["entry"][-1]["search"]["mode"] == "outcome"
    assert len(page["entry"]) == 8


def test_elements_and_summaries_are_marked(api: Api, ward: str) -> None:
    resource = api.get(f"Observation?patient={ward}&_elements=value&_count=1").json()["entry"][0]["resource"]
    assert set(resource) == {"resourceType", "id", "meta", "status", "code", "valueQuantity"}
    assert resource["meta"]["tag"][-1]["code"] == "SUBSETTED"
    text = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'}
    api.put(weight(id="told") | {"text": text})
    assert "text" not in api.get("Observation/told?_summary=data").json()
    assert set(api.get("Observation/told?_summary=text").json()) >= {"text", "status", "code"}
    assert "valueQuantity" not in api.get("Observation/told?_summary=text").json()


def test_everything_is_the_whole_resident(api: Api, ward: str) -> None:
    whole = api.get(f"Patient?link=Patient/{ward}&_tag=urn:hie:tag|exchange").json()["entry"][0]["resource"][
        "id"
    ]
    for address, patients in ((f"Patient/{ward}/$everything", 1), (f"Patient/{whole}/$everything", 2)):
        types = [entry["resource"]["resourceType"] for entry in walk(api, f"{address}?_count=3")]
        assert types.count("Observation") == 7
        assert types.count("Patient") == patients
        assert "Practitioner" in types
    only = walk(api, f"Patient/{whole}/$everything?_type=Observation")
    assert {entry["resource"]["resourceType"] for entry in only} == {"Observation"}
    assert api.get("Patient/nobody/$everything").status_code == 404
    assert walk(api, f"Patient/{whole}/$everything?_since=2999-01-01T00:00:00Z") == []


def test_histories_are_walked_newest_first(api: Api) -> None:
    for value in ("1", "2", "3", "4"):
        api.put(weight(id="grown", value=value))
    versions = [
        entry["resource"]["meta"]["versionId"] for entry in walk(api, "Observation/grown/_history?_count=2")
    ]
    assert versions == ["4", "3", "2", "1"]
    newest = api.get("Observation/_history?_count=3").json()["entry"]
    assert [entry["resource"]["meta"]["versionId"] for entry in newest] == ["4", "3", "2"]
    assert len(walk(api, "_history?_count=10")) > 10
    assert api.get("Observation/grown/_history?_since=2999-01-01").json().get("entry") is None
    assert api.get("Observation/nobody/_history").status_code == 404


def test_an_export_is_started_watched_fetched_and_deleted(api: Api, ward: str) -> None:
    started = api.get("$export?_type=Observation,Practitioner", headers={"Prefer": "respond-async"})
    assert started.status_code == 202
    status = started.headers["Content-Location"]
    for _ in range(100):
        answer = api.http.get(status)
        if answer.status_code == 200:
            break
        assert answer.status_code == 202
        time.sleep(0.05)
    manifest = answer.json()
    assert manifest["requiresAccessToken"] is True
    assert {one["type"] for one in manifest["output"]} == {"Observation", "Practitioner"}
    for one in manifest["output"]:
        lines = api.http.get(one["url"], headers={"Accept": "application/fhir+ndjson"}).text.splitlines()
        assert len(lines) == one["count"]
        assert {json.loads(line)["resourceType"] for line in lines} == {one["type"]}
        assert httpx.get(one["url"]).status_code == 401
    folder = api.exchange.settings.data_dir / "exports"
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()} == {0o600}
    clinician = api.token("clinician", purpose="TREAT", organisation="somewhere")
    stranger = {"Authorization": f"Bearer {clinician}"}
    assert api.http.get(status, headers=stranger).status_code == 404
    assert api.http.get(manifest["output"][0]["url"], headers=stranger).status_code == 404
    assert api.http.delete(status).status_code == 202
    assert api.http.get(status).status_code == 404
    refused = api.get("$export", headers={"Prefer": "respond-async"} | stranger)
    assert refused.status_code == 403


def test_match_finds_by_identifier_then_by_name_and_birth_date(api: Api) -> None:
    api.put(patient(id="matched", birthDate="1933-03-03", identifier=[{"system": "urn:test", "value": "m1"}]))

    def match(described: dict[str, Any]) -> list[tuple[str, float]]:
        body = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": described}]}
        page = api.http.post("Patient/$match", content=json.dumps(body)).json()
        return [(entry["resource"]["id"], entry["search"]["score"]) for entry in page.get("entry", [])]

    assert ("matched", 1.0) in match(
        {"resourceType": "Patient", "identifier": [{"system": "urn:test", "value": "m1"}]}
    )
    assert ("matched", 0.8) in match(patient(birthDate="1933-03-03"))
    assert match(patient(birthDate="1933-03-04")) == []


def test_validate_says_what_is_wrong_and_stores_nothing(api: Api) -> None:
    wrong = api.http.post("Observation/$validate", content=json.dumps({"resourceType": "Observation"})).json()
    assert {issue["severity"] for issue in wrong["issue"]} == {"error"}
    right = api.http.post("Observation/$validate", content=json.dumps(weight())).json()
    assert right["issue"][0]["severity"] == "information"


def test_the_capability_statement_says_what_is_routed(api: Api) -> None:
    statement = httpx.get(f"{api.base}/metadata").json()
    rest = statement["rest"][0]
    types = {one["type"]: one for one in rest["resource"]}
    assert len(types) > 140
    assert {one["code"] for one in types["Patient"]["interaction"]} >= {
        "read",
        "vread",
        "update",
        "patch",
        "delete",
        "create",
    }
    assert {one["name"] for one in types["Patient"]["operation"]} >= {"everything", "match"}
    assert {one["name"] for one in types["Observation"]["searchParam"]} >= {"patient", "code", "_lastUpdated"}
    assert {one["code"] for one in rest["interaction"]} == {
        "transaction",
        "batch",
        "search-system",
        "history-system",
    }
    uris = rest["security"]["extension"][0]["extension"]
    assert {one["url"] for one in uris} >= {"authorize", "token"}
    for name in [one["name"] for one in types["Observation"]["searchParam"]]:
        known = api.get(f"Observation?{name}:missing=true&_count=0")
        assert known.status_code in (200, 400), name
        assert "unknown-parameter" not in known.text
