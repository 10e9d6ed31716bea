"""The web application: the FHIR API, the doors of feeds, the authorization server and the pages, behind one log."""

from typing import Any

import anyio.to_thread
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from starlette.exceptions import HTTPException

from hie import pages
from hie.access_log import AccessLog
from hie.api import (
    batch,
    everything,
    export,
    history,
    metadata,
    operations,
    outcome_responses,
    patch,
    read,
    search,
    write,
)
from hie.api.changes import Changes
from hie.auth import authorize_pages, card_endpoints, discovery, endpoints
from hie.auth.actor import CurrentActor
from hie.body_limit import BodyLimit
from hie.doors import http as doors
from hie.operations import health, metrics
from hie.wiring import Exchange
from record_store.database import cursor, unit_of_work

PREFIX = "/fhir"
GZIP_FROM = 2_000
ALLOWED_HEADERS = [
    "Accept",
    "Authorization",
    "Cache-Control",
    "Content-Type",
    "If-Match",
    "If-None-Exist",
    "If-None-Match",
    "Prefer",
    "X-Medplum",
    "X-Requested-With",
]
EXPOSED_HEADERS = ["Content-Location", "ETag", "Last-Modified", "Location", "X-Progress", "X-Request-ID"]
FHIR_ROUTERS = (metadata, export, operations, everything, history, search, batch, write, patch, read)
"""In the order of matching: what has a fixed path before what takes any type."""


def create_app(exchange: Exchange) -> FastAPI:
    """The application around a wired exchange. Nothing is connected before the first request."""
    app = FastAPI(
        title="Regional health information exchange",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.exchange = exchange
    app.state.changes = Changes(exchange)
    outcome_responses.install(
        app, doors.failure_answer, endpoints.failure_answer, card_endpoints.failure_answer, pages.failure_page
    )
    app.include_router(read.first, prefix=PREFIX)
    app.include_router(health.router)
    app.include_router(_measurements())
    app.include_router(discovery.router)
    for router in (endpoints.router, card_endpoints.router, authorize_pages.router, doors.router):
        app.include_router(router)
    app.state.fhir_routes = _install_fhir(app)
    pages.install(app, exchange)
    app.add_middleware(GZipMiddleware, minimum_size=GZIP_FROM, compresslevel=5)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=ALLOWED_HEADERS,
        expose_headers=EXPOSED_HEADERS,
        max_age=600,
    )
    app.add_middleware(BodyLimit, limit=exchange.settings.message_limit)
    app.add_middleware(AccessLog)
    app.router.lifespan_context = _lifespan_of(exchange.settings.threads)
    return app


def _install_fhir(app: FastAPI) -> set[tuple[str, str]]:
    """Mount the API; every (method, path) that it serves, for the CapabilityStatement."""
    routed: set[tuple[str, str]] = set()
    for module in FHIR_ROUTERS:
        app.include_router(module.router, prefix=PREFIX, tags=["fhir"])
        routed.update((method, route.path) for route in module.router.routes for method in route.methods)
    app.include_router(_elsewhere(), prefix=PREFIX, include_in_schema=False)
    return routed


def _allowed(path: str) -> set[str]:
    """The methods that some route of the API takes at a path."""
    routes = (route for module in FHIR_ROUTERS for route in module.router.routes)
    return {method for route in routes if route.path_regex.match(path) for method in route.methods}


def _elsewhere() -> APIRouter:
    """What no route of the API takes: 401 without a token, like everything else, before 404 or 405."""
    router = APIRouter()
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

    @router.api_route("/{path:path}", methods=methods)
    def elsewhere(path: str, actor: CurrentActor) -> Response:
        allowed = _allowed(f"/{path}")
        if allowed:
            raise HTTPException(405, headers={"Allow": ", ".join(sorted(allowed))})
        raise HTTPException(404)

    return router


def _measurements() -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/metrics")
    def measurements(request: Request, actor: CurrentActor) -> Response:
        """For Prometheus, with the token of a system or an administrator."""
        if actor.role not in ("system", "admin"):
            raise HTTPException(404)
        engine = request.app.state.exchange.engine
        with unit_of_work(engine) as connection, cursor(connection) as cur:
            text, kind = metrics.exposition(cur, engine.pool.checkedout())
        return Response(text, media_type=kind)

    return router


def _lifespan_of(threads: int) -> Any:
    from contextlib import asynccontextmanager

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> Any:
        anyio.to_thread.current_default_thread_limiter().total_tokens = threads
        yield

    return lifespan
