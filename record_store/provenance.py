"""From a stored version back to the message and the rules that made it, and from a message to what it made.

https://hl7.org/fhir/R4/provenance.html. Every row carries the number of its inbox message and of its rule set, so a
version needs no Provenance row of its own: `resource` makes the FHIR resource when somebody asks for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from fhir_profiles import ids, instant
from fhir_profiles.outcome import NotFound
from fhir_profiles.resource_types import NAME, NUMBER
from record_store.database import Cursor
from record_store.logical_ids import uuid_of

ORIGIN = """
select v.version, v.updated, v.message, s.name, s.organisation, i.door, i.control_id, i.received, coalesce(u.name, '')
from (
  select version, updated, message, source, rule_set from resource
  where bucket = %(bucket)s and id = %(id)s and type = %(type)s
  union all
  select version, updated, message, source, rule_set from resource_history
  where bucket = %(bucket)s and id = %(id)s and type = %(type)s
) v
left join source s on s.id = v.source
left join inbox i on i.id = v.message
left join rule_set u on u.id = v.rule_set
order by v.version desc
"""

# Rows have no index on their message: what a message made was written just before it was done.
PRODUCTS = """
select type, coalesce(fhir_id, id::text), version from resource
where message = %(message)s and updated between %(done)s - %(room)s and %(done)s + %(room)s
union all
select type, coalesce(fhir_id, id::text), version from resource_history
where message = %(message)s and updated between %(done)s - %(room)s and %(done)s + %(room)s
order by 1, 2, 3
"""
ROOM = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one version came from. `message` None: written through the API or by the exchange itself."""

    type: str
    id: str
    version: int
    updated: datetime
    message: int | None
    source: str
    organisation: str
    door: str
    control_id: str
    received: datetime | None
    rule_set: str


def origins(cursor: Cursor, type_: str, fhir_id: str) -> list[Origin]:
    """The origin of every version, the latest first. Raises NotFound."""
    identity = uuid_of(type_, fhir_id)
    cursor.execute(
        ORIGIN, {"bucket": ids.bucket(identity), "id": str(identity), "type": NUMBER.get(type_, 0)}
    )
    found = [
        Origin(
            *(type_, fhir_id, version, updated, message, source or "", organisation or ""),
            *(door or "", control_id or "", received, rule_set),
        )
        for version, updated, message, source, organisation, door, control_id, received, rule_set in cursor.fetchall()
    ]
    if not found:
        raise NotFound(f"There is no such {type_}")
    return found


def products(cursor: Cursor, message: int) -> list[tuple[str, str, int]]:
    """Type, id and version of everything that a message made; empty while it waits or when it was refused."""
    cursor.execute("select done from inbox where id = %s and state = 'done'", (message,))
    row: Sequence[Any] | None = cursor.fetchone()
    if row is None:
        return []
    cursor.execute(PRODUCTS, {"message": message, "done": row[0], "room": ROOM})
    return [(NAME[type_], fhir_id, version) for type_, fhir_id, version in cursor.fetchall()]


def resource(origin: Origin) -> dict[str, Any]:
    """A version's origin as a FHIR Provenance."""
    found: dict[str, Any] = {
        "resourceType": "Provenance",
        "target": [{"reference": f"{origin.type}/{origin.id}/_history/{origin.version}"}],
        "recorded": instant.text(origin.updated),
        "agent": [
            {
                "type": {
                    "coding": [
                        {
                            "system": "http://terminology.hl7.org/CodeSystem/provenance-participant-type",
                            "code": "assembler",
                        }
                    ]
                },
                "who": {"display": "Regional health information exchange"},
            }
        ],
    }
    if origin.rule_set:
        found["policy"] = [f"urn:hie:rule-set:{quote(origin.rule_set, safe='')}"]
    if origin.source:
        found["agent"].append({"who": {"identifier": {"system": "urn:hie:source", "value": origin.source}}})
    if origin.message is not None:
        entity = {
            "system": f"urn:hie:inbox:{origin.source}",
            "value": origin.control_id or str(origin.message),
        }
        found["entity"] = [{"role": "source", "what": {"identifier": entity}}]
        if origin.received:
            found["occurredDateTime"] = instant.text(origin.received)
    return found
