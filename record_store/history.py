"""Histories: every version of one resource, of a type, or of the whole record, newest first.

https://hl7.org/fhir/R4/http.html#history. One resource's history comes from its own rows; wider ones walk the
change feed, which is in the order of writing, and show what the caller may see of it.
"""

from datetime import datetime
from typing import Any

from fhir_profiles.resource_types import NUMBER
from record_store import paging
from record_store.database import Cursor
from record_store.read import columns, key, stored
from record_store.stored import Found
from record_store.visibility import Visibility

INSTANCE = """
select {columns} from (
  select {shared}, false as deleted from resource c where c.bucket = %(bucket)s and c.id = %(id)s
  union all
  select {shared}, c.deleted from resource_history c where c.bucket = %(bucket)s and c.id = %(id)s) r
where r.type = %(type)s and r.updated >= %(since)s and r.version < %(before)s and ({visible})
order by r.version desc limit %(limit)s
"""

FEED = """
select {columns}, change."transaction"::text, change.sequence from change
cross join lateral (
  select {shared} from resource c
  where c.bucket = change.bucket and c.id = change.id and c.version = change.version
  union all
  select {shared} from resource_history c
  where c.bucket = change.bucket and c.id = change.id and c.version = change.version) r
where {behind} and change.at >= %(since)s and {types} and ({visible})
order by change."transaction" desc, change.sequence desc limit %(limit)s
"""

SHARED = "type, id, fhir_id, version, updated, dictionary, body, resident_id, labels, bucket, source, encounter, subject, at"
BEGINNING = "-infinity"
NEWEST = (1 << 31) - 1
BEHIND = '(change."transaction", change.sequence) < (%(transaction)s::xid8, %(sequence)s)'


def history(
    cursor: Cursor,
    visibility: Visibility,
    type_: str | None = None,
    fhir_id: str | None = None,
    *,
    since: datetime | None = None,
    count: int = 50,
    after: str | None = None,
) -> Found:
    """One page of versions. Both names: one resource; a type alone, or nothing: everything of it, newest first.

    `since` is inclusive. `Found.total` is known only for one resource that fits its first page.
    """
    position = paging.resume(visibility.epoch, after) if after else None
    visible, parameters = visibility.where("r")
    shared = ", ".join(f"c.{name}" for name in SHARED.split(", "))
    values: dict[str, Any] = {**parameters, "since": since or BEGINNING, "limit": count + 1}
    if type_ is not None and fhir_id is not None:
        named = key(type_, fhir_id)
        if named is None:
            return Found([])
        values |= named | {"before": position[0] if position else NEWEST}
        cursor.execute(INSTANCE.format(columns=columns("r"), shared=shared, visible=visible), values)
        keys = slice(3, 4)
    else:
        if position:
            values |= {"transaction": position[0], "sequence": position[1]}
        values["type"] = NUMBER.get(type_ or "", 0)
        statement = FEED.format(
            columns=columns("r"),
            shared=shared,
            visible=visible,
            types="true" if type_ is None else "change.type = %(type)s",
            behind=BEHIND if position else "true",
        )
        cursor.execute(statement, values)
        keys = slice(9, 11)
    rows = cursor.fetchall()
    whole = position is None and len(rows) <= count and fhir_id is not None
    following = paging.position(visibility.epoch, list(rows[count - 1][keys])) if len(rows) > count else None
    return Found([stored(row) for row in rows[:count]], total=len(rows) if whole else None, next=following)
