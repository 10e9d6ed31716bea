"""The OAuth 2 authorization server on Authlib, bound to one request and its transaction.

RFC 6749 with PKCE (RFC 7636, S256 alone), client_credentials with private_key_jwt (RFC 7523), refresh with rotation
and reuse detection, revocation (RFC 7009) and introspection (RFC 7662). No implicit flow, no passwords.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID, uuid4

from authlib.oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import OAuth2Payload, OAuth2Request
from authlib.oauth2.rfc6749.errors import InvalidClientError
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from fhir_profiles import instant
from hie.auth import clients, grants, tokens
from hie.auth.clients import Client

ALGORITHMS = ("RS384", "ES384", "ES256")
METHODS = ("client_assertion_jwt", "none")
USE_ASSERTION = """
insert into assertion (identity, expires) values (%(identity)s, to_timestamp(%(expires)s)) on conflict do nothing
"""
Response = tuple[int, Any, list[tuple[str, str]]]


class _Payload(OAuth2Payload):
    def __init__(self, values: Mapping[str, str], lists: Mapping[str, list[str]]) -> None:
        self._values, self._lists = values, defaultdict(list, lists)

    @property
    def data(self) -> Mapping[str, str]:
        return self._values

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        return self._lists


class _Request(OAuth2Request):
    def __init__(
        self, method: str, uri: str, headers: Mapping[str, str], lists: Mapping[str, list[str]]
    ) -> None:
        super().__init__(method, uri, headers=dict(headers))
        values = {name: entries[0] for name, entries in lists.items() if entries}
        self.payload = _Payload(values, lists)
        self._values = values

    @property
    def args(self) -> Mapping[str, str]:
        return self._values

    @property
    def form(self) -> Mapping[str, str]:
        return self._values


class Server(AuthorizationServer):
    """One request's authorization server; `cursor` belongs to its unit of work, `base` is our base URL."""

    def __init__(self, cursor: Any, base: str) -> None:
        super().__init__()
        self.cursor, self.base = cursor, base
        self.register_token_generator("default", self._tokens)
        self.register_client_auth_method("client_assertion_jwt", _Assertion(self))
        self.register_grant(grants.AuthorizationCode, [grants.Challenge(required=True)])
        self.register_grant(grants.RefreshToken)
        self.register_grant(grants.ClientCredentials)
        self.register_endpoint(_Revocation)
        self.register_endpoint(_Introspection)

    def query_client(self, client_id: str) -> Client | None:
        return clients.find(self.cursor, client_id)

    def create_oauth2_request(self, request: Any) -> OAuth2Request:
        if isinstance(request, OAuth2Request):
            return request
        method, path, headers, lists = request
        return _Request(method, f"{self.base}{path}", headers, lists)

    def handle_response(self, status: int, body: Any, headers: Any) -> Response:
        return status, body, list(headers)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens to Authlib's signals here."""

    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        """Tokens are kept when they are made."""

    def _tokens(
        self,
        *,
        grant_type: str,
        client: Client,
        user: Any = None,
        scope: str | None = None,
        expires_in: int | None = None,
        include_refresh_token: bool = True,
    ) -> dict[str, Any]:
        credential: grants.Credential = user or grants.own(client, scope or client.scope)
        now = instant.now()
        family: UUID = credential.family or uuid4()
        allowed = (
            credential.scope
            if not scope
            else " ".join(s for s in scope.split() if s in credential.scope.split())
        )
        lifetime = tokens.ACCESS_LIFETIME
        answer: dict[str, Any] = {
            "token_type": "Bearer",
            "access_token": tokens.issue(
                self.cursor,
                client.client_id,
                credential.claims,
                allowed,
                now,
                lifetime=lifetime,
                family=family,
            ),
            "expires_in": int(lifetime.total_seconds()),
            "scope": allowed,
        }
        if include_refresh_token and {"offline_access", "online_access"} & set(allowed.split()):
            answer["refresh_token"] = tokens.issue_refresh(
                self.cursor, client.client_id, credential.claims, allowed, now, family
            )
        if credential.claims.patient and {"launch/patient", "launch"} & set(allowed.split()):
            answer |= {"patient": credential.claims.patient, "need_patient_banner": True}
        return answer


class _Assertion(JWTBearerClientAssertion):
    """private_key_jwt: the audience is our token endpoint, each jti is taken once."""

    def __init__(self, server: Server) -> None:
        super().__init__(leeway=30)
        self.server = server

    def get_audiences(self) -> list[str]:
        return [f"{self.server.base}/auth/token"]

    def process_assertion_claims(self, assertion: str, resolve_key: KeySet) -> dict[str, Any]:
        try:
            token = jwt.decode(assertion, resolve_key, algorithms=list(ALGORITHMS))
        except (JoseError, ValueError) as error:
            raise InvalidClientError(description="The assertion's signature cannot be verified") from error
        self.verify_claims(token.claims)
        return dict(token.claims)

    def validate_jti(self, claims: Mapping[str, Any], jti: str) -> bool:
        self.server.cursor.execute(
            USE_ASSERTION, {"identity": f"{claims['iss']}:{jti}"[:500], "expires": int(claims["exp"]) + 60}
        )
        return bool(self.server.cursor.rowcount)

    def resolve_client_public_key(self, client: Client) -> KeySet:
        return KeySet.import_key_set(cast(KeySetSerialization, client.jwks or {"keys": []}))


class _Revocation(RevocationEndpoint):
    CLIENT_AUTH_METHODS = METHODS

    def query_token(self, token_string: str, token_type_hint: str | None) -> Any:
        grant = grants.known_token(self.server.cursor, token_string)
        return (token_string, grant) if grant else None

    def authenticate_token(self, request: OAuth2Request, client: Client) -> Any:
        self.check_params(request, client)
        known = self.query_token(request.form["token"], None)
        return known if known and known[1] == client.client_id else None

    def revoke_token(self, token: tuple[str, str], request: OAuth2Request) -> None:
        tokens.end_family_of(self.server.cursor, token[0], instant.now())


class _Introspection(IntrospectionEndpoint):
    CLIENT_AUTH_METHODS = METHODS[:1]

    def authenticate_token(self, request: OAuth2Request, client: Client) -> Any:
        self.check_params(request, client)
        return tokens.look_up(self.server.cursor, request.form["token"], instant.now())

    def create_introspection_payload(self, token: tokens.Grant | None) -> dict[str, Any]:
        if token is None:
            return {"active": False}
        answer = {
            "active": True,
            "client_id": token.client_id,
            "token_type": "Bearer",
            "scope": token.scope,
            "sub": token.claims.subject,
            "exp": int(token.expires.timestamp()),
            "iss": self.server.base,
        }
        if token.claims.patient:
            answer["patient"] = token.claims.patient
        return answer
