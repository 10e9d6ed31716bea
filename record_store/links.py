"""Writing the resident index: residents, patients with their keys, the history of links, the review queue."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg2.extras import execute_values

from fhir_profiles import ids
from record_store.blocking import encode
from record_store.database import Cursor
from record_store.exchange_patient import exchange_id
from record_store.matching import Doubt
from record_store.matching_features import Features

INDEX = "index"
"""Who decided, when nobody did: the rules of the index."""
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """A patient as it is written: whose it is, where it belongs, what is known of it."""

    patient: str
    source: int
    resident: int
    features: Features
    keys: Sequence[int]


@dataclass(frozen=True, slots=True)
class Link:
    """One line of the history: a patient came to a resident, from `previous` or from nowhere, for a coded reason."""

    patient: str
    resident: int
    previous: int | None
    reason: str
    score: float = 0.0
    evidence: tuple[str, ...] = ()
    merge: UUID | None = None


def add_residents(cursor: Cursor, firsts: dict[int, str], now: datetime) -> None:
    """New residents by their first patients, whose bucket they get."""
    rows = [
        (resident, bucket, exchange_id(resident, bucket), now)
        for resident, patient in firsts.items()
        for bucket in (ids.bucket(UUID(patient)),)
    ]
    execute_values(
        cursor,
        "insert into resident (id, bucket, patient, created) values %s on conflict (id) do nothing",
        rows,
        "(%s, %s, %s::uuid, %s)",
        _PAGE,
    )


def write_patients(cursor: Cursor, entries: Sequence[Entry], now: datetime) -> None:
    """Insert or replace patients with their features and blocking keys."""
    execute_values(
        cursor,
        "insert into patient (id, source, resident_id, updated, keys, features) values %s on conflict (id) do update "
        "set resident_id = excluded.resident_id, updated = excluded.updated, keys = excluded.keys, "
        "features = excluded.features",
        [(e.patient, e.source, e.resident, now, list(e.keys), encode(e.features)) for e in entries],
        "(%s::uuid, %s, %s, %s, %s::bigint[], %s)",
        _PAGE,
    )
    execute_values(
        cursor,
        "insert into patient_key (key, patient) values %s on conflict do nothing",
        [(key, entry.patient) for entry in entries for key in entry.keys],
        "(%s, %s::uuid)",
        _PAGE,
    )


def drop_keys(cursor: Cursor, stale: Iterable[tuple[int, str]]) -> None:
    """Forget blocking keys that patients no longer have."""
    rows = list(stale)
    if rows:
        execute_values(
            cursor,
            "delete from patient_key k using (values %s) stale (key, patient) "
            "where k.key = stale.key and k.patient = stale.patient",
            rows,
            "(%s, %s::uuid)",
            _PAGE,
        )


def record_links(cursor: Cursor, links: Sequence[Link], by: str, now: datetime) -> None:
    """Add lines to the history."""
    if links:
        execute_values(
            cursor,
            "insert into patient_link (patient, resident_id, previous, reason, score, evidence, merge, by, at) values %s",
            [
                (
                    *(
                        link.patient,
                        link.resident,
                        link.previous,
                        link.reason,
                        link.score,
                        list(link.evidence),
                    ),
                    *(str(link.merge) if link.merge else None, by, now),
                )
                for link in links
            ],
            "(%s::uuid, %s, %s, %s, %s, %s::text[], %s::uuid, %s, %s)",
            _PAGE,
        )


def queue_doubts(cursor: Cursor, doubts: Collection[Doubt], now: datetime) -> None:
    """Put doubts before a person, unless the same two sides wait already, seen from either of them."""
    if doubts:
        execute_values(
            cursor,
            "insert into review (patient, resident_id, reason, score, evidence, created) "
            "select d.patient, d.resident, d.reason, d.score, d.evidence, d.created "
            "from (values %s) d (patient, resident, reason, score, evidence, created) "
            "join patient p on p.id = d.patient where p.resident_id <> d.resident and not exists ("
            "select from review v join patient q on q.id = v.patient "
            "where v.state = 'open' and v.resident_id = p.resident_id and q.resident_id = d.resident) "
            "on conflict (patient, resident_id) where state = 'open' do nothing",
            [(d.patient, d.resident, d.reason, d.score, list(d.evidence), now) for d in doubts],
            "(%s::uuid, %s::bigint, %s, %s::real, %s::text[], %s::timestamptz)",
            _PAGE,
        )


def turn_reviews(cursor: Cursor, retired: int, survivor: int, now: datetime) -> None:
    """Let the open questions about a retired resident be about the survivor, unless they are asked there already."""
    cursor.execute(
        "update review v set state = 'settled', decided = %(now)s where v.state = 'open' "
        "and v.resident_id = %(retired)s and exists (select from review w where w.state = 'open' "
        "and w.patient = v.patient and w.resident_id = %(survivor)s)",
        {"now": now, "retired": retired, "survivor": survivor},
    )
    cursor.execute(
        "update review set resident_id = %s where state = 'open' and resident_id = %s", (survivor, retired)
    )


def settle_reviews(cursor: Cursor, residents: Collection[int], now: datetime) -> None:
    """Close the open questions whether a patient of these residents is one, which it is by now."""
    cursor.execute(
        "update review v set state = 'settled', decided = %s from patient p "
        "where v.state = 'open' and v.resident_id = any(%s) and p.id = v.patient and p.resident_id = v.resident_id",
        (now, list(residents)),
    )


def raise_epochs(cursor: Cursor, residents: Collection[int]) -> None:
    """Make every decision about these residents be taken anew."""
    cursor.execute(
        "update resident set consent_epoch = consent_epoch + 1 where id = any(%s)", (sorted(residents),)
    )


def keep_apart(
    cursor: Cursor, patients: Collection[str], others: Collection[str], by: str, now: datetime
) -> None:
    """Remember that a person said that no patient of one side is the resident of the other."""
    pairs = {(min(a, b), max(a, b)) for a in patients for b in others if a != b}
    if pairs:
        execute_values(
            cursor,
            "insert into patient_apart (patient, other, by, at) values %s on conflict do nothing",
            [(a, b, by, now) for a, b in sorted(pairs)],
            "(%s::uuid, %s::uuid, %s, %s)",
            _PAGE,
        )


def bring_together(cursor: Cursor, patients: Collection[str], others: Collection[str]) -> None:
    """Take back what `keep_apart` remembered."""
    cursor.execute(
        "delete from patient_apart where (patient = any(%(a)s::uuid[]) and other = any(%(b)s::uuid[])) "
        "or (patient = any(%(b)s::uuid[]) and other = any(%(a)s::uuid[]))",
        {"a": list(patients), "b": list(others)},
    )
