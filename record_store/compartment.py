"""A resident's whole record, and the record of everybody for an export.

https://hl7.org/fhir/R4/operation-patient-everything.html. For an exchange Patient it is all that the resident has;
for a source's Patient what names that Patient. What those resources refer to outside of any resident (institutions,
people at work, medicines) comes with the page that refers to it.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from fhir_profiles import ids
from fhir_profiles.resource_types import NUMBER
from record_store import paging, read
from record_store.database import Cursor, stream
from record_store.index_rows import OUTSIDE
from record_store.logical_ids import uuid_of
from record_store.read import columns, key, stored
from record_store.stored import Found, Stored
from record_store.visibility import Visibility

PAGE = 1000
"""Resources of a page of `$everything` when the caller names no number."""

_OUTSIDE_REFERENCE = re.compile(
    rb'"reference":"(' + "|".join(sorted({*OUTSIDE, "Device"})).encode() + rb')/([A-Za-z0-9.-]{1,64})["/]'
)
"""References out of a record, found in the text: quotes inside of JSON strings are escaped, so nothing else matches."""

PATIENT = """
select r.resident_id, exists (select 1 from resident x where x.id = r.resident_id and x.patient = r.id)
from resource r where r.bucket = %(bucket)s and r.id = %(id)s and r.type = %(type)s and ({visible})
"""
ROWS = """
select {columns}, r.bucket, r.id::text from resource r
where r.resident_id = %(resident)s and ({visible}) and {wanted}
order by r.bucket, r.id limit %(limit)s
"""


def everything(
    cursor: Cursor,
    visibility: Visibility,
    patient_id: str,
    *,
    types: Sequence[str] = (),
    since: datetime | None = None,
    count: int | None = None,
    after: str | None = None,
) -> Found:
    """One page of a resident's record, with what it refers to outside; empty for a Patient that is not visible."""
    position = paging.resume(visibility.epoch, after) if after else None
    size = min(count or PAGE, PAGE)
    found = key("Patient", patient_id)
    if found is None:
        return Found([])
    visible, parameters = visibility.where("r")
    values = {**parameters, **found}
    cursor.execute(PATIENT.format(visible=visible), values)
    place = cursor.fetchone()
    if place is None:
        return Found([])
    resident_id, exchange = place
    values |= {"resident": resident_id, "limit": size + 1}
    wanted = ["true"]
    if not exchange:
        # The links of a row say whom it names by any parameter; the column says the one it is about.
        wanted.append("(r.subject = %(subject)s or r.links && %(links)s::bigint[] or r.id = %(id)s)")
        values["subject"] = ids.short(uuid_of("Patient", patient_id))
        values["links"] = [
            ids.link(name, f"Patient/{patient_id}") for name in ("patient", "subject", "beneficiary")
        ]
    if types:
        wanted.append("r.type = any(%(types)s::smallint[])")
        values["types"] = [NUMBER[name] for name in types]
    if since:
        wanted.append("r.updated >= %(since)s")
        values["since"] = since
    if position:
        wanted.append("(r.bucket, r.id) > (%(after_bucket)s::smallint, %(after_id)s::uuid)")
        values["after_bucket"], values["after_id"] = position
    cursor.execute(ROWS.format(columns=columns("r"), visible=visible, wanted=" and ".join(wanted)), values)
    rows = cursor.fetchall()
    matches = [stored(row) for row in rows[:size]]
    following = paging.position(visibility.epoch, list(rows[size - 1][9:])) if len(rows) > size else None
    total = len(matches) if position is None and following is None else None
    return Found(matches, _outside(cursor, visibility, matches, types, since), total, following)


def residents(
    cursor: Cursor, visibility: Visibility, types: Sequence[str] = (), since: datetime | None = None
) -> list[int]:
    """The residents that an export would tell something about."""
    where, values = _exported(visibility, types, since)
    cursor.execute(
        f"select distinct r.resident_id from resource r where {where} and r.resident_id <> 0", values
    )
    return sorted(row[0] for row in cursor.fetchall())


def export(
    cursor: Cursor, visibility: Visibility, types: Sequence[str] = (), since: datetime | None = None
) -> Iterator[bytes]:
    """Every visible resource as one line of NDJSON with its line feed, through a cursor of the server."""
    where, values = _exported(visibility, types, since)
    for rows in stream(cursor, f"select {columns('r')} from resource r where {where}", values):
        for row in rows:
            yield stored(row).body + b"\n"


def _exported(
    visibility: Visibility, types: Sequence[str], since: datetime | None
) -> tuple[str, dict[str, object]]:
    visible, parameters = visibility.where("r")
    values = dict(parameters)
    where = f"({visible})"
    if types:
        where += " and r.type = any(%(types)s::smallint[])"
        values["types"] = [NUMBER[name] for name in types]
    if since:
        where += " and r.updated >= %(since)s"
        values["since"] = since
    return where, values


def _outside(
    cursor: Cursor,
    visibility: Visibility,
    matches: list[Stored],
    types: Sequence[str],
    since: datetime | None,
) -> list[Stored]:
    wanted: dict[tuple[str, str], None] = {}
    for match in matches:
        for type_, fhir_id in _OUTSIDE_REFERENCE.findall(match.body):
            if not types or type_.decode() in types:
                wanted[type_.decode(), fhir_id.decode()] = None
    if not wanted:
        return []
    found = read.read_many(cursor, visibility, wanted)
    return [one for one in found if one.resident_id == 0 and (since is None or one.updated >= since)]
