"""The labels of stored visits, for what arrives later and belongs to them. Labels alone leave this file."""

from collections.abc import Collection

from fhir_profiles import ids
from record_store.database import Cursor
from record_store.logical_ids import uuid_of

SELECT = """
select r.id::text, r.labels from unnest(%(buckets)s::smallint[], %(ids)s::uuid[]) wanted (bucket, id)
join resource r using (bucket, id)
"""


def labels_of(cursor: Cursor, references: Collection[str]) -> dict[str, int]:
    """Labels by reference (`Encounter/id`) of those that are stored."""
    wanted = {str(uuid_of(*reference.split("/", 1))): reference for reference in references}
    if not wanted:
        return {}
    cursor.execute(
        SELECT,
        {
            "buckets": [ids.bucket(uuid_of(*reference.split("/", 1))) for reference in wanted.values()],
            "ids": list(wanted),
        },
    )
    return {wanted[identity]: labels for identity, labels in cursor.fetchall()}
