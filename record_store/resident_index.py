"""Which resident a patient is: called once for each batch that is written, in the batch's transaction.

IHE PIX and PDQ words: a *patient* is one source's view, a *resident* the human. The rules are in `matching`; this
module fetches what a batch can touch, lets the rules decide, and writes what they decided in a few set-based
statements. Two workers that meet the same person wait for each other: advisory locks first on the identifying keys
of new or changed patients, then on the residents, each time in sorted order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fhir_profiles import ids
from fhir_profiles.outcome import Conflict
from record_store.blocking import Known, known_patients, lock, neighbourhood, residents_of
from record_store.database import Cursor
from record_store.links import (
    INDEX,
    Entry,
    Link,
    add_residents,
    drop_keys,
    queue_doubts,
    record_links,
    write_patients,
)
from record_store.logical_ids import uuid_of
from record_store.matching import Doubt, Neighbourhood, Placement
from record_store.matching_features import Features, combined, features
from record_store.matching_keys import blocking_keys, exclusive_keys
from record_store.resident_merges import fresh_residents, merge, move_patient

_ATTEMPTS = 4


class Residents(dict[str, int]):
    """The resident of each patient of a batch (patient id to resident id), and what changed on the way.

    `merged` holds (survivor, retired) residents that the batch showed to be one; `changed` the residents whose
    exchange Patient may read differently now, the retired ones included.
    """

    def __init__(self, found: dict[str, int]) -> None:
        super().__init__(found)
        self.merged: list[tuple[int, int]] = []
        self.changed: set[int] = set()

    def renamed(self, names: Mapping[str, str]) -> "Residents":
        """The same under other patient ids."""
        other = Residents({names[patient]: resident for patient, resident in self.items()})
        other.merged, other.changed = self.merged, self.changed
        return other


@dataclass(frozen=True, slots=True)
class _Decided:
    """What the rules decided for one batch, before anything is written: `before` as it was read, `touched` to lock."""

    residents: dict[str, int]
    before: dict[str, int]
    placements: list[Placement]
    touched: set[int]
    around: Neighbourhood
    stale: list[tuple[int, str]]


def identify(
    cursor: Cursor,
    patients: Sequence[dict[str, Any]],
    source_id: int | Mapping[str, int],
    now: datetime,
    *,
    secret: bytes = b"",
) -> Residents:
    """Find or make the resident of each FHIR Patient; `secret` keys the blocking digests.

    `source_id` is the source of all, or of each by its Patient id. Of several versions of one Patient the later ones
    count, in the order given. A patient keeps its resident unless new facts speak against it.

    Until the transaction ends it holds the lock of every resident it returns, so their rows may be written. Call it
    once in a transaction, before other locks of residents.
    """
    arriving: dict[str, Features] = {}
    logical: dict[str, str] = {}
    for patient in patients:
        identity = str(uuid_of("Patient", patient["id"]))
        logical[identity] = patient["id"]
        new = features(patient)
        arriving[identity] = combined(new, arriving[identity]) if identity in arriving else new
    found = _identified(cursor, arriving, _sources(source_id, logical), now, secret)
    return found.renamed(logical)


def _identified(
    cursor: Cursor, arriving: dict[str, Features], sources: dict[str, int], now: datetime, secret: bytes
) -> Residents:
    known = known_patients(cursor, arriving)
    wanted = _news(arriving, known)
    if not wanted:
        found = _unchanged(cursor, known)
        if found is not None:
            return found
    held = {key for new in wanted.values() for key in exclusive_keys(new, secret=secret)}
    lock(cursor, held | {ids.link("patient", patient) for patient in wanted if patient in known})
    for _ in range(_ATTEMPTS):
        decided = _decide(cursor, arriving, secret)
        lock(cursor, decided.touched)
        seen = {p: r for p, r in decided.before.items() if r in decided.touched}
        if residents_of(cursor, decided.touched) == seen:
            return _write(cursor, decided, sources, now)
    raise Conflict("The residents of this batch kept changing; try it again.", reason="residents-busy")


def _sources(source_id: int | Mapping[str, int], logical: dict[str, str]) -> dict[str, int]:
    if isinstance(source_id, int):
        return dict.fromkeys(logical, source_id)
    return {identity: source_id[name] for identity, name in logical.items()}


def _news(arriving: dict[str, Features], known: dict[str, Known]) -> dict[str, Features]:
    """The patients that the index has not met, or learns something new about."""
    wanted = {}
    for patient, new in arriving.items():
        before = known.get(patient)
        whole = new if before is None else combined(new, before.features)
        if before is None or whole != before.features:
            wanted[patient] = whole
    return wanted


def _unchanged(cursor: Cursor, known: dict[str, Known]) -> Residents | None:
    """The residents of a batch without news, locked; None when a merge came between."""
    found = {patient: one.resident for patient, one in known.items()}
    lock(cursor, set(found.values()))
    cursor.execute("select id::text, resident_id from patient where id = any(%s::uuid[])", (list(found),))
    return Residents(found) if dict(cursor.fetchall()) == found else None


def _decide(cursor: Cursor, arriving: dict[str, Features], secret: bytes) -> _Decided:
    wanted = _news(arriving, known_patients(cursor, arriving))
    keys = {patient: blocking_keys(new, secret=secret) for patient, new in wanted.items()}
    around = neighbourhood(cursor, list(arriving), {key for some in keys.values() for key in some})
    before = dict(around.resident)
    stale = [(key, p) for p in wanted if p in before for key in set(around.keys[p]) - set(keys[p])]
    placements = []
    fresh = fresh_residents(cursor, list(wanted))
    for patient, new in wanted.items():
        placements.append(around.place(patient, new, keys[patient], fresh=fresh[patient]))
    residents = {patient: around.resident[patient] for patient in arriving}
    touched = {*residents.values(), *(before[patient] for patient in wanted if patient in before)}
    for placement in placements:
        touched |= {placement.resident, *placement.merged, *(doubt.resident for doubt in placement.doubts)}
    return _Decided(residents, before, placements, touched, around, stale)


def _write(cursor: Cursor, decided: _Decided, sources: dict[str, int], now: datetime) -> Residents:
    found = Residents(decided.residents)
    entries, links, firsts = [], [], {}
    for placement in decided.placements:
        patient, previous = placement.patient, decided.before.get(placement.patient)
        # A patient that stays, or leaves its resident empty, is moved by the merges below, so that they can undo it.
        stays = placement.previous in (placement.resident, *placement.merged)
        resident = previous if previous is not None and stays else placement.resident
        known = decided.around.features[patient]
        entries.append(Entry(patient, sources[patient], resident, known, decided.around.keys[patient]))
        if placement.reason == "new":
            firsts[placement.resident] = patient
        if resident != previous:
            links.append(
                Link(patient, resident, previous, placement.reason, placement.score, placement.evidence)
            )
    if entries:
        add_residents(cursor, firsts, now)
        drop_keys(cursor, decided.stale)
        write_patients(cursor, entries, now)
        record_links(cursor, links, INDEX, now)
    for link in links:
        if link.previous is not None:
            move_patient(cursor, link.patient, link.previous, link.resident, now)
            found.changed.add(link.previous)
    for placement in decided.placements:
        found.changed.add(decided.around.resident[placement.patient])
        _merge(cursor, placement, found, now)
    queue_doubts(cursor, _open(decided.placements, found.merged), now)
    return found


def _merge(cursor: Cursor, placement: Placement, found: Residents, now: datetime) -> None:
    for retired in placement.merged:
        score, evidence = placement.score, placement.evidence
        merge(
            cursor,
            placement.resident,
            retired,
            reason="bridge",
            by=INDEX,
            now=now,
            score=score,
            evidence=evidence,
        )
        found.merged.append((placement.resident, retired))
        found.changed |= {placement.resident, retired}


def _open(placements: list[Placement], merged: list[tuple[int, int]]) -> list[Doubt]:
    """The doubts of a batch, told about residents that are still there at its end; each pair once."""
    survivors = {retired: survivor for survivor, retired in merged}
    doubts: dict[tuple[str, int], Doubt] = {}
    for doubt in (doubt for placement in placements for doubt in placement.doubts):
        resident = doubt.resident
        while resident in survivors:
            resident = survivors[resident]
        doubts.setdefault(
            (doubt.patient, resident),
            Doubt(doubt.patient, resident, doubt.reason, doubt.score, doubt.evidence),
        )
    return list(doubts.values())
