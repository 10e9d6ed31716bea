"""The API on a loopback port, with tokens for its callers, on one database for each test module."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg2
import pytest
from pydantic import SecretStr
from sqlalchemy import make_url

from consent import permits
from consent.actor import Actor
from fhir_profiles import instant
from hie.app import create_app
from hie.auth import tokens
from hie.auth.claims import Claims
from hie.settings import Settings
from hie.wiring import Exchange
from record_store.database import cursor, unit_of_work
from tests.conftest import TEMPLATE, Postgres
from tests.serving import free_port, serving

OPERATOR = Actor(subject="tests", role="admin")


@dataclass
class Api:
    """A client with the token of the conformance client, and the exchange behind it."""

    exchange: Exchange
    http: httpx.Client
    base: str

    def token(self, role: str, **claims: Any) -> str:
        """A token for a role."""
        scope = claims.pop("scope", "system/*.cruds user/*.cruds patient/*.cruds")
        told = Claims(subject=f"test-{role}", role=role, **claims)
        with unit_of_work(self.exchange.engine, "hie_writer") as connection:
            return tokens.issue(cursor(connection), f"test-{role}", told, scope, instant.now())

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.http.get(path, **more)

    def create(self, resource: dict[str, Any], **headers: str) -> httpx.Response:
        return self.http.post(resource["resourceType"], content=json.dumps(resource), headers=headers)

    def put(self, resource: dict[str, Any], **headers: str) -> httpx.Response:
        return self.http.put(
            f"{resource['resourceType']}/{resource['id']}", content=json.dumps(resource), headers=headers
        )


@pytest.fixture(scope="module")
def api(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    name = f"hie_api_{tmp_path_factory.mktemp('name').name}_{free_port()}"
    postgres.execute(f"create database {name} template {TEMPLATE} strategy file_copy")
    url = make_url(postgres.app_url).set(database=name).render_as_string(hide_password=False)
    port = free_port()
    folder: Path = tmp_path_factory.mktemp("data")
    settings = Settings(
        data_dir=folder,
        database_url=SecretStr(url),
        base_url=f"http://127.0.0.1:{port}",
        port=port,
        demo=True,
    )
    exchange = Exchange(settings)
    with unit_of_work(exchange.engine) as connection:
        permits.allow(cursor(connection), OPERATOR, "system", "tests", instant.now())
    headers = {"Content-Type": "application/fhir+json", "Accept": "application/fhir+json"}
    with (
        serving(create_app(exchange), port),
        httpx.Client(base_url=f"{settings.fhir_base}/", headers=headers, timeout=30) as http,
    ):
        made = Api(exchange, http, settings.fhir_base)
        http.headers["Authorization"] = f"Bearer {made.token('system', purpose='TREAT')}"
        yield made
    exchange.close()
    postgres.execute(f"drop database {name} with (force)")


@pytest.fixture
def behind(api: Api) -> Iterator[Any]:
    """A cursor that reads the record behind the API."""
    connection = psycopg2.connect(api.exchange.database_url)
    with connection.cursor() as own:
        own.execute("set role hie_reader")
        yield own
    connection.close()


def patient(**members: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "name": [{"family": "Wang", "given": ["Wei"]}],
        "gender": "female",
        **members,
    }


def weight(subject: str = "", value: str = "61.50", **members: Any) -> dict[str, Any]:
    """A body weight; its digits count."""
    found: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "effectiveDateTime": "2026-03-01T08:00:00+08:00",
        "valueQuantity": {
            "value": float(value),
            "unit": "kg",
            "system": "http://unitsofmeasure.org",
            "code": "kg",
        },
        **members,
    }
    if subject:
        found["subject"] = {"reference": f"Patient/{subject}"}
    return found
