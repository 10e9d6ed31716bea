"""What the authorization server can do, told to clients before they ask for anything.

https://hl7.org/fhir/smart-app-launch/conformance.html; only what works is listed.
"""

from typing import Any

from fastapi import APIRouter, Request

from hie.auth.oauth_server import ALGORITHMS

router = APIRouter(tags=["discovery"])

CAPABILITIES = [
    "launch-standalone",
    "client-public",
    "client-confidential-asymmetric",
    "context-standalone-patient",
    "permission-patient",
    "permission-user",
    "permission-offline",
    "permission-v1",
    "permission-v2",
]
SCOPES = ["launch/patient", "offline_access", "patient/*.rs", "user/*.rs", "system/*.rs"]


def configuration(base: str) -> dict[str, Any]:
    """The SMART configuration of an exchange whose base URL is `base`."""
    return {
        "issuer": base,
        "authorization_endpoint": f"{base}/auth/authorize",
        "token_endpoint": f"{base}/auth/token",
        "introspection_endpoint": f"{base}/auth/introspect",
        "revocation_endpoint": f"{base}/auth/revoke",
        "token_endpoint_auth_methods_supported": ["private_key_jwt", "none"],
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": SCOPES,
        "capabilities": CAPABILITIES,
    }


@router.get("/.well-known/smart-configuration")
@router.get("/fhir/.well-known/smart-configuration")
@router.get("/.well-known/openid-configuration")
@router.get("/fhir/.well-known/openid-configuration")
@router.get("/.well-known/oauth-authorization-server")
def smart_configuration(request: Request) -> dict[str, Any]:
    """JSON whatever the Accept header says, with absolute addresses."""
    return configuration(request.app.state.exchange.settings.base_url.rstrip("/"))
