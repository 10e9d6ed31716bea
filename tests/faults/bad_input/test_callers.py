"""Callers who are not who they say: 401 and nothing else, refusals of the token endpoint, other people's page links."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta

import httpx
import psycopg2
import pytest

from fhir_profiles import instant
from hie.auth import tokens
from hie.auth.claims import Claims
from tests.city import City
from tests.faults.conftest import Ledger, calm, outcome

ASSERTED = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@pytest.fixture(scope="module")
def http(city: City) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=city.base, timeout=30) as client:
        yield client


TOKENS = {
    "no header": None,
    "an empty header": b"",
    "a scheme alone": b"Bearer",
    "another scheme": b"Basic YTpi",
    "garbage": b"Bearer zzz",
    "words": b"Bearer a b c",
    "seven thousand letters": b"Bearer " + b"z" * 7000,
    "bytes of no text": b"Bearer \xff\xfe\xed\xa0\x80",
    "a JWT that says none": b"Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.",
}


@pytest.mark.parametrize("what", TOKENS)
@pytest.mark.parametrize(
    "path", ["/fhir/Patient", "/fhir/Patient/1", "/fhir/$export", "/fhir/Unicorn", "/metrics"]
)
def test_without_a_token_of_ours_there_is_401_and_nothing_else(
    http: httpx.Client, what: str, path: str
) -> None:
    token = TOKENS[what]
    headers = {} if token is None else {b"authorization": token}
    answer = http.get(path, headers=headers)
    outcome(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_an_expired_token_is_no_token(http: httpx.Client, ledger: Ledger) -> None:
    with psycopg2.connect(ledger.url) as connection, connection.cursor() as cursor:
        who = Claims(subject="late", role="system", display="Late")
        before = instant.now() - timedelta(hours=1)
        late = tokens.issue(cursor, "late", who, "system/*.cruds", before, lifetime=timedelta(minutes=5))
    outcome(
        http.get("/fhir/Patient", headers={"authorization": f"Bearer {late}"}), 401, reason="token-invalid"
    )


@pytest.mark.parametrize(
    ("role", "scope", "method", "path"),
    [
        ("clinician", "user/Patient.rs", "GET", "/Observation?_count=1"),
        ("clinician", "user/*.rs", "POST", "/Observation"),
        ("authority", "system/*.rs", "POST", "/Observation"),
        ("clinician", "user/Patient.rs?_security=x", "GET", "/Patient?_count=1"),
        ("clinician", "launch openid", "GET", "/Patient?_count=1"),
        ("system", "system/Patient.r", "GET", "/$export"),
    ],
)
def test_a_scope_that_does_not_cover_the_request_is_refused(
    city: City, role: str, scope: str, method: str, path: str
) -> None:
    with city.client(role, "--scope", scope) as client:
        body = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
        answer = client.request(
            method,
            path,
            json=body if method == "POST" else None,
            headers={"content-type": "application/fhir+json", "prefer": "respond-async"},
        )
    outcome(answer, 403)


@pytest.mark.parametrize("role", ["nobody", "", "admin", "clinician; drop table"])
def test_a_token_for_a_role_that_is_none_is_not_printed(city: City, role: str) -> None:
    done = city.run("token", "--role", role)
    calm(done.stdout + done.stderr)
    assert (done.returncode, done.stdout) == (2, "")
    assert "role" in done.stderr


@pytest.mark.parametrize(
    "options",
    [("--role", "resident", "--resident", "nobody"), ("--role", "clinician", "--purpose", "FUN"),
     ("--role", "clinician", "--source", "nowhere")],
)  # fmt: skip
def test_a_token_for_what_is_not_there_is_not_printed(city: City, options: tuple[str, ...]) -> None:
    done = city.run("token", *options)
    calm(done.stdout + done.stderr)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip()


def test_a_page_link_of_another_caller_is_refused(city: City) -> None:
    walker = city.card("walker")["resident"]
    with city.client("resident", "--resident", walker) as own, city.client("clinician") as other:
        page = own.get("/Observation", params={"patient": walker, "_count": "1"}).json()
        address = next(link["url"] for link in page["link"] if link["relation"] == "next")
        assert own.get(address).status_code == 200
        outcome(other.get(address), 400, reason="page-refused")
        outcome(own.get(address[:-4] + "AAAA"), 400, reason="page-refused")


def test_a_resident_finds_nothing_of_others(city: City) -> None:
    walker, wife = (city.card(name)["resident"] for name in ("walker", "wife"))
    with city.client("resident", "--resident", walker) as own:
        refused = own.get(f"/Patient/{wife}")
        absent = own.get("/Patient/0197aaaa-aaaa-7aaa-8aaa-aaaaaaaaaaaa")
        assert (refused.status_code, refused.json()) == (absent.status_code, absent.json())


def assertion(header: object, claims: object) -> str:
    """A JWT with a signature of nobody."""
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), b"signature")
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


FORMS: dict[str, dict[str, str] | bytes] = {
    "nothing": b"",
    "undecodable bytes": b"\xff\xfe",
    "undecodable fields": b"grant_type=%ff&client_id=%ed%a0%80",
    "an unknown grant": {"grant_type": "magic"},
    "a password": {"grant_type": "password", "username": "a", "password": "b"},
    "a code of nobody": {"grant_type": "authorization_code", "client_id": "x", "code": "y"},
    "a NUL": {"grant_type": "authorization_code", "client_id": "\x00", "code": "\x00"},
    "a refresh token of nobody": {"grant_type": "refresh_token", "client_id": "x", "refresh_token": "y"},
    "no assertion": {"grant_type": "client_credentials"},
    "an assertion that is none": {"grant_type": "client_credentials", "client_assertion": "a.b.c"},
    "too many fields": b"a=1&" * 500,
    "too much": b"a=" + b"x" * 100_000,
}
ASSERTIONS: dict[str, tuple[object, object]] = {
    "without algorithm": ({"alg": "none"}, {"iss": "demo", "sub": "demo"}),
    "with a shared secret": ({"alg": "HS256"}, {"iss": "demo", "sub": "demo"}),
    "without claims": ({"alg": "ES384"}, {}),
    "with claims of other kinds": ({"alg": "ES384", "kid": 5}, {"iss": 5, "sub": [], "aud": {}, "exp": "x"}),
    "with a list": ([], []),
    "with a NUL": ({"alg": "ES384"}, {"iss": "\x00", "sub": "\x00"}),
}


def refused(answer: httpx.Response) -> None:
    """As RFC 6749 §5.2 writes it."""
    calm(answer.text, answer.status_code)
    assert answer.status_code in (400, 401)
    assert answer.json()["error"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("what", FORMS)
@pytest.mark.parametrize("endpoint", ["token", "revoke", "introspect"])
def test_a_bad_form_is_refused_as_oauth_writes_it(http: httpx.Client, endpoint: str, what: str) -> None:
    form = FORMS[what]
    headers = {"content-type": "application/x-www-form-urlencoded"}
    content = form if isinstance(form, bytes) else str(httpx.QueryParams(form)).encode()
    refused(http.post(f"/auth/{endpoint}", content=content, headers=headers))


@pytest.mark.parametrize("what", ASSERTIONS)
def test_an_assertion_that_nobody_signed_is_refused(city: City, http: httpx.Client, what: str) -> None:
    header, claims = ASSERTIONS[what]
    if isinstance(claims, dict) and claims.get("iss") == "demo":
        client = city.told["clients"]["clinician"]["client_id"]
        claims = {
            "iss": client,
            "sub": client,
            "aud": f"{city.base}/auth/token",
            "exp": 9_999_999_999,
            "jti": "1",
        }
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTED}
    refused(http.post("/auth/token", data=form | {"client_assertion": assertion(header, claims)}))


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", "text/plain"])
def test_a_form_of_another_kind_is_refused(http: httpx.Client, kind: str) -> None:
    refused(http.post("/auth/token", content=b"--x\r\n{}", headers={"content-type": kind}))
