"""The pages that belong to nobody in particular, the pages' static files, and what the portal is given."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Form, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles

from consent.actor import Actor
from fhir_profiles import instant
from fhir_profiles.outcome import Failure, NotAuthenticated
from hie import organisations
from hie.auth import sessions
from hie.auth.sessions import Session, check_form
from hie.public_health import pages as public_health_pages
from hie.wiring import Exchange
from hie.workspace import pages as workspace_pages
from patient_portal import directive_pages, language, record_pages, trace_pages
from patient_portal.ports import Ports
from patient_portal.rendering import HERE, render
from record_store.database import cursor, unit_of_work

router = APIRouter(include_in_schema=False)

ROLES = (("resident", "居民"), ("clinician", "医务人员"), ("authority", "疾控人员"))
ROLE_OF_PAGE = {"/workspace": "clinician", "/public-health": "authority"}
PAGES = ("/portal", "/workspace", "/public-health", "/sign-in", "/auth/authorize")
MACHINES = ("/fhir", "/doors", "/metrics", "/static")
WORDS = {
    "no-relation": "您的机构与这位居民没有诊疗关系。请居民出示市民卡。",
    "denied-by-resident": "居民没有向您的机构开放。紧急情况下可以破窗查看，居民会立即收到通知。",
    "not-found": "没有这样的记录，或者您不能查看。",
    "csrf": "页面已过期，请返回后重试。",
    "page-stale": "授权已经变化，请重新打开。",
}


@dataclass(frozen=True, slots=True)
class ResidentVisitor:
    """A session of a resident, as the portal sees it."""

    session: Session

    @property
    def csrf(self) -> str:
        return self.session.csrf

    @property
    def patient(self) -> str:
        return self.session.claims.patient

    @property
    def resident_id(self) -> int:
        return int(self.session.claims.resident_id or 0)

    def actor(self, request_id: str) -> Actor:
        return self.session.actor(request_id)

    def check(self, csrf: str) -> None:
        check_form(self.session, csrf)


@router.get("/")
def welcome(request: Request) -> Response:
    """The front door of all."""
    return render(request, "welcome.html", session=sessions.session_of(request))


@router.get("/sign-in")
def sign_in(request: Request, next: str = "/portal") -> Response:
    """The card in the page."""
    role = next_role(next)
    return render(
        request, "sign_in.html", next=next if next.startswith("/") else "", role=role, roles=_roles(request)
    )


def next_role(address: str) -> str:
    """Who usually opens an address."""
    return next((role for prefix, role in ROLE_OF_PAGE.items() if address.startswith(prefix)), "resident")


@router.post("/sign-out")
def sign_out(request: Request, csrf: Annotated[str, Form()]) -> Response:
    """End this session."""
    session = sessions.current_session(request)
    check_form(session, csrf)
    with unit_of_work(request.app.state.exchange.engine) as connection:
        sessions.end(cursor(connection), session.token, instant.now())
    answer = RedirectResponse("/", 303)
    sessions.clear_cookie(request, answer)
    return answer


@router.post("/language")
def choose_language(language: Annotated[str, Form()], back: Annotated[str, Form()] = "/") -> Response:
    """Remember the reader's language."""
    safe = back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/"
    answer = RedirectResponse(safe, 303)
    if language in ("zh", "en"):
        answer.set_cookie("language", language, max_age=31_536_000, samesite="lax", httponly=True)
    return answer


def install(app: FastAPI, exchange: Exchange) -> None:
    """Mount every page."""
    app.state.portal = Ports(
        door=exchange.door,
        trust=exchange.trust,
        transaction=partial(_transaction, exchange),
        visitor=_visitor,
        organisations=partial(_organisations, exchange),
        sources=partial(_sources, exchange),
    )
    pages = (router, record_pages.router, trace_pages.router, directive_pages.router)
    for each in (*pages, workspace_pages.router, public_health_pages.router):
        app.include_router(each)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")


def failure_page(request: Request, failure: Failure) -> Response | None:
    """The page for a refusal, where a page was asked for; None for everything else."""
    path = request.url.path
    if path.startswith(MACHINES) or "text/html" not in request.headers.get("accept", ""):
        return None
    if isinstance(failure, NotAuthenticated):
        back = (
            path if request.method == "GET" else next((page for page in PAGES if path.startswith(page)), "/")
        )
        return RedirectResponse(f"/sign-in?next={quote(back)}", 303)
    say = language.translator(
        language.chosen(request.cookies.get(language.COOKIE), request.headers.get("accept-language"))
    )
    words = say(
        WORDS.get(failure.issues[0].reason or failure.issues[0].code, "这一步没有完成，请返回后重试。")
    )
    home = next((prefix for prefix in PAGES if path.startswith(prefix)), "/")
    return render(
        request, "problem.html", status=failure.status, words=words, back=home if path != home else "/"
    )


def _visitor(request: Request) -> ResidentVisitor:
    session = sessions.current_session(request)
    if session.claims.role != "resident":
        raise NotAuthenticated("Sign in as a resident to see your own record", reason="no-session")
    return ResidentVisitor(session)


@contextmanager
def _transaction(exchange: Exchange) -> Iterator[Any]:
    with unit_of_work(exchange.engine) as connection:
        yield cursor(connection)


def _organisations(exchange: Exchange) -> list[tuple[str, str]]:
    with unit_of_work(exchange.engine) as connection:
        return organisations.names(cursor(connection))


def _sources(exchange: Exchange) -> dict[str, str]:
    with unit_of_work(exchange.engine) as connection:
        return organisations.of_sources(cursor(connection))


def _roles(request: Request) -> list[tuple[str, str]]:
    say: Callable[[str], str] = language.translator(
        language.chosen(request.cookies.get(language.COOKIE), request.headers.get("accept-language"))
    )
    return [(value, say(words)) for value, words in ROLES]
