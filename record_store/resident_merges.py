"""Joining and parting residents: merge and its undoing, linking and unlinking one patient, a source's own merge.

Each act is one line or more in the history with a coded reason and who decided, can be taken back, moves the rows of
the record and the directives with their resident, and raises the consent epoch of both, so that the next request of
anybody is decided anew. Callers hold a unit of work with the role hie_writer.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fhir_profiles import ids
from fhir_profiles.outcome import Conflict, NotFound
from record_store.blocking import encode, known_patients, lock, residents_of
from record_store.database import Cursor
from record_store.links import (
    Link,
    add_residents,
    bring_together,
    keep_apart,
    queue_doubts,
    raise_epochs,
    record_links,
    settle_reviews,
    turn_reviews,
)
from record_store.logical_ids import uuid_of
from record_store.matching import Doubt
from record_store.matching_features import Features
from record_store.resident_rows import move_patients, move_resident, return_resident


def merge(
    cursor: Cursor,
    survivor: int,
    retired: int,
    *,
    reason: str,
    by: str,
    now: datetime,
    score: float = 0.0,
    evidence: Sequence[str] = (),
) -> UUID:
    """Retire one resident into another and give the id under which `unmerge` takes it back.

    Raises NotFound for an unknown resident, Conflict for one that is retired already or is the survivor itself.
    """
    lock(cursor, {survivor, retired})
    _active(cursor, survivor, retired)
    identity = ids.created(0)
    cursor.execute(
        "update patient set resident_id = %s where resident_id = %s returning id::text", (survivor, retired)
    )
    patients = [row[0] for row in cursor.fetchall()]
    cursor.execute(
        "insert into resident_merge (id, survivor, retired, reason, by, at) values (%s, %s, %s, %s, %s, %s)",
        (str(identity), survivor, retired, reason, by, now),
    )
    links = [Link(p, survivor, retired, reason, score, tuple(evidence), identity) for p in patients]
    record_links(cursor, links, by, now)
    move_resident(cursor, identity, survivor, retired, patients)
    cursor.execute(
        "update resident set state = 'merged', merged_into = %s where id = %s", (survivor, retired)
    )
    raise_epochs(cursor, (survivor, retired))
    turn_reviews(cursor, retired, survivor, now)
    settle_reviews(cursor, [survivor], now)
    return identity


def unmerge(cursor: Cursor, merge_id: UUID, *, by: str, now: datetime) -> tuple[int, int]:
    """Take a merge back: (survivor, retired), both active again, their patients never linked by rule any more.

    What arrived for the retired resident's patients since goes back with them. Raises NotFound for an unknown merge
    and Conflict where it is undone already or a later merge stands in the way.
    """
    cursor.execute(
        "select survivor, retired, undone is not null from resident_merge where id = %s for update",
        (str(merge_id),),
    )
    row = cursor.fetchone()
    if row is None:
        raise NotFound("No merge has this id.", reason="merge-unknown")
    survivor, retired, undone = row
    if undone:
        raise Conflict("This merge is undone already.", reason="merge-undone")
    lock(cursor, {survivor, retired})
    cursor.execute("select state, merged_into from resident where id = any(%s)", ([survivor, retired],))
    if sorted(cursor.fetchall()) != [("active", None), ("merged", survivor)]:
        raise Conflict("A later merge includes this one: undo that first.", reason="merge-covered")
    cursor.execute("update resident set state = 'active', merged_into = null where id = %s", (retired,))
    cursor.execute(
        "update patient set resident_id = %(retired)s where resident_id = %(survivor)s and id in "
        "(select patient from patient_link where merge = %(merge)s) returning id::text",
        {"survivor": survivor, "retired": retired, "merge": str(merge_id)},
    )
    patients = [row[0] for row in cursor.fetchall()]
    record_links(cursor, [Link(p, retired, survivor, "unmerge") for p in patients], by, now)
    return_resident(cursor, merge_id, survivor, retired, patients)
    keep_apart(cursor, patients, list(residents_of(cursor, [survivor])), by, now)
    settle_reviews(cursor, [survivor, retired], now)
    raise_epochs(cursor, (survivor, retired))
    cursor.execute(
        "update resident_merge set undone = %s, undone_by = %s where id = %s", (now, by, str(merge_id))
    )
    return survivor, retired


def link(cursor: Cursor, patient: str, resident: int, *, reason: str, by: str, now: datetime) -> int:
    """Give a patient to a resident because a person said so, and give that resident's id.

    A resident that has no other patient is merged, so that its record and directives come along.
    """
    previous = _resident(cursor, patient)
    lock(cursor, {previous, resident})
    if previous == resident:
        raise Conflict("The patient belongs to this resident already.", reason="patient-linked")
    _active(cursor, previous, resident)
    members = residents_of(cursor, [previous, resident])
    bring_together(cursor, [patient], [p for p, r in members.items() if r == resident])
    if [p for p, r in members.items() if r == previous] == [patient]:
        merge(cursor, resident, previous, reason=reason, by=by, now=now)
    else:
        _move(cursor, patient, previous, resident, now)
        record_links(cursor, [Link(patient, resident, previous, reason)], by, now)
    return resident


def unlink(cursor: Cursor, patient: str, *, reason: str, by: str, now: datetime) -> int:
    """Take a patient from its resident because a person said so, and give the id of its new resident.

    The rules never link the two sides again. Raises Conflict where the resident has no other patient.
    """
    previous = _resident(cursor, patient)
    lock(cursor, {previous})
    others = [p for p in residents_of(cursor, [previous]) if p != patient]
    if not others:
        raise Conflict("The resident has no other patient.", reason="patient-alone")
    resident = fresh_residents(cursor, [patient])[patient]
    add_residents(cursor, {resident: patient}, now)
    _move(cursor, patient, previous, resident, now)
    record_links(cursor, [Link(patient, resident, previous, reason)], by, now)
    keep_apart(cursor, [patient], others, by, now)
    return resident


def apply_source_merge(
    cursor: Cursor, survivor_patient: str, retired_patient: str, now: datetime, *, by: str = "source"
) -> frozenset[int]:
    """What a source's own merge (HL7v2 A34, A40) means here: its two patients (Patient ids) are one resident.

    Gives the residents that changed, the survivor and the retired one; none where they were one already or the index
    has not met both patients. Valid citizen numbers that differ are not joined on one source's word: a person decides.
    """
    survivor_patient, retired_patient = (
        str(uuid_of("Patient", patient)) for patient in (survivor_patient, retired_patient)
    )
    known = known_patients(cursor, [survivor_patient, retired_patient])
    if len(known) < 2:
        return frozenset()
    survivor, retired = known[survivor_patient].resident, known[retired_patient].resident
    if survivor == retired:
        return frozenset()
    lock(cursor, {survivor, retired})
    members = residents_of(cursor, [survivor, retired])
    cores: dict[int, set[str]] = {survivor: set(), retired: set()}
    for patient, found in known_patients(cursor, list(members)).items():
        cores[members[patient]] |= found.features.citizen_cores
    if cores[survivor] and cores[retired] and cores[survivor].isdisjoint(cores[retired]):
        queue_doubts(
            cursor, [Doubt(retired_patient, survivor, "source-merge", 0.0, ("citizen-id:conflict",))], now
        )
        return frozenset()
    merge(cursor, survivor, retired, reason="source-merge", by=by, now=now)
    return frozenset((survivor, retired))


def forget(cursor: Cursor, patients: Sequence[str], now: datetime, *, by: str) -> frozenset[int]:
    """Forget what deleted Patients (their ids) said; gives the residents whose exchange Patient may change.

    They stay with their residents, as the rows about them do, and are compared with nobody.
    """
    identities = [str(uuid_of("Patient", patient)) for patient in patients]
    known = known_patients(cursor, identities)
    lock(cursor, {one.resident for one in known.values()})
    cursor.execute(
        "delete from patient_key k using patient p "
        "where p.id = any(%s::uuid[]) and k.patient = p.id and k.key = any(p.keys)",
        (list(known),),
    )
    cursor.execute(
        "update patient set keys = '{}', features = %s, updated = %s where id = any(%s::uuid[]) "
        "returning id::text, resident_id",
        (encode(Features()), now, list(known)),
    )
    gone = cursor.fetchall()
    record_links(
        cursor, [Link(patient, resident, resident, "deleted") for patient, resident in gone], by, now
    )
    return frozenset(resident for _, resident in gone)


def fresh_residents(cursor: Cursor, patients: Sequence[str]) -> dict[str, int]:
    """The id of a new resident for each patient: its own, or, where that resident exists, one more of its kind."""
    own = {patient: ids.short(UUID(patient)) for patient in patients}
    cursor.execute("select id from resident where id = any(%s)", (list(own.values()),))
    taken = {row[0] for row in cursor.fetchall()}
    again = [patient for patient, resident in own.items() if resident in taken]
    if again:
        cursor.execute(
            "select patient::text, count(*) from patient_link where patient = any(%s::uuid[]) group by patient",
            (again,),
        )
        for patient, moves in cursor.fetchall():
            home = ids.bucket(UUID(patient))
            own[patient] = ids.short(ids.fed(home, "resident", patient, str(moves)))
    return own


def move_patient(cursor: Cursor, patient: str, previous: int, resident: int, now: datetime) -> None:
    """Move a patient's rows between residents that both stay, raise both epochs, close the questions it answers."""
    move_patients(cursor, [patient], previous, resident)
    raise_epochs(cursor, (previous, resident))
    settle_reviews(cursor, [resident], now)


def _move(cursor: Cursor, patient: str, previous: int, resident: int, now: datetime) -> None:
    cursor.execute("update patient set resident_id = %s where id = %s::uuid", (resident, patient))
    move_patient(cursor, patient, previous, resident, now)


def _resident(cursor: Cursor, patient: str) -> int:
    cursor.execute("select resident_id from patient where id = %s::uuid", (patient,))
    row = cursor.fetchone()
    if row is None:
        raise NotFound("The index has no patient with this id.", reason="patient-unknown")
    return int(row[0])


def _active(cursor: Cursor, *residents: int) -> None:
    cursor.execute("select id, state from resident where id = any(%s)", (list(residents),))
    states = dict(cursor.fetchall())
    if len(set(residents)) < len(residents):
        raise Conflict("A resident can't be merged into itself.", reason="resident-same")
    if len(states) < len(residents):
        raise NotFound("No resident has this id.", reason="resident-unknown")
    if set(states.values()) != {"active"}:
        raise Conflict(
            "A retired resident takes part in no merge; name its survivor.", reason="resident-retired"
        )
