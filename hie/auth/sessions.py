"""Browser sessions: an opaque cookie, fifteen idle minutes, twelve hours at most, and an end that holds at once."""

import hmac
import json
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from fastapi import Request, Response

from consent.actor import Actor
from fhir_profiles import instant
from fhir_profiles.outcome import Forbidden, NotAuthenticated
from hie.auth import claims
from hie.auth.claims import Claims
from hie.auth.tokens import digest
from record_store.database import cursor, unit_of_work

IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=12)
SCOPES = {
    "resident": "patient/*.rs",
    "clinician": "user/*.rs",
    "authority": "user/*.rs",
    "agent": "user/*.rs",
    "admin": "",
}

OPEN = """
insert into browser_session (digest, claims, card, csrf, created, seen, expires)
values (%(digest)s, %(claims)s, %(card)s, %(csrf)s, %(now)s, %(now)s, %(expires)s)
"""
TOUCH = """
update browser_session set seen = %(now)s
where digest = %(digest)s and ended is null and expires > %(now)s and seen > %(idle)s
  and (card = '' or exists (select from card c where c.serial = browser_session.card and c.state <> 'revoked'))
returning claims, card, csrf, created
"""
END = "update browser_session set ended = %(now)s where digest = %(digest)s and ended is null"
END_OF_CARD = "update browser_session set ended = %(now)s where card = %(card)s and ended is null"


@dataclass(frozen=True, slots=True)
class Session:
    """A live session. `csrf` must come back with every form."""

    token: str
    claims: Claims
    card: str
    csrf: str
    created: datetime

    def actor(self, request_id: str, purpose: str = "") -> Actor:
        """The Actor of a page; its scopes are what its role's pages may do at most."""
        made = claims.actor(
            self.claims,
            scope=SCOPES.get(self.claims.role, ""),
            session=digest(self.token).hex()[:16],
            request_id=request_id,
        )
        return replace(made, purpose=purpose) if purpose else made


def open_session(cur: Any, who: Claims, card: str, now: datetime) -> str:
    """A new session; its token goes into the cookie and nowhere else."""
    token = secrets.token_urlsafe(32)
    cur.execute(
        OPEN,
        {
            "digest": digest(token),
            "claims": json.dumps(who.as_json()),
            "card": card,
            "csrf": secrets.token_urlsafe(24),
            "now": now,
            "expires": now + ABSOLUTE,
        },
    )
    return token


def find(cur: Any, token: str, now: datetime) -> Session | None:
    """The live session of a cookie, now seen."""
    cur.execute(TOUCH, {"digest": digest(token), "now": now, "idle": now - IDLE})
    row = cur.fetchone()
    return Session(token, claims.from_json(row[0]), row[1], row[2], row[3]) if row else None


def end(cur: Any, token: str, now: datetime) -> None:
    """Sign out."""
    cur.execute(END, {"digest": digest(token), "now": now})


def end_of_card(cur: Any, card: str, now: datetime) -> int:
    """End every session that a card opened: it was lost, or its holder signs out everywhere."""
    cur.execute(END_OF_CARD, {"card": card, "now": now})
    return int(cur.rowcount)


def cookie_name(request: Request) -> str:
    """`__Host-` where the browser honours it: over HTTPS."""
    secure = request.app.state.exchange.settings.base_url.startswith("https://")
    return "__Host-session" if secure else "session"


def set_cookie(request: Request, response: Response, token: str) -> None:
    """Give the session to the browser."""
    name = cookie_name(request)
    response.set_cookie(
        name, token, httponly=True, samesite="lax", secure=name.startswith("__Host-"), path="/"
    )


def clear_cookie(request: Request, response: Response) -> None:
    """Take it away."""
    response.delete_cookie(cookie_name(request), path="/")


def session_of(request: Request) -> Session | None:
    """The session of a page request, None when there is none or it ended."""
    token = request.cookies.get(cookie_name(request), "")
    if not token:
        return None
    with unit_of_work(request.app.state.exchange.engine) as connection:
        return find(cursor(connection), token, instant.now())


def current_session(request: Request) -> Session:
    """The dependency of pages behind sign-in. Raises NotAuthenticated."""
    session = session_of(request)
    if session is None:
        raise NotAuthenticated("Sign in to see this page", reason="no-session")
    return session


def check_form(session: Session, token: str) -> None:
    """Raises Forbidden when a form did not come from a page of this session."""
    if not hmac.compare_digest(session.csrf.encode(), token.encode("utf-8", "replace")):
        raise Forbidden("This form is from another session; open the page again", reason="csrf")
