"""What the store holds, for its operators: a body that psql can't show, and everything as plain FHIR.

This is no way around consent: the command line writes each use to the trace with its reason before it prints. The
exchange itself discloses through `consent.disclosure` alone.
"""

from collections.abc import Iterator, Sequence

from fhir_profiles import ids
from fhir_profiles.outcome import Gone, NotFound
from fhir_profiles.resource_types import NAME, NUMBER
from record_store import content
from record_store.database import Cursor, stream
from record_store.logical_ids import uuid_of

VERSION = """
select version, updated, dictionary, body, resident_id from resource
where bucket = %(bucket)s and id = %(id)s and type = %(type)s and (%(version)s::int is null or version = %(version)s)
union all
select version, updated, dictionary, body, resident_id from resource_history
where bucket = %(bucket)s and id = %(id)s and type = %(type)s and (%(version)s::int is null or version = %(version)s)
order by version desc limit 1
"""

ALL = """
select type, coalesce(fhir_id, id::text), version, updated, dictionary, body from resource
where %(types)s::smallint[] is null or type = any(%(types)s::smallint[]) order by bucket, id
"""


def version(cursor: Cursor, type_: str, fhir_id: str, number: int | None = None) -> tuple[bytes, int]:
    """One version (None: the latest) as JSON, and its resident. Raises NotFound, Gone."""
    identity = uuid_of(type_, fhir_id)
    cursor.execute(
        VERSION,
        {
            "bucket": ids.bucket(identity),
            "id": str(identity),
            "type": NUMBER.get(type_, 0),
            "version": number,
        },
    )
    row = cursor.fetchone()
    if row is None:
        raise NotFound(f"There is no such {type_}")
    found, updated, dictionary, body, resident = row
    if body is None:
        raise Gone(f"This {type_} was deleted")
    return content.assemble(type_, fhir_id, found, updated, dictionary, body), resident


def everything(cursor: Cursor, types: Sequence[str] = ()) -> Iterator[list[bytes]]:
    """All current resources as JSON, some thousands at a time, as one consistent picture."""
    numbers = [NUMBER[name] for name in types] or None
    cursor.execute("set transaction isolation level repeatable read, read only")
    cursor.execute("set local statement_timeout = 0")
    for rows in stream(cursor, ALL, {"types": numbers}):
        yield [content.assemble(NAME[type_], *row) for type_, *row in rows]
