"""Keeps the exchange Patient of each resident in step with the sources' Patients, in the transaction that changed them.

A new version is written only when it reads differently; a resident that was merged away gets an inactive Patient that
names its successor.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from fhir_profiles import ids, resources
from fhir_profiles.extraction import extract
from fhir_profiles.resource_types import NUMBER
from record_store import content
from record_store.database import Cursor
from record_store.exchange_patient import exchange_patient, retired_patient
from record_store.write import Draft, write

RESIDENTS = """
select r.id, r.bucket, r.merged_into, survivor.bucket from resident r
left join resident survivor on survivor.id = r.merged_into
where r.id = any(%(residents)s)
"""
PATIENTS = """
select p.resident_id, r.id::text, r.fhir_id, r.version, r.updated, r.dictionary, r.body
from patient p join resource r on r.id = p.id and r.bucket = any(%(buckets)s::smallint[])
where p.resident_id = any(%(residents)s) and r.type = %(type)s
"""
BUCKETS = "select id::text from patient where resident_id = any(%(residents)s)"


def refresh(cursor: Cursor, residents: Collection[int], now: datetime) -> int:
    """Write the exchange Patients that changed; how many did."""
    if not residents:
        return 0
    parameters: dict[str, Any] = {"residents": sorted(residents)}
    cursor.execute(RESIDENTS, parameters)
    rows = cursor.fetchall()
    cursor.execute(BUCKETS, parameters)
    buckets = sorted({ids.bucket(UUID(row[0])) for row in cursor.fetchall()})
    cursor.execute(PATIENTS, {**parameters, "buckets": buckets, "type": NUMBER["Patient"]})
    sources: dict[int, list[dict[str, Any]]] = {}
    for resident, identity, fhir_id, version, updated, dictionary, body in cursor.fetchall():
        text = content.assemble("Patient", fhir_id or identity, version, updated, dictionary, body)
        sources.setdefault(resident, []).append(resources.loads(text))
    drafts = []
    for resident, bucket, merged_into, survivor_bucket in rows:
        if merged_into is not None:
            made = retired_patient(resident, merged_into, bucket=bucket, survivor_bucket=survivor_bucket)
        elif resident in sources:
            made = exchange_patient(resident, sources[resident], bucket=bucket)
        else:
            continue
        drafts.append(_draft(made, merged_into or resident))
    written = write(cursor, drafts, now)
    cursor.execute(
        "update resident set patient = given.patient from unnest(%(residents)s::bigint[], %(patients)s::uuid[]) "
        "given (id, patient) where resident.id = given.id and resident.patient is distinct from given.patient",
        {
            "residents": [row[0] for row in rows if row[2] is not None or row[0] in sources],
            "patients": [draft.resource["id"] for draft in drafts],
        },
    )
    return sum(done.changed for done in written)


def _draft(patient: dict[str, Any], resident: int) -> Draft:
    return Draft(
        resource=patient,
        type="Patient",
        id=UUID(patient["id"]),
        resident_id=resident,
        source=0,
        labels=0,
        message=None,
        rule_set=0,
        values=extract(patient),
    )
