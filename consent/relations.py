"""The evidence that binds a caller to residents: open encounters, cards shown, broken glass, guardianship, permits."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from consent.actor import Actor
from consent.decision import Relations
from consent.prepared import run
from consent.rule_store import CIRCLE
from consent.visible_rows import MOST_RESIDENTS
from fhir_profiles.outcome import TooCostly
from fhir_profiles.resource_types import NUMBER

OPEN = ("arrived", "triaged", "in-progress", "onleave")
"""Statuses of an Encounter that goes on (https://hl7.org/fhir/R4/valueset-encounter-status.html)."""

LONGEST_STAY = timedelta(days=180)
"""An encounter that began before this and was never closed binds nobody: somebody forgot to close it."""

_OPEN_ENCOUNTERS = f"""
  e.type = {NUMBER["Encounter"]} and e.at > %(stay)s
  and e.source = any (array(select id from source where organisation = %(organisation)s))
  and e.tokens && array(select id from token where parameter = 'status' and code = any(%(open)s))
"""

_OF_INSTITUTION = f"""
{CIRCLE}
select c.root,
  array(select id from source where organisation = %(organisation)s),
  exists (select from resource e where e.resident_id = c.root and {_OPEN_ENCOUNTERS}),
  (select max(g.until) from circle m join card_grant g on g.resident = m.member
   where m.root = c.root and g.organisation = %(organisation)s and g.until > %(now)s
     and (not g.personal or g.subject = %(subject)s)),
  (select max(a.until) from circle m join emergency_access a on a.resident = m.member
   where m.root = c.root and a.subject = %(subject)s and a.until > %(now)s)
from circle c where c.member = c.root
"""

_GUARDIAN = f"""
{CIRCLE}
select c.root, max(g.ends) from circle c join guardian g on g.ward = c.member
where g.starts <= %(now)s and g.ends > %(now)s and g.guardian = %(own)s
group by c.root
"""

_IN_CARE = f"""
with recursive near (resident) as (
  select g.resident from card_grant g where g.organisation = %(organisation)s and g.until > %(now)s
    and (not g.personal or g.subject = %(subject)s)
  union select a.resident from emergency_access a where a.subject = %(subject)s and a.until > %(now)s
  union select e.resident_id from resource e where e.resident_id <> 0 and {_OPEN_ENCOUNTERS}
  union select one from unnest(%(present)s::bigint[]) one
), up (id) as (
  select resident from near
  union select r.merged_into from up join resident r on r.id = up.id where r.merged_into is not null
)
select r.id from up join resident r on r.id = up.id where r.merged_into is null limit {MOST_RESIDENTS + 1}
"""

_PERMIT = """
select id from policy_permit where role = %(role)s and until > %(now)s and client_id in ('', %(client)s) limit 1
"""


def load(cursor: Any, actor: Actor, residents: Iterable[int], now: datetime) -> dict[int, Relations]:
    """The relations of a caller to some residents; every resident given is in the answer."""
    wanted = list(residents)
    none: dict[int, Relations] = dict.fromkeys(wanted, Relations())
    if actor.role in ("clinician", "agent"):
        run(cursor, _OF_INSTITUTION, {**_asked(actor, now), "residents": wanted})
        found = {
            root: Relations(
                sources=tuple(sources), open_encounter=open_encounter, card_until=card, emergency_until=glass
            )
            for root, sources, open_encounter, card, glass in cursor.fetchall()
        }
        return {**none, **found}
    if actor.role == "resident" and actor.purpose == "FAMRQT":
        cursor.execute(_GUARDIAN, {"residents": wanted, "own": actor.resident_id, "now": now})
        return {**none, **{root: Relations(proxy_until=ends) for root, ends in cursor.fetchall()}}
    return none


def in_care(cursor: Any, actor: Actor, now: datetime) -> list[int]:
    """The residents whom the caller's institution treats now or whose card it saw. TooCostly beyond the limit."""
    present = [resident for resident, until in actor.card_present.items() if until > now]
    cursor.execute(_IN_CARE, {**_asked(actor, now), "present": present})
    residents = [row[0] for row in cursor.fetchall()]
    if len(residents) > MOST_RESIDENTS:
        raise TooCostly(
            f"Your institution has more than {MOST_RESIDENTS} residents in care; name the patient",
            reason="many-residents",
        )
    return sorted(residents)


def permit(cursor: Any, actor: Actor, now: datetime) -> Relations:
    """The policy row that lets a conformance client in, if there is one."""
    run(cursor, _PERMIT, {"role": actor.role, "client": actor.client_id, "now": now})
    row = cursor.fetchone()
    return Relations(permit=str(row[0]) if row else "")


def _asked(actor: Actor, now: datetime) -> dict[str, Any]:
    return {
        "organisation": actor.organisation,
        "subject": actor.subject,
        "now": now,
        "stay": now - LONGEST_STAY,
        "open": list(OPEN),
    }
