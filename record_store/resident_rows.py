"""Moving what belongs to a resident: every table whose rows carry a `resident_id`, by name and key.

A part that adds such a table names it here, so that merges and their undoing carry its rows too; a test compares the
list with the database. Signed directives and what else is said about a resident by its id are not rewritten: they
stay as they were signed and are found through `resident.merged_into`, which always names the resident that is left.
"""

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from fhir_profiles import ids
from record_store.database import Cursor

RESIDENT_TABLES: Final[dict[str, tuple[str, ...]]] = {
    "resource": ("bucket", "id"),
    "resource_history": ("bucket", "id", "version"),
}
"""Table to key columns, in the order of moving."""

_OF_PATIENTS: Final = frozenset({"resource", "resource_history"})
_CLAIMED: Final = "coalesce(subject = any(%(subjects)s::bigint[]), false) or id = any(%(patients)s::uuid[])"


def move_resident(
    cursor: Cursor, merge: UUID, survivor: int, retired: int, patients: Collection[str]
) -> None:
    """Give all rows of one resident to another; rows that none of `patients` claims are remembered under the merge."""
    parameters = {"merge": str(merge), "to": survivor, "from": retired, **_claims(patients)}
    cursor.execute(
        "with moved as (update resident set merged_into = %(to)s where merged_into = %(from)s returning id) "
        "insert into resident_merge_row (merge, table_name, key) "
        "select %(merge)s::uuid, 'resident', jsonb_build_object('id', id) from moved",
        parameters,
    )
    for table, key in RESIDENT_TABLES.items():
        columns = ", ".join(key)
        pairs = ", ".join(f"'{column}', {column}" for column in key)
        claimed = _CLAIMED if table in _OF_PATIENTS else "false"
        cursor.execute(
            f"with moved as (update {table} set resident_id = %(to)s where resident_id = %(from)s "
            f"returning {columns}, ({claimed}) as claimed) "
            "insert into resident_merge_row (merge, table_name, key) "
            f"select %(merge)s::uuid, '{table}', jsonb_build_object({pairs}) from moved where not claimed",
            parameters,
        )


def return_resident(
    cursor: Cursor, merge: UUID, survivor: int, retired: int, patients: Collection[str]
) -> None:
    """The way back: rows of `patients`, those that arrived since included, and the rows remembered under the merge."""
    move_patients(cursor, patients, survivor, retired)
    cursor.execute(
        "update resident set merged_into = %s where id in (select (key->>'id')::bigint from resident_merge_row "
        "where merge = %s and table_name = 'resident')",
        (retired, str(merge)),
    )
    for table, key in RESIDENT_TABLES.items():
        columns = " and ".join(f"t.{column} = (kept.row).{column}" for column in key)
        cursor.execute(
            f"update {table} t set resident_id = %(to)s from "
            f"(select jsonb_populate_record(null::{table}, key) as row from resident_merge_row "
            f"where merge = %(merge)s and table_name = '{table}') kept "
            f"where {columns} and t.resident_id = %(from)s",
            {"merge": str(merge), "to": retired, "from": survivor},
        )
    cursor.execute("delete from resident_merge_row where merge = %s", (str(merge),))


def move_patients(cursor: Cursor, patients: Collection[str], previous: int, resident: int) -> None:
    """Give the rows of some patients (their Patient resources and all that have them as subject) to a resident."""
    parameters = {"to": resident, "from": previous, **_claims(patients)}
    for table in sorted(_OF_PATIENTS):
        cursor.execute(
            f"update {table} set resident_id = %(to)s where resident_id = %(from)s and ({_CLAIMED})",
            parameters,
        )


def _claims(patients: Collection[str]) -> dict[str, Any]:
    return {"patients": list(patients), "subjects": [ids.short(UUID(patient)) for patient in patients]}
