"""The sources' Patients as they are stored, for those who must not overwrite what they hold. Stays inside ingest."""

from collections.abc import Collection
from typing import Any

from fhir_profiles import ids, resources
from record_store import content
from record_store.database import Cursor
from record_store.logical_ids import uuid_of

SELECT = """
select r.id::text, r.fhir_id, r.version, r.updated, r.dictionary, r.body
from unnest(%(buckets)s::smallint[], %(ids)s::uuid[]) wanted (bucket, id) join resource r using (bucket, id)
"""


def stored_patients(cursor: Cursor, identities: Collection[str]) -> dict[str, dict[str, Any]]:
    """The stored Patients of some logical ids, by id; those that are not stored are left out."""
    wanted = {str(uuid_of("Patient", identity)): identity for identity in identities}
    if not wanted:
        return {}
    buckets = [ids.bucket(uuid_of("Patient", identity)) for identity in wanted.values()]
    cursor.execute(SELECT, {"buckets": buckets, "ids": list(wanted)})
    return {
        wanted[identity]: resources.loads(
            content.assemble("Patient", fhir_id or identity, version, updated, dictionary, body)
        )
        for identity, fhir_id, version, updated, dictionary, body in cursor.fetchall()
    }
