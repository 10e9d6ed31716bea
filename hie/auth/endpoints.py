"""The authorization server's endpoints: token, revoke, introspect. The page that approves lives with the pages."""

from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request, Response

from fhir_profiles import resources
from fhir_profiles.outcome import Failure, Invalid
from hie.auth.oauth_server import Server
from record_store.database import cursor, unit_of_work

router = APIRouter(prefix="/auth", tags=["authorization"])

LARGEST_FORM = 64 * 1024
MOST_FIELDS = 100
PATHS = ("/auth/token", "/auth/revoke", "/auth/introspect")


async def form(request: Request) -> dict[str, list[str]]:
    """The fields of a form (application/x-www-form-urlencoded), each with all its values. Raises Invalid."""
    body = await request.body()
    if len(body) > LARGEST_FORM:
        raise Invalid(f"A form here has at most {LARGEST_FORM} bytes", reason="form-size")
    try:
        return parse_qs(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise Invalid("The form cannot be read", reason="form-unreadable") from error


Form = Annotated[dict[str, list[str]], Depends(form)]


@router.post("/token")
def token(request: Request, fields: Form) -> Response:
    """Exchange a code, a refresh token or a signed assertion for an access token."""
    return _answer(request, lambda server, asked: server.create_token_response(asked), fields)


@router.post("/revoke")
def revoke(request: Request, fields: Form) -> Response:
    """End a token and all that descend from the same authorization."""
    return _answer(
        request, lambda server, asked: server.create_endpoint_response("revocation", asked), fields
    )


@router.post("/introspect")
def introspect(request: Request, fields: Form) -> Response:
    """What a token stands for, told to a registered institution."""
    return _answer(
        request, lambda server, asked: server.create_endpoint_response("introspection", asked), fields
    )


def failure_answer(request: Request, failure: Failure) -> Response | None:
    """A refusal as RFC 6749 §5.2 writes it."""
    if request.url.path not in PATHS:
        return None
    error = "server_error" if failure.status >= 500 else "invalid_request"
    told = {"error": error, "error_description": failure.issues[0].text}
    headers = {"Cache-Control": "no-store"}
    return Response(resources.dumps(told), failure.status, headers=headers, media_type="application/json")


def _answer(request: Request, act: Any, fields: dict[str, list[str]]) -> Response:
    exchange = request.app.state.exchange
    with unit_of_work(exchange.engine) as connection:
        server = Server(cursor(connection), exchange.settings.base_url.rstrip("/"))
        asked = server.create_oauth2_request((request.method, request.url.path, request.headers, fields))
        status, body, headers = act(server, asked)
    content = body.encode() if isinstance(body, str) else resources.dumps(body)
    return Response(content, status, dict(headers) | {"Cache-Control": "no-store"})
