"""Bad requests for pages: a page that says so, a way back, and nothing done twice or for somebody else."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from consent.soft_card import SoftCard
from tests.city import City
from tests.faults.bad_input.test_cards import Browser
from tests.faults.conftest import Ledger, calm

PAGE = {"accept": "text/html"}


def signed_in(city: City, name: str, role: str) -> httpx.Client:
    """A browser with a session."""
    client = httpx.Client(base_url=city.base, timeout=30, headers=PAGE)
    browser = Browser(client)
    card = SoftCard(json.loads(Path(city.card(name)["file"]).read_text()), browser)
    card.verify_pin(city.card(name)["pin"])
    answer = browser.answer(card)
    content = {"certificate": answer.certificate, "nonce": answer.nonce, "signature": answer.signature}
    assert client.post("/auth/card/sign-in", json=content | {"as": role}).status_code == 200
    return client


@pytest.fixture(scope="module")
def doctor(city: City) -> Iterator[httpx.Client]:
    with closing(signed_in(city, "doctor", "clinician")) as client:
        yield client


@pytest.fixture(scope="module")
def stranger(city: City) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=city.base, timeout=30, headers=PAGE) as client:
        yield client


def csrf(client: httpx.Client) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/workspace").text)
    assert found
    return found[1]


def problem(answer: httpx.Response, status: int) -> None:
    """A whole page that says what is wrong and has a way back."""
    calm(answer.text, answer.status_code)
    assert answer.status_code == status, answer.text[:300]
    assert answer.headers["content-type"].startswith("text/html")
    assert 'role="alert"' in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path", ["/nowhere", "/portal/nowhere", "/workspace/nowhere", "/%00", "/portal/..%2f..%2fetc%2fpasswd"]
)
def test_an_unknown_address_is_a_page_that_says_so(stranger: httpx.Client, path: str) -> None:
    problem(stranger.get(path), 404)


@pytest.mark.parametrize("path", ["/static/nothing.css", "/static/..%2f..%2fpages.py", "/static/%00"])
def test_nothing_but_assets_is_served_as_asset(stranger: httpx.Client, path: str) -> None:
    answer = stranger.get(path)
    calm(answer.text, answer.status_code)
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/portal", "/portal/looks", "/portal/notices", "/workspace", "/workspace/patients/x", "/public-health"],
)
@pytest.mark.parametrize("cookie", [b"", b"session=lost", b"session=\xff\xfe\xed\xa0\x80; language=\xff"])
def test_without_a_session_one_signs_in_first_and_comes_back(
    stranger: httpx.Client, path: str, cookie: bytes
) -> None:
    answer = stranger.get(path, headers={b"cookie": cookie})
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/sign-in?next={path}"


FORMS = ["/sign-out", "/workspace/find", "/workspace/patients/x/glass", "/language"]


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b"number=%00&reason=x"])
def test_a_form_without_its_fields_is_a_page_that_says_so(
    doctor: httpx.Client, path: str, content: bytes
) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    problem(doctor.post(path, content=content, headers=headers), 400)


@pytest.mark.parametrize("token", ["", "x", "é", "令牌", "\x00"])
def test_a_form_of_another_session_does_nothing(doctor: httpx.Client, token: str) -> None:
    form = {"csrf": token or "-", "number": "370200199001010011"}
    problem(doctor.post("/workspace/find", data=form), 403)


def test_a_form_of_a_lost_session_leads_to_signing_in(stranger: httpx.Client) -> None:
    answer = stranger.post("/workspace/find", data={"csrf": "x", "number": "1"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/workspace")


@pytest.mark.parametrize("number", ["nobody", "'; --", "\x00", "３７０２００" * 500])
def test_a_number_of_nobody_is_a_page_that_says_so(doctor: httpx.Client, number: str) -> None:
    answer = doctor.post("/workspace/find", data={"csrf": csrf(doctor), "number": number})
    assert answer.status_code in (400, 404)
    problem(answer, answer.status_code)


@pytest.mark.parametrize(
    "patient", ["nobody", "%00", "%ff", "a" * 65, "0197aaaa-aaaa-7aaa-8aaa-aaaaaaaaaaaa"]
)
def test_an_unknown_patient_is_a_page_that_says_so(doctor: httpx.Client, patient: str) -> None:
    problem(doctor.get(f"/workspace/patients/{patient}"), 404)


def test_a_glass_broken_twice_by_one_click_is_told_and_stays_open(
    city: City, doctor: httpx.Client, ledger: Ledger
) -> None:
    patient = city.card("guarded")["resident"]
    form = {"csrf": csrf(doctor), "reason": "unconscious", "explanation": "昏迷送入急诊，需要了解既往用药"}
    answers = [doctor.post(f"/workspace/patients/{patient}/glass", data=form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert doctor.get(f"/workspace/patients/{patient}").status_code == 200


@pytest.mark.parametrize(
    ("reason", "explanation"),
    [("curious", "想看看这份病历"), ("unconscious", ""), ("unconscious", "x" * 5000)],
)
def test_a_glass_without_a_good_reason_stays_whole(
    city: City, doctor: httpx.Client, reason: str, explanation: str
) -> None:
    form = {"csrf": csrf(doctor), "reason": reason, "explanation": explanation or " "}
    problem(doctor.post(f"/workspace/patients/{city.card('wife')['resident']}/glass", data=form), 400)


def test_a_script_in_a_name_is_shown_and_not_run(city: City) -> None:
    hostile = '<script>alert("x")</script>\'"><img src=x onerror=alert(1)>'
    patient = city.card("wife")["resident"]
    with city.client("system") as system, closing(signed_in(city, "wife", "resident")) as wife:
        resource = {
            "resourceType": "Observation",
            "status": "final",
            "code": {"text": hostile},
            "subject": {"reference": f"Patient/{patient}"},
            "effectiveDateTime": "2026-11-20",
            "valueString": hostile,
        }
        made = system.post("/Observation", json=resource, headers={"content-type": "application/fhir+json"})
        assert made.status_code == 201, made.text
        text = wife.get("/portal").text
    assert "&lt;script&gt;" in text
    assert "<script>alert" not in text
    assert "<img src=x" not in text


@pytest.mark.parametrize(
    "there", ["//evil.example", "/\\evil.example", "javascript:alert(1)", "http://evil.example"]
)
def test_a_way_back_leads_to_pages_of_ours_alone(stranger: httpx.Client, there: str) -> None:
    answer = stranger.post("/language", data={"language": "en", "back": there})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/portal/directives", b""),
        ("/portal/directives", b"[]"),
        ("/portal/directives/draft", b"{}"),
        ("/workspace/card", b'{"csrf":"x"}'),
        ("/workspace/card", b"[" * 5000),
    ],
)
def test_a_script_that_asks_badly_is_answered_in_its_form(
    stranger: httpx.Client, path: str, content: bytes
) -> None:
    answer = stranger.post(path, content=content, headers={"content-type": "application/json"})
    calm(answer.text, answer.status_code)
    assert 400 <= answer.status_code < 500
    assert set(answer.json()) == {"reason", "text"}
