"""What the people who tend the resident index look at: a resident, its patients, why they belong together.

Answers hold ids, coded words and times; what a patient is called is told by `features_of` alone, whose callers write
the look into the trace first.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from fhir_profiles.outcome import NotFound
from record_store.blocking import decode, known_patients
from record_store.database import Cursor
from record_store.matching_features import Features, features
from record_store.matching_keys import blocking_keys


@dataclass(frozen=True, slots=True)
class PatientView:
    """One source's patient of a resident."""

    patient: str
    source: str
    updated: datetime


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One decision where a patient belongs."""

    patient: str
    resident: int
    previous: int | None
    reason: str
    score: float
    evidence: tuple[str, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MergeLine:
    """One merge, undone or not."""

    id: str
    survivor: int
    retired: int
    reason: str
    by: str
    at: datetime
    undone: datetime | None


@dataclass(slots=True)
class Overview:
    """A resident as the index has it."""

    resident: int
    state: str
    merged_into: int | None
    exchange_patient: str | None
    patients: list[PatientView] = field(default_factory=list)
    history: list[HistoryLine] = field(default_factory=list)
    merges: list[MergeLine] = field(default_factory=list)


def resident_of(cursor: Cursor, name: str) -> int:
    """The resident that a text names: its number, the id of one of its Patients, or of its exchange Patient."""
    name = name.removeprefix("Patient/")
    if name.isdecimal():
        return int(name)
    try:
        identity = str(UUID(name))
    except ValueError:
        raise NotFound(
            "Name a resident's number or the id of a Patient.", reason="resident-unknown"
        ) from None
    cursor.execute(
        "select resident_id from patient where id = %(id)s union all select id from resident where patient = %(id)s",
        {"id": identity},
    )
    row = cursor.fetchone()
    if row is None:
        raise NotFound("The index has no Patient with this id.", reason="patient-unknown")
    return int(row[0])


def overview(cursor: Cursor, resident: int) -> Overview:
    """All that the index has on a resident. Raises NotFound."""
    cursor.execute("select id, state, merged_into, patient::text from resident where id = %s", (resident,))
    row = cursor.fetchone()
    if row is None:
        raise NotFound("No resident has this id.", reason="resident-unknown")
    found = Overview(*row)
    cursor.execute(
        "select p.id::text, coalesce(s.name, ''), p.updated from patient p left join source s on s.id = p.source "
        "where p.resident_id = %s order by p.updated, p.id",
        (resident,),
    )
    found.patients = [PatientView(*line) for line in cursor.fetchall()]
    cursor.execute(
        "select patient::text, resident_id, previous, reason, score, evidence, by, at from patient_link "
        "where resident_id = %(r)s or previous = %(r)s order by id",
        {"r": resident},
    )
    found.history = [_history(line) for line in cursor.fetchall()]
    cursor.execute(
        "select id::text, survivor, retired, reason, by, at, undone from resident_merge "
        "where survivor = %(r)s or retired = %(r)s order by at",
        {"r": resident},
    )
    found.merges = [MergeLine(*line) for line in cursor.fetchall()]
    return found


def find(cursor: Cursor, system: str, value: str, *, secret: bytes = b"") -> list[int]:
    """The residents with a patient that holds this identifier; old and new forms of a citizen number are one."""
    wanted = features({"resourceType": "Patient", "identifier": [{"system": system, "value": value}]})
    cursor.execute(
        "select distinct p.id::text from patient_key k join patient p on p.id = k.patient where k.key = any(%s)",
        (blocking_keys(wanted, secret=secret),),
    )
    known = known_patients(cursor, [row[0] for row in cursor.fetchall()])
    return sorted({one.resident for one in known.values() if _shares(wanted, one.features)})


def features_of(cursor: Cursor, patients: Collection[str]) -> dict[str, Features]:
    """What the index knows of some patients: names, dates, numbers."""
    return {patient: one.features for patient, one in known_patients(cursor, patients).items()}


def by_system(cursor: Cursor, system: str) -> list[tuple[str, int]]:
    """(value, resident) of the identifiers of a system that is not region-wide, as the patients' sources sent them."""
    cursor.execute("select features, resident_id from patient order by id")
    return [
        (number.rpartition("|")[2], resident)
        for text, resident in cursor.fetchall()
        for number in decode(text).numbers
        if number.startswith(f"{system}|")
    ]


def counters(cursor: Cursor) -> dict[str, int]:
    """How large the index is: active residents, patients, residents with several patients, open reviews."""
    cursor.execute(
        "select (select count(*) from resident where state = 'active'), (select count(*) from patient), "
        "(select count(*) from (select from patient group by resident_id having count(*) > 1) several), "
        "(select count(*) from review where state = 'open')"
    )
    names = ("residents", "patients", "residents with several patients", "open reviews")
    return dict(zip(names, cursor.fetchone(), strict=True))


def _shares(wanted: Features, known: Features) -> bool:
    return bool(
        wanted.citizen_cores & known.citizen_cores
        or set(wanted.mistyped_ids) & set(known.mistyped_ids)
        or set(wanted.cards) & set(known.cards)
        or set(wanted.social_security) & set(known.social_security)
        or set(wanted.numbers) & set(known.numbers)
    )


def _history(row: tuple[Any, ...]) -> HistoryLine:
    patient, resident, previous, reason, score, evidence, by, at = row
    return HistoryLine(patient, resident, previous, reason, score, tuple(evidence), by, at)
