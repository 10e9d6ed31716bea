"""Conditional creates that make exactly one. https://hl7.org/fhir/R4/http.html#ccreate

Whoever asks `If-None-Exist` first holds the criteria, then searches, then creates. Others with the same criteria wait
until that transaction ends, and their search, a younger statement, finds what it made.
"""

from collections.abc import Iterable

from fhir_profiles import ids
from record_store.database import Cursor


def hold(cursor: Cursor, criteria: Iterable[tuple[str, str]]) -> None:
    """Hold each (type, criteria as sorted text) until the transaction ends. Before any other lock."""
    keys = sorted({ids.link(f"ensure {type_}", text) for type_, text in criteria})
    cursor.execute("select pg_advisory_xact_lock(key) from unnest(%s::bigint[]) as wanted (key)", (keys,))
