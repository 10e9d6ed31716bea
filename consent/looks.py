"""What residents read about their own record: who looked, when, why, and on what ground. People first; machines and
exports are folded by day, because a log that floods its reader is not read."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from consent.rule_store import CIRCLE
from fhir_profiles.resource_types import NAME

PEOPLE = f"""
{CIRCLE}
select e.id, e.recorded, e.interaction, e.outcome, e.reason, e.organisation, e.department, e.display, e.role,
  e.purpose, e.basis, e.type, e.count
from (
  select e.* from circle c join audit_event e on e.resident = c.member
  union all
  select e.* from audit_event e where e.residents && (select array_agg(member) from circle)
) e
where (e.role in ('clinician', 'agent', 'admin') or e.role = 'resident' and e.basis <> 'policy:self'
  or e.role = 'authority' and e.client = '' and e.interaction <> 'export')
order by e.recorded desc, e.id desc limit %(limit)s
"""

MACHINES = f"""
{CIRCLE}
select (e.recorded at time zone 'Asia/Shanghai')::date as day, e.organisation, e.client, e.role, e.purpose, e.basis,
  count(*), sum(e.count)
from (
  select e.* from circle c join audit_event e on e.resident = c.member
  union all
  select e.* from audit_event e where e.residents && (select array_agg(member) from circle)
) e
where e.role in ('authority', 'system') and (e.client <> '' or e.interaction = 'export') and e.outcome = 0
group by 1, 2, 3, 4, 5, 6 order by 1 desc, 2, 3 limit %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Look:
    """One look, or one refused try, of a person. `type` is the resource type ("" for several), `count` how many
    resources went out; `basis` are coded grounds (`default:open-encounter`, `policy:break-glass`, `consent:…`)."""

    id: int
    at: datetime
    interaction: str
    refused: bool
    reason: str
    organisation: str
    department: str
    person: str
    role: str
    purpose: str
    basis: tuple[str, ...]
    type: str
    count: int


@dataclass(frozen=True, slots=True)
class MachineLooks:
    """What one client did on one day."""

    day: date
    organisation: str
    client: str
    role: str
    purpose: str
    basis: tuple[str, ...]
    times: int
    count: int


def looks(cursor: Any, resident_id: int, *, limit: int = 200) -> list[Look]:
    """The newest looks of people at a resident's record, of all residents merged into it; not the resident's own."""
    cursor.execute(PEOPLE, {"residents": [resident_id], "limit": limit})
    return [
        Look(
            id=row[0],
            at=row[1],
            interaction=row[2],
            refused=row[3] != 0,
            reason=row[4],
            organisation=row[5],
            department=row[6],
            person=row[7],
            role=row[8],
            purpose=row[9],
            basis=tuple(filter(None, row[10].split(";"))),
            type=NAME.get(row[11], ""),
            count=row[12],
        )
        for row in cursor.fetchall()
    ]


def machine_looks(cursor: Any, resident_id: int, *, limit: int = 200) -> list[MachineLooks]:
    """The days on which exports and programs touched the record, newest first."""
    cursor.execute(MACHINES, {"residents": [resident_id], "limit": limit})
    return [
        MachineLooks(
            day, organisation, client, role, purpose, tuple(filter(None, basis.split(";"))), times, int(count)
        )
        for day, organisation, client, role, purpose, basis, times, count in cursor.fetchall()
    ]
