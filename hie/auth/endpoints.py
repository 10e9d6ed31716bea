"""The authorization server's endpoints: token, revoke, introspect. The page that approves lives with the pages."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from fhir_profiles import resources
from hie.auth.oauth_server import Server
from record_store.database import cursor, unit_of_work

router = APIRouter(prefix="/auth", tags=["authorization"])

LARGEST_FORM = 64 * 1024


async def form(request: Request) -> dict[str, list[str]]:
    """The fields of a form, each with all its values; too much of one is nothing."""
    lists: dict[str, list[str]] = {}
    if int(request.headers.get("content-length") or 0) <= LARGEST_FORM:
        for name, value in (await request.form()).multi_items():
            if isinstance(value, str):
                lists.setdefault(name, []).append(value)
    return lists


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


def _answer(request: Request, act: Any, fields: dict[str, list[str]]) -> Response:
    exchange = request.app.state.exchange
    with unit_of_work(exchange.engine) as connection:
        server = Server(cursor(connection), exchange.settings.base_url.rstrip("/"))
        asked = server.create_oauth2_request((request.method, request.url.path, request.headers, fields))
        status, body, headers = act(server, asked)
    content = body.encode() if isinstance(body, str) else resources.dumps(body)
    return Response(content, status, dict(headers) | {"Cache-Control": "no-store"})
