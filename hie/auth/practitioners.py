"""People who work with the record. They sign in with their own citizen card: one card for all services."""

from dataclasses import dataclass
from typing import Any

from hie.auth.claims import Claims, default_purpose

REGISTER = """
insert into practitioner (subject, resident, name, role, organisation, department, licence)
values (%(subject)s, %(resident)s, %(name)s, %(role)s, %(organisation)s, %(department)s, %(licence)s)
on conflict (subject) do update set
  resident = excluded.resident, name = excluded.name, role = excluded.role,
  organisation = excluded.organisation, department = excluded.department, licence = excluded.licence, active = true
"""
FIND = """
select p.subject, p.name, p.role, p.organisation, p.department from practitioner p
where p.active and p.role = %(role)s
  and p.resident in (select id from resident where id = %(resident)s or merged_into = %(resident)s)
order by p.subject limit 1
"""


@dataclass(frozen=True, slots=True)
class Practitioner:
    """One person in one role at one organisation; `subject` is stable and shown to nobody."""

    subject: str
    resident: int
    name: str
    role: str
    organisation: str
    department: str = ""
    licence: str = ""


def register(cursor: Any, who: Practitioner) -> None:
    """Add or renew a person at work."""
    cursor.execute(REGISTER, {name: getattr(who, name) for name in Practitioner.__slots__})


def of_resident(cursor: Any, resident: int, role: str) -> Claims | None:
    """Who the holder of a card is at work."""
    cursor.execute(FIND, {"resident": resident, "role": role})
    row = cursor.fetchone()
    if row is None:
        return None
    return Claims(
        subject=row[0],
        role=row[2],
        display=row[1],
        organisation=row[3],
        department=row[4],
        purpose=default_purpose(row[2]),
    )
