"""Policy permits: the exceptions of the region. A demo has one, for the client that runs conformance tests."""

from datetime import datetime, timedelta
from typing import Any

from consent.actor import Actor
from consent.audit import line, record

LONGEST = timedelta(days=366)


def allow(
    cursor: Any, by: Actor, role: str, reason: str, now: datetime, *, client_id: str = "", days: int = 366
) -> int:
    """Let clients of a role (one client, when named) in, for at most a year, and say so in the trace. Gives the row's
    id; a permit that still holds is kept. Callers make sure that they are a demo."""
    cursor.execute(
        "select id from policy_permit where role = %(role)s and client_id = %(client)s and until > %(now)s limit 1",
        {"role": role, "client": client_id, "now": now},
    )
    if row := cursor.fetchone():
        return int(row[0])
    cursor.execute(
        "insert into policy_permit (role, client_id, reason, granted_by, granted, until) values"
        " (%(role)s, %(client)s, %(reason)s, %(by)s, %(now)s, %(until)s) returning id",
        {
            "role": role,
            "client": client_id,
            "reason": reason,
            "by": by.subject,
            "now": now,
            "until": now + min(timedelta(days=days), LONGEST),
        },
    )
    identity = int(cursor.fetchone()[0])
    record(cursor, line(by, now, "C", "policy-permit", target=f"{role}/{identity}", reason=reason))
    return identity


def withdraw(cursor: Any, by: Actor, permit: int, now: datetime) -> None:
    """End a permit; the next request of its clients is refused."""
    cursor.execute(
        "update policy_permit set until = %(now)s where id = %(id)s and until > %(now)s",
        {"now": now, "id": permit},
    )
    record(cursor, line(by, now, "D", "policy-permit", target=str(permit)))
