"""Labels that come late: a visit turns out to be sensitive after its results were stored."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from psycopg2.extras import execute_values

from consent.categories import SENSITIVE
from fhir_profiles import ids

SPREAD = """
update {table} r set labels = r.labels | given.labels
from (values %s) as given (resident_id, encounter, labels)
where r.resident_id = given.resident_id and r.encounter = given.encounter
  and r.labels & given.labels <> given.labels
"""


def spread(cursor: Any, visits: Iterable[tuple[int, UUID, int]]) -> None:
    """Give the sensitive labels of visits (resident, id of the Encounter, labels) to all that is stored of them, old
    versions included. In the transaction that wrote the visits, under the role that writes the record."""
    sensitive = sorted(
        {
            (resident, ids.short(visit), labels & SENSITIVE)
            for resident, visit, labels in visits
            if labels & SENSITIVE
        }
    )
    if not sensitive:
        return
    for table in ("resource", "resource_history"):
        execute_values(
            cursor, SPREAD.format(table=table), sensitive, template="(%s::bigint, %s::bigint, %s::integer)"
        )
