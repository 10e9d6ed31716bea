"""Canaries: people with marked names, ids and phones go through every channel, and no log or stray file knows them."""

import json
import os
import re
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from urllib.parse import quote

import httpx
import psycopg2
import pytest

from adapters.hl7v2.framing import frame
from fhir_profiles.identity_numbers import citizen_id
from record_store import embedded_place
from tests.city import City
from tests.faults.bad_input.test_drop_folder import file, visit
from tests.faults.bad_input.test_pages import signed_in
from tests.faults.conftest import Ledger
from tests.hie.messages import adt, oru

NAME, CODE, PHONE = "金丝雀王", "CANARY-7731", "13800007731"
NUMBER = citizen_id("370200", date(1977, 3, 1), 731)

EXCLUDED = {
    "postgres/": "the database itself",
    "drop/": "originals, as their sender dropped them and finds them again",
    "exports/": "what a caller asked to take out; removed on request",
}
"""Folders of the data directory where residents may stand, each with its reason."""


def forms(word: str) -> list[bytes]:
    """A word as it may stand in a file."""
    escaped = json.dumps(word).strip('"')
    return [word.encode(), word.encode("gb18030"), quote(word).encode(), escaped.encode()]


CANARIES = re.compile(
    b"|".join(re.escape(form) for word in (NAME, CODE, PHONE, NUMBER) for form in forms(word))
)


@pytest.fixture(scope="module")
def flown(city: City, ledger: Ledger) -> float:
    """All canaries sent and worked off; since when."""
    since = time.time() - 1
    _over_mllp(city)
    _through_doors(city)
    _as_files(city)
    _over_the_api(city)
    _through_pages(city)
    _as_no_http_at_all(city)
    _into_errors_of_the_database(ledger)
    end = time.monotonic() + 60
    while ledger.rows("select count(*) from inbox where state = 'waiting'") != [(0,)]:
        assert time.monotonic() < end
        time.sleep(0.2)
    return since


def person(control: str) -> bytes:
    """A registration of a canary."""
    named = adt(1, control, name=f"{NAME}^{NAME}").decode()
    segments = [
        f"PID|1||{CODE}^^^X^MR~{NUMBER}^^^&2.16.156.10011.1.3&ISO^NI||{NAME}||19770301|M|||{NAME}路||{PHONE}"
        if segment.startswith("PID")
        else segment
        for segment in named.split("\r")
    ]
    return "\r".join(segments).encode()


def _over_mllp(city: City) -> None:
    good = person("FLY-1")
    hostile = (
        good.replace(b"ADT^A04^ADT_A01", b"QQQ^Q99"),
        good.replace(b"|2.5.1", b"|9"),
        good + b"ZZZ|" + NAME.encode() + b"\xff\xfe",
        good.replace(b"FLY-1", CODE.encode()).replace(b"19770301", NAME.encode()),
        good.replace(b"HOSPITAL-T", NAME.encode()).replace(b"FLY-1", b"FLY-2"),
        good.replace(b"|HIS|", f"|{CODE}|".encode()).replace(b"FLY-1", PHONE.encode()),
        oru(1, "FLY-3", NAME).replace(b"P000001", CODE.encode()),
        NAME.encode(),
    )
    with socket.create_connection((city.told["mllp"]["host"], city.told["mllp"]["port"]), 20) as line:
        line.settimeout(20)
        line.sendall(frame(good) * 2 + b"".join(frame(message) for message in hostile))
        received = b""
        while received.count(b"\x1c\r") < 2 + len(hostile):
            received += line.recv(65536)
        line.sendall(frame(good)[:90])


def _through_doors(city: City) -> None:
    documents = {
        "soap": f"<a><name>{NAME}</name><id>{CODE}</id>",
        "cda": f'<ClinicalDocument xmlns="urn:hl7-org:v3"><title>{NAME} {PHONE}</title></ClinicalDocument>',
        "json": json.dumps({"name": NAME, "phone": PHONE, "id": CODE}, ensure_ascii=False),
        "hl7v2": person("FLY-4").decode(),
    }
    with httpx.Client(base_url=f"{city.base}/doors") as http:
        for door, content in documents.items():
            http.post(f"/{door}", content=content.encode())
            http.post(f"/{door}/{CODE}?name={NAME}", content=content[:-5].encode())
            http.post(f"/{door}", content=content.encode(), headers={"authorization": f"Bearer {CODE}"})


def _as_files(city: City) -> None:
    box = Path(city.told["doors"]["csv_dir"])
    rows = visit(7731, XM=NAME, LXDH=PHONE, ZJHM=NUMBER), visit(7732, XM=NAME, HZID="", ZDMC=CODE)
    for name, content in ((f"{NAME}.csv", file(*rows)), (f"{CODE}.csv", f"{NAME},{PHONE}\r\n".encode())):
        (box / f"{name}.part").write_bytes(content)
        os.replace(box / f"{name}.part", box / name)


def _over_the_api(city: City) -> None:
    patient = {
        "resourceType": "Patient",
        "id": CODE,
        "identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": NUMBER}],
        "name": [{"text": NAME}],
        "telecom": [{"system": "phone", "value": PHONE}],
    }
    match = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": patient}]}
    bundle = {
        "resourceType": "Bundle",
        "type": "batch",
        "entry": [{"request": {"method": "GET", "url": f"Patient?name={NAME}&colour={CODE}"}}],
    }
    words = {"name": NAME, "telecom": PHONE, "identifier": NUMBER}
    with city.client("system") as http:
        http.headers["content-type"] = "application/fhir+json"
        http.post("/Patient", json=patient | {"gender": NAME})
        http.post("/Patient", json=patient, headers={"if-none-exist": f"identifier={NUMBER}"})
        http.put(f"/Patient/{CODE}", json=patient)
        http.put(f"/Patient/{CODE}", json=patient, headers={"if-match": f'W/"{CODE}"'})
        http.post("/Patient/$match", json=match)
        http.post("/", json=bundle)
        for path in (
            f"/Patient/{CODE}",
            f"/Patient/{quote(NAME)}",
            f"/{CODE}",
            f"/Patient/{CODE}/{PHONE}/x/y",
        ):
            http.get(path)
            http.delete(f"{path}/{PHONE}")
        http.get("/Patient", params=words)
        http.get("/Patient", params=words | {CODE: NAME})
        http.get("/Patient", params={"birthdate": NAME})
        http.get("/Patient", params={"_sort": NAME, "_page": CODE})
        http.post("/Patient/_search", content=f"name={NAME}".encode(), headers={"content-type": "text/plain"})
        http.post(
            "/Patient/_search", data=words, headers={"content-type": "application/x-www-form-urlencoded"}
        )
        http.get(f"/Patient/{CODE}/$everything")
        http.delete(f"/Patient/{CODE}")
        http.get("/Patient", headers={"authorization": f"Bearer {CODE}", "x-request-id": CODE})


def _through_pages(city: City) -> None:
    page = {"accept": "text/html", "user-agent": CODE, "referer": f"http://localhost/{quote(NAME)}"}
    with httpx.Client(base_url=city.base, headers=page) as http:
        http.get("/sign-in", params={"next": f"/portal?name={NAME}"})
        http.get(f"/{quote(NAME)}/{PHONE}")
        http.get("/portal", headers={"cookie": f"session={CODE}"})
        http.post("/auth/card/challenge", headers={"cookie": f"card-browser={CODE}"})
        http.post("/auth/card/attempt", json={"serial": CODE, "authenticator": NAME})
        http.post("/auth/card/sign-in", json={"certificate": CODE, "nonce": PHONE, "signature": NAME})
        http.post("/auth/token", data={"client_id": CODE, "grant_type": NAME, "username": PHONE})
        http.post("/workspace/find", data={"number": NUMBER})
    with closing(signed_in(city, "doctor", "clinician")) as doctor:
        found = re.search(r'name="csrf" value="([^"]+)"', doctor.get("/workspace").text)
        assert found
        form = {"csrf": found[1], "number": NUMBER}
        doctor.post("/workspace/find", data=form)
        doctor.post("/workspace/find", data=form | {"number": NAME})
        doctor.get(f"/workspace/patients/{CODE}")
        guarded = city.card("guarded")["resident"]
        words = {"reason": "unconscious", "explanation": f"{NAME} {PHONE} {CODE}"}
        doctor.post(f"/workspace/patients/{guarded}/glass", data=form | words)
    with closing(signed_in(city, "guarded", "resident")) as resident:
        for path in ("/portal", "/portal/looks", "/portal/notices", f"/portal?page={CODE}"):
            resident.get(path)


def _as_no_http_at_all(city: City) -> None:
    host, port = city.base.removeprefix("http://").split(":")
    for content in (f"{NAME} {CODE} {PHONE}\r\n\r\n", f"GET /{CODE} HTTP/1.1\r\n{NAME}\r\n\r\n"):
        with socket.create_connection((host, int(port)), 20) as line:
            line.settimeout(20)
            line.sendall(content.encode())
            assert line.recv(4096)


def _into_errors_of_the_database(ledger: Ledger) -> None:
    for statement in ("select %s::int", "select %s from nowhere", "create role hie_app /* %s */"):
        with pytest.raises(psycopg2.Error):
            ledger.rows(statement, f"{NAME} {CODE} {PHONE}")


def files(city: City, since: float) -> Iterator[Path]:
    """Every file that the city's processes write outside of where residents belong."""
    yield city.said
    cluster = (embedded_place.find(city.folder) or pytest.fail("no cluster")).cluster
    places = {city.folder, cluster.parent, Path(tempfile.gettempdir()), Path("/var/tmp")}  # noqa: S108
    for place in places:
        if place in (city.folder, cluster.parent):
            yield from (path for path in place.rglob("*") if path.is_file() and cluster not in path.parents)
            continue
        yield from (path for path in place.glob("hie*") if path.is_file() and path.stat().st_mtime > since)


def test_no_log_and_no_stray_file_knows_a_canary(city: City, flown: float) -> None:
    read, known = [], []
    for path in files(city, flown):
        inside = path.relative_to(city.folder).as_posix() if city.folder in path.parents else path.name
        if inside.startswith(tuple(EXCLUDED)):
            continue
        read.append(inside)
        if found := CANARIES.search(path.read_bytes() + os.fsencode(inside)):
            known.append((inside, found[0].decode("utf-8", "replace")))
    assert known == []
    assert {"logs/serve.log", "logs/listen.log", "logs/work.log", "postgres.log", "demo.out"} <= set(read)


def test_the_canaries_did_fly(ledger: Ledger, city: City, flown: float) -> None:
    payloads = ledger.rows(
        "select count(*) from inbox where control_id in ('FLY-1', 'FLY-3', 'FLY-4', %s)", CODE
    )
    assert payloads[0][0] >= 4
    with city.client("system") as http:
        assert http.get("/Patient", params={"name": NAME}).json()["entry"]
