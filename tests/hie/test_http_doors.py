"""Who may send at the HTTP doors: a token speaks for its own institution, never for the one a message names."""

from collections.abc import Iterator

import httpx
import pytest

from fhir_profiles import instant
from hie.app import create_app
from hie.auth import tokens
from hie.auth.claims import Claims
from record_store.database import cursor, unit_of_work
from tests.hie.conftest import HOSPITAL, Small
from tests.hie.messages import adt
from tests.serving import free_port, serving


@pytest.fixture
def http(small: Small) -> Iterator[httpx.Client]:
    port = free_port()
    with (
        serving(create_app(small.exchange), port),
        httpx.Client(base_url=f"http://localhost:{port}") as client,
    ):
        yield client


def send(small: Small, http: httpx.Client, who: Claims | None) -> httpx.Response:
    headers = {}
    if who:
        with unit_of_work(small.exchange.engine) as connection:
            token = tokens.issue(cursor(connection), "client", who, "system/*.cruds", instant.now())
        headers["Authorization"] = f"Bearer {token}"
    return http.post("/doors/hl7v2", content=adt(1), headers=headers)


def test_a_hospital_sends_with_its_own_token(small: Small, http: httpx.Client) -> None:
    answer = send(small, http, Claims("client", "system", organisation=HOSPITAL.organisation))
    assert b"MSA|AA|" in answer.content
    assert small.rows("select source from inbox") == [(small.source,)]


@pytest.mark.parametrize(
    ("who", "status"),
    [
        (None, 401),
        (Claims("r", "resident", resident_id=1), 403),
        (Claims("c", "clinician", organisation="91370200000000002X"), 401),
        (Claims("s", "system"), 401),
    ],
)
def test_nobody_else_sends_in_a_hospitals_name(
    small: Small, http: httpx.Client, who: Claims | None, status: int
) -> None:
    answer = send(small, http, who)
    assert answer.status_code == status
    assert small.rows("select count(*) from inbox") == [(0,)]
