"""Bearer tokens (RFC 6750): random, kept as SHA-256 digests, looked up at each request, revocable at once.

A token that a card stood behind (`claims.extra["card"]`) ends with the card.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from hie.auth.claims import Claims, from_json

ACCESS_LIFETIME = timedelta(minutes=15)
REFRESH_LIFETIME = timedelta(days=30)

ISSUE_ACCESS = """
insert into access_token (digest, client_id, claims, scope, family, issued, expires)
values (%(digest)s, %(client_id)s, %(claims)s, %(scope)s, %(family)s, %(now)s, %(expires)s)
"""
ISSUE_REFRESH = """
insert into refresh_token (digest, client_id, claims, scope, family, expires)
values (%(digest)s, %(client_id)s, %(claims)s, %(scope)s, %(family)s, %(expires)s)
"""
LOOK_UP = """
select client_id, claims, scope, family, expires, issued from access_token
where digest = %(digest)s and expires > %(now)s
  and not exists (select from card c where c.serial = claims -> 'extra' ->> 'card' and c.state = 'revoked')
"""
SPEND = """
update refresh_token set used = %(now)s where digest = %(digest)s and used is null and expires > %(now)s
  and not exists (select from card c where c.serial = claims -> 'extra' ->> 'card' and c.state = 'revoked')
returning client_id, claims, scope, family, expires
"""
FAMILY = "select family from refresh_token where digest = %(digest)s"
END_FAMILY = """
with gone as (delete from access_token where family = %(family)s)
update refresh_token set used = coalesce(used, %(now)s) where family = %(family)s
"""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a live token stands for."""

    client_id: str
    claims: Claims
    scope: str
    family: UUID
    expires: datetime
    issued: datetime | None = None


def digest(token: str) -> bytes:
    """How a token is kept."""
    return hashlib.sha256(token.encode()).digest()


def issue(
    cursor: Any,
    client_id: str,
    claims: Claims,
    scope: str,
    now: datetime,
    *,
    lifetime: timedelta = ACCESS_LIFETIME,
    family: UUID | None = None,
) -> str:
    """A new access token."""
    token = secrets.token_urlsafe(32)
    _insert(cursor, ISSUE_ACCESS, token, client_id, claims, scope, family or uuid4(), now, lifetime)
    return token


def issue_refresh(
    cursor: Any, client_id: str, claims: Claims, scope: str, now: datetime, family: UUID
) -> str:
    """A new refresh token of a family."""
    token = secrets.token_urlsafe(48)
    _insert(cursor, ISSUE_REFRESH, token, client_id, claims, scope, family, now, REFRESH_LIFETIME)
    return token


def look_up(cursor: Any, token: str, now: datetime) -> Grant | None:
    """What a token stands for; None when it is unknown, expired or revoked."""
    cursor.execute(LOOK_UP, {"digest": digest(token), "now": now})
    row = cursor.fetchone()
    return _grant(row, row[5]) if row else None


def spend_refresh(cursor: Any, token: str, now: datetime) -> Grant | None:
    """Use a refresh token, once. One that was used before is stolen or repeated: its whole family ends."""
    parameters = {"digest": digest(token), "now": now}
    cursor.execute(SPEND, parameters)
    if row := cursor.fetchone():
        return _grant(row)
    end_family_of(cursor, token, now)
    return None


def end_family_of(cursor: Any, token: str, now: datetime) -> None:
    """Revoke all tokens that descend from the same authorization (RFC 7009)."""
    for query in (FAMILY, FAMILY.replace("refresh_token", "access_token")):
        cursor.execute(query, {"digest": digest(token)})
        if row := cursor.fetchone():
            cursor.execute(END_FAMILY, {"family": row[0], "now": now})


def forget_expired(cursor: Any, now: datetime) -> int:
    """Delete what no longer says anything; gives how many rows."""
    gone = 0
    for table in ("access_token", "refresh_token", "authorization_code", "assertion"):
        cursor.execute(f"delete from {table} where expires < %(now)s", {"now": now})
        gone += cursor.rowcount
    return gone


def _insert(
    cursor: Any,
    statement: str,
    token: str,
    client_id: str,
    claims: Claims,
    scope: str,
    family: UUID,
    now: datetime,
    lifetime: timedelta,
) -> None:
    cursor.execute(
        statement,
        {
            "digest": digest(token),
            "client_id": client_id,
            "claims": json.dumps(claims.as_json()),
            "scope": scope,
            "family": str(family),
            "now": now,
            "expires": now + lifetime,
        },
    )


def _grant(row: tuple[Any, ...], issued: datetime | None = None) -> Grant:
    return Grant(row[0], from_json(row[1]), row[2], UUID(str(row[3])), row[4], issued)
