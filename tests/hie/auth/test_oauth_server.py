"""The authorization server keeps the promises of SMART App Launch 2.2 that it advertises."""

import base64
import hashlib
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from hie.auth import clients, discovery, endpoints
from hie.auth.claims import Claims
from hie.auth.clients import Client
from hie.auth.oauth_server import Server
from hie.settings import Settings
from record_store.database import cursor, unit_of_work
from tests.conftest import Database
from tests.serving import free_port, serving

CALLBACK = "http://localhost:9000/callback"
REGISTERED = "system/*.rs system/Condition.cruds"


@dataclass
class Place:
    base: str
    http: httpx.Client
    app: FastAPI
    database: Database
    key: Any

    def assertion(self, **changed: Any) -> str:
        claims = {
            "iss": "authority",
            "sub": "authority",
            "aud": f"{self.base}/auth/token",
            "exp": int(time.time()) + 120,
            "jti": secrets.token_hex(8),
        } | changed
        algorithm = {"EC": "ES384", "RSA": "RS384"}[self.key.key_type]
        return jwt.encode({"alg": algorithm}, claims, self.key, algorithms=[algorithm])

    def by_itself(self, assertion: str, scope: str = "system/*.rs") -> Any:
        return self.http.post(
            "/auth/token",
            data={
                "grant_type": "client_credentials",
                "scope": scope,
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": assertion,
            },
        )

    def code(self, verifier: str, scope: str = "launch/patient patient/*.rs offline_access") -> str:
        """What the approval page does when the resident says yes."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        query = {
            "response_type": ["code"],
            "client_id": ["app"],
            "redirect_uri": [CALLBACK],
            "scope": [scope],
            "state": ["s"],
            "code_challenge": [challenge],
            "code_challenge_method": ["S256"],
        }
        with unit_of_work(self.database.engine) as connection:
            server = Server(cursor(connection), self.base)
            request = server.create_oauth2_request(("GET", "/auth/authorize", {}, query))
            grant = server.get_consent_grant(request, None)
            claims = Claims("R1", "resident", resident_id=7, purpose="PATRQT", patient="p-1")
            status, _, headers = server.create_authorization_response(request, claims, grant)
        assert status == 302
        return parse_qs(urlsplit(dict(headers)["Location"]).query)["code"][0]

    def redeem(self, code: str, verifier: str) -> Any:
        return self.http.post(
            "/auth/token",
            data={
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": CALLBACK,
                "client_id": "app",
                "code_verifier": verifier,
            },
        )


@pytest.fixture
def place(database: Database, request: pytest.FixtureRequest) -> Iterator[Place]:
    key: Any = (
        ECKey.generate_key("P-384") if getattr(request, "param", "EC") == "EC" else RSAKey.generate_key(2048)
    )
    with unit_of_work(database.engine) as connection:
        cur = cursor(connection)
        clients.register(
            cur,
            Client(
                "authority",
                "CDC",
                "authority",
                "asymmetric",
                REGISTERED,
                jwks={"keys": [key.as_dict(private=False)]},
            ),
        )
        clients.register(
            cur,
            Client(
                "app",
                "App",
                "resident",
                "public",
                "launch/patient patient/*.rs offline_access",
                redirect_uris=[CALLBACK],
            ),
        )
    port = free_port()
    base = f"http://localhost:{port}"
    app = FastAPI()
    app.state.exchange = SimpleNamespace(engine=database.engine, settings=Settings(base_url=base))
    app.include_router(endpoints.router)
    app.include_router(discovery.router)
    with serving(app, port), httpx.Client(base_url=base) as http:
        yield Place(base, http, app, database, key)


@pytest.mark.parametrize("place", ["EC", "RSA"], indirect=True)
def test_an_authority_gets_a_token_with_a_signed_assertion(place: Place) -> None:
    answer = place.by_itself(place.assertion())
    assert answer.status_code == 200
    assert answer.json()["scope"] == "system/*.rs"
    assert "refresh_token" not in answer.json()


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"aud": "http://elsewhere/token"}, 401),
        ({"exp": int(time.time()) - 600}, 401),
        ({"iss": "somebody"}, 401),
        ({"sub": "nobody", "iss": "nobody"}, 401),
        ({"jti": None}, 401),
    ],
)
def test_an_assertion_that_is_not_for_us_or_not_fresh_is_refused(
    place: Place, changed: dict[str, Any], status: int
) -> None:
    answer = place.by_itself(place.assertion(**changed))
    assert answer.status_code in (400, status)
    assert "access_token" not in answer.json()


def test_an_assertion_works_once(place: Place) -> None:
    assertion = place.assertion()
    assert place.by_itself(assertion).status_code == 200
    assert "access_token" not in place.by_itself(assertion).json()


def test_an_assertion_of_another_key_is_refused(place: Place) -> None:
    stranger = ECKey.generate_key("P-384")
    forged = jwt.encode(
        {"alg": "ES384"}, {"iss": "authority", "sub": "authority"}, stranger, algorithms=["ES384"]
    )
    assert "access_token" not in place.by_itself(forged).json()


def test_scopes_that_are_not_registered_are_not_given(place: Place) -> None:
    answer = place.by_itself(place.assertion(), "system/*.cruds system/Condition.r")
    assert answer.json()["scope"] == "system/Condition.r"
    assert place.by_itself(place.assertion(), "system/*.cruds").json()["error"] == "invalid_scope"


def test_an_app_gets_the_patient_and_a_refresh_token_with_pkce(place: Place) -> None:
    verifier = secrets.token_urlsafe(48)
    answer = place.redeem(place.code(verifier), verifier)
    assert answer.status_code == 200, answer.text
    assert answer.json()["patient"] == "p-1"
    assert answer.json()["refresh_token"]


def test_a_code_works_once_and_only_with_its_verifier(place: Place) -> None:
    verifier = secrets.token_urlsafe(48)
    assert place.redeem(place.code(verifier), secrets.token_urlsafe(48)).status_code == 400
    code = place.code(verifier)
    assert place.redeem(code, verifier).status_code == 200
    assert place.redeem(code, verifier).status_code == 400


def test_a_refresh_token_used_twice_ends_its_family(place: Place) -> None:
    verifier = secrets.token_urlsafe(48)
    first = place.redeem(place.code(verifier), verifier).json()
    refresh = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"], "client_id": "app"}
    second = place.http.post("/auth/token", data=refresh).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert place.http.post("/auth/token", data=refresh).status_code == 400
    again = refresh | {"refresh_token": second["refresh_token"]}
    assert place.http.post("/auth/token", data=again).status_code == 400
    assert _introspect(place, second["access_token"]) == {"active": False}


def test_a_revoked_token_is_no_longer_active(place: Place) -> None:
    verifier = secrets.token_urlsafe(48)
    tokens = place.redeem(place.code(verifier), verifier).json()
    assert _introspect(place, tokens["access_token"])["active"] is True
    place.http.post("/auth/revoke", data={"token": tokens["refresh_token"], "client_id": "app"})
    assert _introspect(place, tokens["access_token"]) == {"active": False}


def test_discovery_names_only_addresses_that_are_routed(place: Place) -> None:
    told = place.http.get("/fhir/.well-known/smart-configuration").json()
    for name in ("token_endpoint", "introspection_endpoint", "revocation_endpoint"):
        assert place.http.post(told[name]).status_code in (400, 401)
    assert told["code_challenge_methods_supported"] == ["S256"]


def _introspect(place: Place, token: str) -> dict[str, Any]:
    answer: dict[str, Any] = place.http.post(
        "/auth/introspect",
        data={
            "token": token,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": place.assertion(),
        },
    ).json()
    return answer
