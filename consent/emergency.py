"""Breaking the glass: thirty minutes of one resident's record, read only, told to the resident at once, reviewed.

It opens everything but what the resident hid one by one. Reasons are coded, because people who must explain choose
the quickest way, and reviewers want to count.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from consent import audit
from consent.actor import Actor
from consent.notices import tell
from consent.scopes import allow
from fhir_profiles.outcome import Forbidden, Invalid

OPEN_FOR = timedelta(minutes=30)
SHORTEST_EXPLANATION = 5
LONGEST_EXPLANATION = 500

REASONS = {
    "unconscious": "无法表达意愿（昏迷或意识障碍）",
    "life-threatening": "危及生命的紧急情况",
    "poisoning": "中毒或药物过量，需了解用药",
    "no-card": "急诊就诊，未带卡且无法联系本人",
    "public-danger": "对他人构成紧急危险",
}
FINDINGS = ("justified", "not-justified", "needs-talk")


@dataclass(frozen=True, slots=True)
class BrokenGlass:
    """One opening as its reviewer sees it."""

    id: int
    resident: int
    subject: str
    display: str
    organisation: str
    department: str
    reason: str
    explanation: str
    opened: datetime
    until: datetime


def open_glass(
    cursor: Any, actor: Actor, resident: int, reason: str, explanation: str, now: datetime
) -> datetime:
    """Open one resident's record to one clinician and give the end of it, in one transaction with the line of the
    trace, the resident's notice and the reviewers' entry. Invalid without a coded reason and a sentence."""
    if actor.role != "clinician" or not actor.organisation or not actor.subject:
        raise Forbidden("Breaking the glass is for clinicians", reason="break-glass-not-allowed")
    if not allow(actor.scopes, actor.role, "read", "Patient"):
        raise Forbidden("The scopes granted do not cover this request", reason="scope-insufficient")
    if reason not in REASONS:
        raise Invalid("Choose one of the coded reasons", expression="reason", reason="break-glass-reason")
    explanation = explanation.strip()
    if not SHORTEST_EXPLANATION <= len(explanation) <= LONGEST_EXPLANATION:
        raise Invalid("Explain in a sentence", expression="explanation", reason="break-glass-explanation")
    until = now + OPEN_FOR
    cursor.execute(
        "insert into emergency_access (resident, subject, display, organisation, department, reason, explanation,"
        " opened, until) values (%(resident)s, %(subject)s, %(display)s, %(organisation)s, %(department)s,"
        " %(reason)s, %(explanation)s, %(now)s, %(until)s)",
        {
            "resident": resident,
            "subject": actor.subject,
            "display": actor.display,
            "organisation": actor.organisation,
            "department": actor.department,
            "reason": reason,
            "explanation": explanation,
            "now": now,
            "until": until,
        },
    )
    tell(
        cursor,
        resident,
        "break-glass",
        now,
        organisation=actor.organisation,
        display=actor.display,
        detail=reason,
    )
    opened = audit.line(
        actor, now, "E", "break-glass", resident=resident, reason=reason, basis="policy:break-glass"
    )
    audit.record(cursor, opened)
    return until


def close_glass(cursor: Any, actor: Actor, resident: int, now: datetime) -> None:
    """Give the access back before its time: when the screen leaves the patient."""
    cursor.execute(
        "update emergency_access set until = %(now)s where resident = %(resident)s and subject = %(subject)s"
        " and until > %(now)s",
        {"now": now, "resident": resident, "subject": actor.subject},
    )


def to_review(cursor: Any, organisation: str, *, limit: int = 100) -> list[BrokenGlass]:
    """The institution's openings that nobody has reviewed, oldest first."""
    cursor.execute(
        "select id, resident, subject, display, organisation, department, reason, explanation, opened, until"
        " from emergency_access where reviewed is null and organisation = %(organisation)s"
        " order by opened limit %(limit)s",
        {"organisation": organisation, "limit": limit},
    )
    return [BrokenGlass(*row) for row in cursor.fetchall()]


def review(cursor: Any, actor: Actor, opening: int, finding: str, now: datetime) -> None:
    """Record what the reviewer found; nobody reviews an opening of their own."""
    if finding not in FINDINGS:
        raise Invalid("Choose one of the coded findings", expression="finding", reason="review-finding")
    cursor.execute(
        "update emergency_access set reviewed = %(now)s, reviewer = %(by)s, finding = %(finding)s"
        " where id = %(id)s and reviewed is null and subject <> %(by)s and organisation = %(organisation)s"
        " returning resident",
        {
            "now": now,
            "by": actor.subject,
            "finding": finding,
            "id": opening,
            "organisation": actor.organisation,
        },
    )
    row = cursor.fetchone()
    if row is None:
        raise Forbidden("This opening is not yours to review", reason="review-not-allowed")
    audit.record(
        cursor,
        audit.line(
            actor, now, "U", "break-glass-review", resident=row[0], reason=finding, target=str(opening)
        ),
    )
