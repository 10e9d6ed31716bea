"""What a shown card opens, and guardians: the relations that people make themselves."""

from datetime import date, datetime, timedelta
from typing import Any

from consent import audit
from consent.actor import Actor
from consent.notices import tell
from consent.rule_store import survivor
from fhir_profiles.outcome import Forbidden, Invalid

INSTITUTION_FOR = timedelta(hours=8)
AGENT_FOR = timedelta(minutes=15)
OF_AGE = 14
"""Years: below it a guardian acts for a child (Personal Information Protection Law, article 31)."""


def present_card(cursor: Any, actor: Actor, serial: str, now: datetime) -> tuple[int, datetime]:
    """A resident's card was proved present before this clinician or agent: (resident, end of the relation).

    Call it only after `sign_in.verify` accepted the card for this session. The institution may look for eight hours,
    a community agent alone for fifteen minutes. Forbidden for a card that is locked or revoked.
    """
    if actor.role not in ("clinician", "agent") or not actor.organisation:
        raise Forbidden("Cards are shown to people at work", reason="card-not-for-role")
    cursor.execute(
        "select resident from card where serial = %(serial)s and state = 'active'", {"serial": serial}
    )
    row = cursor.fetchone()
    if row is None:
        raise Forbidden("This card is not in force", reason="card-not-active")
    resident = survivor(cursor, row[0])
    personal = actor.role == "agent"
    until = now + (AGENT_FOR if personal else INSTITUTION_FOR)
    cursor.execute(
        "insert into card_grant (resident, organisation, subject, card_serial, granted, until, personal) values"
        " (%(resident)s, %(organisation)s, %(subject)s, %(serial)s, %(now)s, %(until)s, %(personal)s)",
        {
            "resident": resident,
            "organisation": actor.organisation,
            "subject": actor.subject,
            "serial": serial,
            "now": now,
            "until": until,
            "personal": personal,
        },
    )
    audit.record(
        cursor, audit.line(actor, now, "C", "card-shown", resident=resident, basis="default:card-present")
    )
    return resident, until


def end_grants_of_card(cursor: Any, serial: str, now: datetime) -> int:
    """End every relation that rests on a card; gives how many there were."""
    cursor.execute(
        "update card_grant set until = %(now)s where card_serial = %(serial)s and until > %(now)s",
        {"serial": serial, "now": now},
    )
    return int(cursor.rowcount)


def make_guardian(
    cursor: Any, actor: Actor, ward: int, guardian: int, born: date, evidence: str, now: datetime
) -> datetime:
    """Record that one resident is guardian of another until the fourteenth birthday, and give that moment. Invalid
    for a ward who has had it."""
    ends = datetime(born.year + OF_AGE, born.month, min(born.day, 28), tzinfo=now.tzinfo)
    if ends <= now or ward == guardian:
        raise Invalid("A guardian acts for a child under fourteen", reason="guardian-age")
    cursor.execute(
        "insert into guardian (ward, guardian, evidence, recorded_by, starts, ends) values (%(ward)s, %(guardian)s,"
        " %(evidence)s, %(by)s, %(now)s, %(ends)s) on conflict (ward, guardian) do update set"
        " evidence = excluded.evidence, recorded_by = excluded.recorded_by, starts = excluded.starts,"
        " ends = excluded.ends",
        {
            "ward": ward,
            "guardian": guardian,
            "evidence": evidence,
            "by": actor.subject,
            "now": now,
            "ends": ends,
        },
    )
    for resident in (ward, guardian):
        tell(
            cursor, resident, "guardian-changed", now, organisation=actor.organisation, display=actor.display
        )
    audit.record(
        cursor, audit.line(actor, now, "C", "guardian", residents=sorted((ward, guardian)), reason=evidence)
    )
    return ends


def end_guardian(cursor: Any, actor: Actor, ward: int, guardian: int, now: datetime) -> None:
    """End a guardianship before its time."""
    cursor.execute(
        "update guardian set ends = %(now)s where ward = %(ward)s and guardian = %(guardian)s and ends > %(now)s",
        {"now": now, "ward": ward, "guardian": guardian},
    )
    for resident in (ward, guardian):
        tell(
            cursor, resident, "guardian-changed", now, organisation=actor.organisation, display=actor.display
        )
    audit.record(cursor, audit.line(actor, now, "D", "guardian", residents=sorted((ward, guardian))))
