"""The demonstration's clients: institutions, an authority, a conformance client and an app, with key files of their own.

SMART Backend Services (https://hl7.org/fhir/smart-app-launch/backend-services.html): each signs its assertion with an
ES384 key whose private half lies in `DIR/clients/NAME.jwk`.
"""

import json
import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey

from consent import permits
from fhir_profiles import instant
from hie.auth import clients
from hie.auth.clients import Client
from hie.operations.city.city import City
from hie.operations.city.institutions import DISEASE_CONTROL, MATERNITY, VACCINATION
from hie.operations.operator_trace import operator

ALGORITHM: Final = "ES384"
CLINICIAN: Final = "clinician"
AUTHORITY: Final = "authority"
SYSTEM: Final = "system"
APP: Final = "app"
FEEDS: Final = (DISEASE_CONTROL, VACCINATION, MATERNITY)
"""Sources behind the HTTP doors: their client id is the source's credential."""
HOME: Final = "hospital-b"
"""Where the demonstration's clinician works: the walker lies in a bed there."""
REDIRECTS: Final = (
    "http://localhost:8000/callback",
    "http://localhost:3000/callback",
    "http://127.0.0.1:8000/callback",
)

_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_SCOPES: Final = {CLINICIAN: "user/*.cruds", AUTHORITY: "system/*.rs", SYSTEM: "system/*.cruds"}


@dataclass(frozen=True, slots=True)
class Registered:
    """A client as `demo.json` names it; the app has no key."""

    client_id: str
    key_file: Path | None


def register(cursor: Any, city: City, data_dir: Path) -> dict[str, Registered]:
    """Register all clients, by role or by source; keys are made once and kept."""
    folder = data_dir / "clients"
    folder.mkdir(mode=0o700, exist_ok=True)
    organisations = {
        CLINICIAN: city.institutions[HOME].code,
        AUTHORITY: city.institutions[DISEASE_CONTROL].code,
    }
    found = {}
    for role, scope in _SCOPES.items():
        name = f"{role} of the demonstration"
        client = Client(f"demo-{role}", name, role, "asymmetric", scope, organisations.get(role, ""))
        found[role] = _with_key(cursor, client, folder)
    for source in FEEDS:
        institution = city.institutions[source]
        client = Client(source, institution.name, "system", "asymmetric", "system/Bundle.c", institution.code)
        found[source] = _with_key(cursor, client, folder)
    app = Client(
        "demo-app",
        "App of the demonstration",
        "resident",
        "public",
        _APP_SCOPE,
        redirect_uris=list(REDIRECTS),
    )
    clients.register(cursor, app)
    found[APP] = Registered(app.client_id, None)
    now = instant.now()
    permits.allow(
        cursor, operator(), "system", "conformance client of the demonstration", now, client_id="demo-system"
    )
    return found


_APP_SCOPE: Final = "openid fhirUser launch launch/patient offline_access patient/*.rs user/*.rs"


def token(http: httpx.Client, base_url: str, client: Registered, scope: str) -> str:
    """An access token for a client with a key, from the token endpoint. Raises httpx.HTTPStatusError."""
    if client.key_file is None:
        raise ValueError("this client has no key")
    key = ECKey.import_key(json.loads(client.key_file.read_text()))
    now = instant.now()
    claims = {
        "iss": client.client_id,
        "sub": client.client_id,
        "aud": f"{base_url}/auth/token",
        "jti": uuid4().hex,
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(minutes=4)).timestamp()),
    }
    header = {"alg": ALGORITHM, "kid": client.client_id, "typ": "JWT"}
    assertion = jwt.encode(header, claims, key, algorithms=[ALGORITHM])
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": _ASSERTION,
        "client_assertion": assertion,
        "scope": scope,
    }
    answer = http.post(f"{base_url}/auth/token", data=form)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def _with_key(cursor: Any, client: Client, folder: Path) -> Registered:
    file = folder / f"{client.client_id}.jwk"
    if not file.exists():
        made = ECKey.generate_key(
            "P-384", {"use": "sig", "alg": ALGORITHM, "kid": client.client_id}, private=True
        )
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as target:
            json.dump(made.as_dict(private=True), target)
    key = ECKey.import_key(json.loads(file.read_text()))
    client.jwks = {"keys": [key.as_dict(private=False)]}
    clients.register(cursor, client)
    return Registered(client.client_id, file)
