"""Blocking in SQL: the part of the resident index that a batch of patients can touch, fetched set by set."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import msgspec

from record_store.database import Cursor
from record_store.matching import Neighbourhood
from record_store.matching_features import Features

HOT_KEY = 200
"""A key that more patients share (a switchboard's number) tells nothing; the first of them are compared, no more."""

_decoder = msgspec.json.Decoder(Features)
_encoder = msgspec.json.Encoder()

_NEIGHBOURS = """
with hit as (
  select distinct found.patient from unnest(%(keys)s::bigint[]) as wanted(key)
  cross join lateral (select k.patient from patient_key k where k.key = wanted.key limit %(hot)s) found),
touched as (
  select p.resident_id from patient p join hit on hit.patient = p.id
  union select p.resident_id from patient p where p.id = any(%(patients)s::uuid[]))
select p.id::text, p.resident_id, p.keys, p.features from patient p
where p.resident_id in (select resident_id from touched)
"""
_KNOWN = "select id::text, resident_id, features from patient where id = any(%s::uuid[])"
_APART = """
select patient::text, other::text from patient_apart where patient = any(%(patients)s::uuid[])
union select patient::text, other::text from patient_apart where other = any(%(patients)s::uuid[])
"""
# The array is sorted by the caller, and unnest keeps its order: all workers take their locks in one order.
_LOCK = "select pg_advisory_xact_lock(key) from unnest(%s::bigint[]) as wanted(key)"


@dataclass(frozen=True, slots=True)
class Known:
    """A patient that the index has: its resident and its features."""

    resident: int
    features: Features


def lock(cursor: Cursor, keys: Collection[int]) -> None:
    """Hold the advisory locks of these keys (residents' ids, blocking keys) until the transaction ends."""
    if keys:
        cursor.execute(_LOCK, (sorted(keys),))


def known_patients(cursor: Cursor, patients: Collection[str]) -> dict[str, Known]:
    """Those of the patients that the index has."""
    cursor.execute(_KNOWN, (list(patients),))
    return {patient: Known(resident, decode(text)) for patient, resident, text in cursor.fetchall()}


def neighbourhood(cursor: Cursor, patients: Collection[str], keys: Collection[int]) -> Neighbourhood:
    """All patients of the residents that the patients, or others with one of the keys, belong to."""
    found = Neighbourhood()
    cursor.execute(_NEIGHBOURS, {"keys": list(keys), "hot": HOT_KEY, "patients": list(patients)})
    for patient, resident, its_keys, text in cursor.fetchall():
        found.add(patient, decode(text), resident, its_keys)
    if found.features:
        for patient, other in separations(cursor, {*found.features, *patients}):
            found.separate(patient, other)
    return found


def separations(cursor: Cursor, patients: Iterable[str]) -> list[tuple[str, str]]:
    """The pairs with one of the patients that a person has said are not one resident."""
    cursor.execute(_APART, {"patients": list(patients)})
    return [(patient, other) for patient, other in cursor.fetchall()]


def residents_of(cursor: Cursor, residents: Collection[int]) -> dict[str, int]:
    """All patients of some residents, with the resident of each."""
    cursor.execute(
        "select id::text, resident_id from patient where resident_id = any(%s)", (list(residents),)
    )
    return dict(cursor.fetchall())


def encode(features: Features) -> bytes:
    """The features as the table keeps them."""
    return _encoder.encode(features)


def decode(text: bytes | memoryview) -> Features:
    """The features as the table keeps them."""
    return _decoder.decode(text)
