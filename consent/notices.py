"""Notices to residents: a new institution looked, the glass was broken, consent or guardianship changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg2.extras import execute_values

from consent.rule_store import CIRCLE

Kind = Literal[
    "first-look", "break-glass", "consent-changed", "card-locked", "card-revoked", "guardian-changed"
]


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice as its resident reads it; `detail` is a coded word (a reason, the key of a directive)."""

    id: int
    at: datetime
    kind: str
    organisation: str
    display: str
    detail: str
    seen: datetime | None


def tell(
    cursor: Any,
    resident: int,
    kind: Kind,
    now: datetime,
    *,
    organisation: str = "",
    display: str = "",
    detail: str = "",
) -> None:
    """Leave a notice, in the transaction of what it tells."""
    cursor.execute(
        "insert into notice (resident, at, kind, organisation, display, detail) values (%(resident)s, %(now)s,"
        " %(kind)s, %(organisation)s, %(display)s, %(detail)s)",
        {
            "resident": resident,
            "now": now,
            "kind": kind,
            "organisation": organisation,
            "display": display,
            "detail": detail,
        },
    )


def first_looks(cursor: Any, looks: Sequence[tuple[int, str, str, datetime]]) -> None:
    """Tell residents of institutions that look for the first time: (resident, organisation, person, moment) each."""
    if not looks:
        return
    execute_values(
        cursor,
        "with look (resident, organisation, display, at) as (values %s), fresh as ("
        " insert into institution_known (resident, organisation, since) select resident, organisation, at from look"
        " on conflict do nothing returning resident, organisation)"
        " insert into notice (resident, at, kind, organisation, display, detail)"
        " select resident, at, 'first-look', organisation, display, '' from look join fresh using (resident, organisation)",
        sorted(looks),
        template="(%s::bigint, %s, %s, %s::timestamptz)",
        page_size=1000,
    )


def notices(cursor: Any, resident: int, *, limit: int = 100) -> list[Notice]:
    """The newest notices of a resident."""
    cursor.execute(
        f"{CIRCLE} select n.id, n.at, n.kind, n.organisation, n.display, n.detail, n.seen"
        " from circle c join notice n on n.resident = c.member order by n.at desc, n.id desc limit %(limit)s",
        {"residents": [resident], "limit": limit},
    )
    return [Notice(*row) for row in cursor.fetchall()]


def mark_seen(cursor: Any, resident: int, now: datetime) -> None:
    """The resident has read them."""
    cursor.execute(
        f"{CIRCLE} update notice n set seen = %(now)s from circle c where n.resident = c.member and n.seen is null",
        {"residents": [resident], "now": now},
    )
