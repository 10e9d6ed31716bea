"""The registered senders: each feed's source row, by id and by how it names itself at a door."""

from dataclasses import dataclass
from typing import Any

SELECT = """
select id, name, organisation, identifier_system, zone, charset, door, feed_map, strict, credential
from source where active order by id
"""

REGISTER = """
insert into source (name, organisation, identifier_system, zone, charset, door, feed_map, strict, credential)
values (%(name)s, %(organisation)s, %(identifier_system)s, %(zone)s, %(charset)s, %(door)s, %(feed_map)s,
        %(strict)s, %(credential)s)
on conflict (name) do update set
  organisation = excluded.organisation, identifier_system = excluded.identifier_system, zone = excluded.zone,
  charset = excluded.charset, door = excluded.door, feed_map = excluded.feed_map, strict = excluded.strict,
  credential = excluded.credential, active = true
returning id
"""


@dataclass(frozen=True, slots=True)
class Sender:
    """One row of `source`. `door` is mllp, soap, json, cda, csv or view; `credential` is how the sender names
    itself there: MSH-4 for mllp, the client id for the HTTP doors, the sub-folder for csv, the database address
    for view."""

    name: str
    organisation: str
    identifier_system: str
    door: str
    zone: str = "Asia/Shanghai"
    charset: str = "gb18030"
    feed_map: str = ""
    strict: bool = False
    credential: str = ""
    id: int = 0


def register(cursor: Any, sender: Sender) -> int:
    """Add a sender, or renew the one of that name; gives its id."""
    cursor.execute(
        REGISTER,
        {name: getattr(sender, name) for name in Sender.__dataclass_fields__ if name != "id"},
    )
    return int(cursor.fetchone()[0])


def retire(cursor: Any, name: str) -> bool:
    """Close a sender's doors; what it sent stays. False when there is none of that name."""
    cursor.execute("update source set active = false where name = %(name)s and active", {"name": name})
    return bool(cursor.rowcount)


def senders(cursor: Any) -> list[Sender]:
    """All active senders."""
    cursor.execute(SELECT)
    return [
        Sender(
            id=row[0],
            name=row[1],
            organisation=row[2],
            identifier_system=row[3],
            zone=row[4],
            charset=row[5],
            door=row[6],
            feed_map=row[7],
            strict=row[8],
            credential=row[9],
        )
        for row in cursor.fetchall()
    ]
