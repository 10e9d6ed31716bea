"""Who asks: the bearer token of a request becomes an Actor. Without one there is 401 and nothing else."""

from typing import Annotated
from uuid import uuid4

from fastapi import Depends, Request
from sqlalchemy import Engine

from consent.actor import Actor
from fhir_profiles import instant
from fhir_profiles.outcome import NotAuthenticated
from hie.auth import claims, tokens
from record_store.database import cursor, unit_of_work


def bearer(authorization: str | None) -> str:
    """The token of an Authorization header. Raises NotAuthenticated."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotAuthenticated(
            "Send Authorization: Bearer with a token from the token endpoint", reason="no-token"
        )
    return token.strip()


def actor_of(engine: Engine, authorization: str | None, request_id: str) -> Actor:
    """The Actor of a bearer token. Raises NotAuthenticated when it is missing, unknown, expired or revoked."""
    token = bearer(authorization)
    with unit_of_work(engine) as connection:
        grant = tokens.look_up(cursor(connection), token, instant.now())
    if grant is None:
        raise NotAuthenticated(
            "This token is unknown, expired or revoked; get a new one", reason="token-invalid"
        )
    return claims.actor(grant.claims, scope=grant.scope, client_id=grant.client_id, request_id=request_id)


def current_actor(request: Request) -> Actor:
    """The dependency of every endpoint that needs to know who asks."""
    request_id = getattr(request.state, "request_id", "") or uuid4().hex
    return actor_of(request.app.state.exchange.engine, request.headers.get("authorization"), request_id)


CurrentActor = Annotated[Actor, Depends(current_actor)]
