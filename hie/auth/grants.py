"""The three grants: authorization code with PKCE, refresh with rotation, and a client by itself."""

import json
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc6749.errors import InvalidRequestError, InvalidScopeError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, ClientCredentialsGrant, RefreshTokenGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from joserfc import jws

from fhir_profiles import instant
from hie.auth import tokens
from hie.auth.claims import Claims, default_purpose, from_json
from hie.auth.clients import Client

SAVE_CODE = """
insert into authorization_code (digest, client_id, redirect_uri, scope, challenge, claims, expires)
values (%(digest)s, %(client_id)s, %(redirect_uri)s, %(scope)s, %(challenge)s, %(claims)s,
        %(now)s + interval '1 minute')
"""
TAKE_CODE = """
delete from authorization_code where digest = %(digest)s and client_id = %(client_id)s and expires > %(now)s
returning redirect_uri, scope, challenge, claims
"""
OWNER = """
select client_id from access_token where digest = %(digest)s
union all select client_id from refresh_token where digest = %(digest)s limit 1
"""


@dataclass(frozen=True, slots=True)
class Credential:
    """What an authorization code or a refresh token stands for."""

    client_id: str
    claims: Claims
    scope: str
    redirect_uri: str = ""
    challenge: str = ""
    family: UUID | None = None

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def check_client(self, client: Client) -> bool:
        return client.client_id == self.client_id


def own(client: Client, scope: str) -> Credential:
    """A client acting by itself."""
    claims = Claims(
        subject=client.client_id,
        role=client.role,
        display=client.name,
        organisation=client.organisation,
        purpose=default_purpose(client.role),
    )
    return Credential(client.client_id, claims, scope)


def known_token(cursor: Any, token: str) -> str | None:
    """The client a token of either kind was given to."""
    cursor.execute(OWNER, {"digest": tokens.digest(token)})
    row = cursor.fetchone()
    return row[0] if row else None


class Challenge(CodeChallenge):
    """PKCE with S256, for every client."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)
    DEFAULT_CODE_CHALLENGE_METHOD = "S256"

    def validate_code_challenge(self, grant: Any, redirect_uri: Any) -> None:
        if grant.request.payload.data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("Send code_challenge with code_challenge_method=S256")
        super().validate_code_challenge(grant, redirect_uri)

    def get_authorization_code_challenge(self, authorization_code: Credential) -> str:
        return authorization_code.challenge

    def get_authorization_code_challenge_method(self, authorization_code: Credential) -> str:
        return "S256"


class AuthorizationCode(AuthorizationCodeGrant):
    """https://hl7.org/fhir/smart-app-launch/app-launch.html. The grant's user is the Claims of who approved."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_assertion_jwt", "none")

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        claims: Claims = request.user
        scope = request.client.get_allowed_scope(request.payload.scope or "")
        self.server.cursor.execute(
            SAVE_CODE,
            {
                "digest": tokens.digest(code),
                "client_id": request.client.client_id,
                "redirect_uri": request.payload.redirect_uri or "",
                "scope": scope,
                "challenge": request.payload.data["code_challenge"],
                "claims": json.dumps(claims.as_json()),
                "now": instant.now(),
            },
        )

    def query_authorization_code(self, code: str, client: Client) -> Credential | None:
        """Taking it out of the table is what makes it usable once."""
        self.server.cursor.execute(
            TAKE_CODE, {"digest": tokens.digest(code), "client_id": client.client_id, "now": instant.now()}
        )
        row = self.server.cursor.fetchone()
        return Credential(client.client_id, from_json(row[3]), row[1], row[0], row[2]) if row else None

    def delete_authorization_code(self, authorization_code: Credential) -> None:
        """It left the table when it was looked up."""

    def authenticate_user(self, authorization_code: Credential) -> Credential:
        return authorization_code


class RefreshToken(RefreshTokenGrant):
    """Each refresh token works once and brings the next one."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_assertion_jwt", "none")
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Credential | None:
        grant = tokens.spend_refresh(self.server.cursor, refresh_token, instant.now())
        return Credential(grant.client_id, grant.claims, grant.scope, family=grant.family) if grant else None

    def authenticate_user(self, refresh_token: Credential) -> Credential:
        return refresh_token

    def revoke_old_credential(self, refresh_token: Credential) -> None:
        """It was spent when it was looked up."""


class ClientCredentials(ClientCredentialsGrant):
    """SMART Backend Services: an institution or an authority by its own key."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_assertion_jwt",)

    def create_token_response(self) -> tuple[int, dict[str, Any], Any]:
        client: Client = self.client
        asked = self.request.payload.scope or ""
        scope = client.get_allowed_scope(asked)
        if not scope:
            raise InvalidScopeError(description="None of these scopes is registered for this client")
        credential = own(client, scope)
        if purpose := _stated_purpose(self.request.form.get("client_assertion", "")):
            credential = replace(credential, claims=replace(credential.claims, purpose=purpose))
        token = self.server.generate_token(
            client=client,
            grant_type=self.GRANT_TYPE,
            user=credential,
            scope=scope,
            include_refresh_token=False,
        )
        return 200, token, self.TOKEN_RESPONSE_HEADER


def _stated_purpose(assertion: str) -> str:
    """`extensions.ihe_iua.purpose_of_use` of an assertion whose signature was checked already (IHE IUA §3.71)."""
    claims = json.loads(jws.extract_compact(assertion.encode()).payload)
    stated = claims.get("extensions", {}).get("ihe_iua", {}).get("purpose_of_use", [])
    first = stated[0] if isinstance(stated, list) and stated else {}
    return str(first.get("code", "")) if isinstance(first, dict) else str(first)
