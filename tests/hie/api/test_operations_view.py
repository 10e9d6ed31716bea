"""What operators see: health that tells the truth, a log without residents, measurements, faults without their text."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
import structlog
from fastapi import FastAPI

from fhir_profiles import instant
from hie import log
from hie.access_log import AccessLog
from hie.operations import health
from record_store.database import connect_engine, cursor, unit_of_work
from tests.hie.api.conftest import Api, patient
from tests.serving import free_port, serving

BEAT = "insert into heartbeat (process, kind, at) values (%s, %s, %s) on conflict (process) do update set at = excluded.at"


def beat(api: Api, kind: str, age: float = 0.0) -> None:
    with unit_of_work(api.exchange.engine) as connection:
        cursor(connection).execute(BEAT, (kind, kind, instant.now() - timedelta(seconds=age)))


@contextmanager
def captured() -> Iterator[list[dict[str, Any]]]:
    """The lines that the log would write."""
    lines: list[dict[str, Any]] = []
    before = structlog.get_config()
    out = io.StringIO()
    log.configure()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(out), cache_logger_on_first_use=False)
    try:
        yield lines
    finally:
        lines.extend(json.loads(line) for line in out.getvalue().splitlines())
        structlog.configure(**before)


def test_ready_means_database_schema_and_workers(api: Api) -> None:
    root = api.exchange.settings.base_url
    assert httpx.get(f"{root}/health/live").json() == {"status": "live"}
    assert httpx.get(f"{root}/health/ready").status_code == 503
    beat(api, "worker")
    beat(api, "listener")
    ready = httpx.get(f"{root}/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    beat(api, "listener", age=600)
    silent = httpx.get(f"{root}/health/ready")
    assert silent.status_code == 503
    assert silent.json()["parts"]["listener"].startswith("silent")
    beat(api, "listener")


def test_a_database_that_is_away_is_told() -> None:
    engine = connect_engine(f"postgresql://nobody@127.0.0.1:{free_port()}/nothing", 1)
    assert health.checks(engine)["database"].startswith("unreachable")
    engine.dispose()


def test_the_log_has_routes_and_never_a_resident(api: Api) -> None:
    with captured() as lines:
        api.get("Patient?name=Kanarienvogel&identifier=urn:test|370200199001010000")
        api.get("Patient/Kanarienvogel")
        api.create(patient(name=[{"family": "Kanarienvogel"}]))
        api.create(patient(name=[{"family": "Kanarienvogel"}], gender="Kanarienvogel"))
        httpx.get(f"{api.base}/Kanarienvogel/Kanarienvogel/Kanarienvogel/Kanarienvogel")
    text = json.dumps(lines)
    assert "Kanarienvogel" not in text
    assert "370200" not in text
    told = [line for line in lines if line["event"] == "request"]
    assert {line["route"] for line in told} >= {"/fhir/{type_}", "/fhir/{type_}/{id_}"}
    assert {line["status"] for line in told} == {200, 404, 201, 400, 401}


def test_a_fault_of_ours_is_a_500_with_an_id_and_no_text() -> None:
    app = FastAPI()

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("Kanarienvogel was born in 1980")

    app.add_middleware(AccessLog)
    port = free_port()
    with captured() as lines, serving(app, port):
        answer = httpx.get(f"http://127.0.0.1:{port}/broken")
    assert answer.status_code == 500
    assert "Kanarienvogel" not in answer.text
    fault = next(line for line in lines if line["event"] == "request failed")
    assert answer.headers["X-Request-ID"] == fault["request_id"]
    assert fault["request_id"] in answer.text
    assert fault["error"] == "RuntimeError"
    assert "Kanarienvogel" not in json.dumps(lines)


def test_measurements_are_for_operators(api: Api) -> None:
    root = api.exchange.settings.base_url
    assert httpx.get(f"{root}/metrics").status_code == 401
    resident = {"Authorization": f"Bearer {api.token('resident', purpose='PATRQT', resident_id=1)}"}
    assert httpx.get(f"{root}/metrics", headers=resident).status_code == 404
    text = httpx.get(f"{root}/metrics", headers={"Authorization": api.http.headers["Authorization"]}).text
    assert 'hie_requests_total{method="GET",route="/fhir/{type_}"' in text
    assert "hie_inbox_messages" in text


LARGE = [("POST", "Patient", "application/fhir+json"), ("POST", "", "application/fhir+json")]


@pytest.mark.parametrize(("method", "path", "kind"), LARGE)
def test_a_body_that_is_too_large_is_not_read(api: Api, method: str, path: str, kind: str) -> None:
    limit = api.exchange.settings.message_limit
    answer = api.http.request(method, path, content=b" " * (limit + 1), headers={"Content-Type": kind})
    assert answer.status_code == 413
    assert answer.json()["issue"][0]["code"] == "too-long"
