"""Where a person lets an application in: the authorization endpoint of SMART App Launch, with its page.

https://hl7.org/fhir/smart-app-launch/app-launch.html#obtain-authorization-code
"""

from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlsplit

from authlib.oauth2 import OAuth2Error
from fastapi import APIRouter, Depends, Request, Response

from fhir_profiles.outcome import Invalid
from hie.auth import sessions
from hie.auth.endpoints import form
from hie.auth.oauth_server import Server
from hie.auth.sessions import check_form
from patient_portal.rendering import render
from record_store.database import cursor, unit_of_work

router = APIRouter(include_in_schema=False)

Fields = Annotated[dict[str, list[str]], Depends(form)]
ASKED = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "aud",
)


@router.get("/auth/authorize")
def ask(request: Request) -> Response:
    """Show who asks for what; the visitor signs in first."""
    query = {name: request.query_params.getlist(name) for name in ASKED if name in request.query_params}
    session = sessions.session_of(request)
    if session is None:
        return render(
            request,
            "sign_in.html",
            next=f"/auth/authorize?{request.url.query}",
            role="resident",
            roles=[("resident", "居民"), ("clinician", "医务人员")],
        )
    with unit_of_work(request.app.state.exchange.engine) as connection:
        server = _server(request, connection)
        try:
            grant = server.get_consent_grant(
                server.create_oauth2_request(_asked(request, query)), session.claims
            )
        except OAuth2Error as error:
            raise Invalid(
                f"The application's request is wrong: {error.error}", reason=error.error or ""
            ) from error
        client = grant.client
        scopes = client.get_allowed_scope((query.get("scope") or [""])[0]).split()
    return render(
        request,
        "authorize.html",
        session=session,
        client=client.name,
        scopes=scopes,
        form_action=_origin(grant.redirect_uri or client.get_default_redirect_uri() or ""),
        fields={name: values[0] for name, values in query.items()},
    )


@router.post("/auth/authorize")
def decide(request: Request, fields: Fields) -> Response:
    """Send the browser back with a code, or with access_denied."""
    session = sessions.current_session(request)
    check_form(session, (fields.get("csrf") or [""])[0])
    query = {name: fields[name] for name in ASKED if name in fields}
    with unit_of_work(request.app.state.exchange.engine) as connection:
        server = _server(request, connection)
        asked = server.create_oauth2_request(_asked(request, query))
        try:
            grant = server.get_consent_grant(asked, session.claims)
        except OAuth2Error as error:
            raise Invalid(
                f"The application's request is wrong: {error.error}", reason=error.error or ""
            ) from error
        bound = replace(session.claims, extra=session.claims.extra | {"card": session.card})
        user = bound if fields.get("decision") == ["yes"] else None
        status, body, headers = server.create_authorization_response(asked, user, grant)
    return Response(body if isinstance(body, str) else "", status, dict(headers))


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _server(request: Request, connection: Any) -> Server:
    return Server(cursor(connection), request.app.state.exchange.settings.base_url.rstrip("/"))


def _asked(request: Request, query: dict[str, list[str]]) -> tuple[str, str, Any, dict[str, list[str]]]:
    return request.method, request.url.path, request.headers, query
