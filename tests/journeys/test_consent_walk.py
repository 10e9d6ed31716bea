"""From a result at hospital A to an entry in the resident's access log: the walk through consent, end to end.

One story in steps that build on each other; each step is a test, so that a failure names the step.
"""

import socket
import time
from typing import Any

import pytest

from adapters.hl7v2.framing import frame
from tests.city import City
from tests.journeys.conftest import Open, sign_in, use_card

HIDDEN: dict[str, str] = {}

pytestmark = pytest.mark.browser


def result(number: str, value: str, control: str) -> bytes:
    """A glucose result of the walker from hospital A, by his citizen number."""
    stamp = "20261123080000"
    return (
        f"MSH|^~\\&|LIS|WANGHAI|HIE|QINGDAO|{stamp}||ORU^R01^ORU_R01|{control}|P|2.5.1|||AL|NE|CHN|UNICODE UTF-8\r"
        f"PID|1||WALK01^^^WANGHAI^MR~{number}^^^&2.16.156.10011.1.3&ISO^NI||于^海珅||19581031|M\r"
        f"OBR|1||{control}F|GLU^葡萄糖^L|||{stamp}|||||||||||||||||LAB|F\r"
        f"OBX|1|NM|2345-7^葡萄糖^LN||{value}|mmol/L|3.9-6.1|H|||F|||{stamp}\r"
    ).encode()


def entries(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return [
        entry["resource"] for entry in answer.json().get("entry", []) if entry["search"]["mode"] == "match"
    ]


def walker(city: City) -> str:
    return str(city.card("walker")["resident"])


def test_1_a_result_that_hospital_a_sends_is_acknowledged(city: City) -> None:
    with city.client("resident") as resident:
        patient = resident.get(f"/Patient/{walker(city)}").json()
    number = next(i["value"] for i in patient["identifier"] if i["system"].endswith("2.16.156.10011.1.3"))
    with socket.create_connection((city.told["mllp"]["host"], city.told["mllp"]["port"]), 10) as line:
        line.settimeout(20)
        line.sendall(frame(result(number, "7.77", "WALK-1")))
        assert b"MSA|CA|WALK-1" in line.recv(4096)


def test_2_a_clinician_of_hospital_b_with_an_open_encounter_reads_it(city: City) -> None:
    with city.client("clinician") as clinician:
        end = time.monotonic() + 20
        found: list[dict[str, Any]] = []
        while time.monotonic() < end and not found:
            found = entries(
                clinician.get(
                    "/Observation",
                    params={"patient": walker(city), "code": "2345-7", "value-quantity": "7.77"},
                )
            )
            time.sleep(0.3)
    assert [observation["valueQuantity"]["value"] for observation in found] == [7.77]


def test_3_the_resident_hides_one_visit_with_the_card(city: City, open_page: Open) -> None:
    page = open_page()
    sign_in(page, city, "walker")
    page.goto("/portal/directives")
    options = page.locator("#visit option").evaluate_all("all => all.map(each => each.value).filter(Boolean)")
    with city.client("clinician") as clinician:
        seen = {
            f"Encounter/{each['id']}"
            for each in entries(
                clinician.get("/Encounter", params={"patient": walker(city), "_count": "200"})
            )
        }
    HIDDEN["visit"] = next(option for option in options if option in seen)
    page.select_option("#visit", HIDDEN["visit"])
    use_card(page, city, "walker")
    page.get_by_text("生效中").first.wait_for()


def test_4_the_hidden_visit_is_absent_for_the_clinician(city: City) -> None:
    with city.client("clinician") as clinician:
        hidden = clinician.get(f"/{HIDDEN['visit']}")
        absent = clinician.get("/Encounter/0197aaaa-aaaa-7aaa-8aaa-aaaaaaaaaaaa")
    assert hidden.status_code == absent.status_code == 404
    assert hidden.json()["issue"] == absent.json()["issue"]


def test_5_a_denial_signed_by_the_card_holds_on_page_two_of_a_running_search(
    city: City, open_page: Open
) -> None:
    with city.client("clinician") as clinician:
        first = clinician.get("/Observation", params={"patient": walker(city), "_count": "5"})
        assert len(entries(first)) == 5
        following = next(link["url"] for link in first.json()["link"] if link["relation"] == "next")

        page = open_page(width=390)
        sign_in(page, city, "walker")
        page.goto("/portal/directives")
        page.select_option("#organisation", label="青岛听涛人民医院")
        use_card(page, city, "walker")
        page.get_by_text("生效中").nth(1).wait_for()

        second = clinician.get(following)
        assert second.status_code in (403, 404, 410)
        assert "entry" not in second.json()
        again = clinician.get("/Observation", params={"patient": walker(city), "_count": "5"})
        assert again.status_code == 403 or not _others(again)


def test_6_breaking_the_glass_opens_all_but_the_hidden_visit(city: City, open_page: Open) -> None:
    page = open_page()
    _as_clinician(page, city)
    page.goto(f"/workspace/patients/{walker(city)}")
    page.locator("summary").click()
    page.locator("input[value=unconscious]").check()
    page.fill("#explanation", "昏迷送入急诊，需要了解既往用药")
    page.locator("form[action$=glass] button").click()
    page.wait_for_url(lambda url: url.endswith(f"/workspace/patients/{walker(city)}"))
    page.goto(f"/workspace/patients/{walker(city)}")
    text = page.content()
    assert "7.77" in text
    assert HIDDEN["visit"].replace("/", "-") not in text


def test_7_the_resident_sees_who_looked_when_and_why(city: City, open_page: Open) -> None:
    page = open_page(language="en-GB", width=390)
    sign_in(page, city, "walker")
    page.goto("/portal/looks")
    text = page.inner_text("main")
    assert "林若兰" in text
    assert "Broke the glass" in text
    assert "broken glass" in text
    page.goto("/portal/notices")
    assert "Somebody broke the glass" in page.inner_text("main")


def test_8_the_authority_exports_the_notifiable_case_all_the_same(city: City) -> None:
    with city.client("authority") as authority:
        started = authority.get(
            "/$export", params={"_type": "Condition"}, headers={"Prefer": "respond-async"}
        )
        assert started.status_code == 202, started.text
        place = started.headers["content-location"]
        end = time.monotonic() + 60
        while (status := authority.get(place)).status_code == 202 and time.monotonic() < end:
            time.sleep(0.2)
        assert status.status_code == 200
        lines = [
            line
            for output in status.json()["output"]
            for line in authority.get(output["url"]).text.splitlines()
            if output["type"] == "Condition"
        ]
    assert any("J10" in line or "J11" in line for line in lines)


def test_9_the_trace_is_whole(city: City) -> None:
    done = city.run("audit", "verify")
    assert done.returncode == 0, done.stdout + done.stderr


def _others(answer: Any) -> list[dict[str, Any]]:
    """Rows that did not come from hospital B itself."""
    return [
        each for each in entries(answer) if each.get("meta", {}).get("source") != "urn:hie:source:hospital-b"
    ]


def _as_clinician(page: Any, city: City) -> None:
    page.goto("/sign-in?next=/workspace")
    page.locator("input[value=clinician]").check()
    use_card(page, city, "doctor")
    page.wait_for_url(lambda url: url == f"{city.base}/workspace")
