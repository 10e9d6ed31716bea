"""Registered clients: applications with PKCE, institutions and authorities with a key of their own."""

import json
from dataclasses import dataclass, field
from typing import Any

from authlib.oauth2.rfc6749 import ClientMixin

from consent.scopes import granted

COLUMNS = "client_id, name, role, organisation, kind, jwks, redirect_uris, scope"
SELECT = f"select {COLUMNS} from client where client_id = %(client_id)s and active"
REGISTER = f"""
insert into client ({COLUMNS}) values (
  %(client_id)s, %(name)s, %(role)s, %(organisation)s, %(kind)s, %(jwks)s, %(redirect_uris)s, %(scope)s)
on conflict (client_id) do update set
  name = excluded.name, role = excluded.role, organisation = excluded.organisation, kind = excluded.kind,
  jwks = excluded.jwks, redirect_uris = excluded.redirect_uris, scope = excluded.scope, active = true
"""
LAUNCH_SCOPES = frozenset(
    ("openid", "fhirUser", "profile", "launch", "launch/patient", "offline_access", "online_access")
)


@dataclass(slots=True)
class Client(ClientMixin):
    """One row. `kind` is public (PKCE, no secret) or asymmetric (private_key_jwt with `jwks`)."""

    client_id: str
    name: str
    role: str
    kind: str
    scope: str
    organisation: str = ""
    jwks: dict[str, Any] | None = None
    redirect_uris: list[str] = field(default_factory=list)

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str | None:
        return self.redirect_uris[0] if len(self.redirect_uris) == 1 else None

    def get_allowed_scope(self, scope: str) -> str:
        """Of the scopes asked for, those that the registration covers."""
        return " ".join(asked for asked in scope.split() if _covered(asked, self.scope.split()))

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return False

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == ("none" if self.kind == "public" else "client_assertion_jwt")

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code" and bool(self.redirect_uris)

    def check_grant_type(self, grant_type: str) -> bool:
        if grant_type == "client_credentials":
            return self.kind == "asymmetric"
        return bool(self.redirect_uris)


def find(cursor: Any, client_id: str) -> Client | None:
    """An active client."""
    cursor.execute(SELECT, {"client_id": client_id})
    row = cursor.fetchone()
    if not row:
        return None
    return Client(
        client_id=row[0],
        name=row[1],
        role=row[2],
        organisation=row[3],
        kind=row[4],
        jwks=row[5],
        redirect_uris=row[6],
        scope=row[7],
    )


def register(cursor: Any, client: Client) -> None:
    """Add or renew a client."""
    cursor.execute(
        REGISTER,
        {
            "client_id": client.client_id,
            "name": client.name,
            "role": client.role,
            "organisation": client.organisation,
            "kind": client.kind,
            "jwks": json.dumps(client.jwks) if client.jwks else None,
            "redirect_uris": client.redirect_uris,
            "scope": client.scope,
        },
    )


def _covered(asked: str, registered: list[str]) -> bool:
    """Whether a scope is within the registered ones: `system/Observation.r` within `system/*.rs`."""
    if asked in registered:
        return True
    want = granted(asked)
    if want is None:
        return asked in LAUNCH_SCOPES and asked in registered
    return any(
        have is not None and have[0] == want[0] and have[1] in ("*", want[1]) and set(want[2]) <= set(have[2])
        for have in map(granted, registered)
    )
