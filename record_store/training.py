"""Training dictionaries: what bodies of one type have in common, learned from a sample of those that are stored.

A dictionary pays when there are a few hundred bodies to learn from. A new one is used for what is written from then
on; what older ones wrote stays readable, because no dictionary is ever deleted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Final

import zstandard

from fhir_profiles import instant
from fhir_profiles.resource_types import NAME, NUMBER
from record_store import content
from record_store.database import Cursor

SIZE: Final = 64 * 1024
"""Bytes of a dictionary; larger ones gain next to nothing."""
STARTER_SIZE: Final = 16 * 1024
FEWEST: Final = 200
MOST: Final = 20_000
SUFFIX: Final = ".zdict"
INSERT: Final = """
insert into dictionary (type, version, made, bytes) values (%s, %s, %s, %s)
on conflict (type, version) do update set made = excluded.made
"""
LEAST_GAIN: Final = 0.05
"""The share by which a new dictionary must beat the one in use."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What training a type came to: bytes for a body of the sample before and after; `version` 0: not worth it."""

    type: str
    sampled: int
    before: float
    after: float
    version: int


def sample(cursor: Cursor, type_: str, most: int = MOST) -> list[bytes]:
    """Bodies of a type from all over the store, at most `most`."""
    number = NUMBER[type_]
    cursor.execute(
        "select dictionary, body from resource where type = %(type)s order by md5(id::text) limit %(most)s",
        {"type": number, "most": most},
    )
    return [content.decode(type_, version, body) for version, body in cursor.fetchall()]


def types(cursor: Cursor) -> list[str]:
    """The types that have enough resources to learn from."""
    cursor.execute("select type from resource group by type having count(*) >= %s order by type", (FEWEST,))
    return [NAME[number] for (number,) in cursor.fetchall()]


def learn(bodies: Sequence[bytes], size: int = SIZE) -> bytes:
    """A dictionary from bodies of one type. Deterministic: the same bodies give the same dictionary."""
    target = min(size, max(1024, sum(map(len, bodies)) // 10))
    dictionary: bytes = zstandard.train_dictionary(target, list(bodies), level=content.LEVEL).as_bytes()
    return dictionary


def starters() -> dict[str, bytes]:
    """The dictionaries that come with the exchange, learned from a synthetic city, by type."""
    folder = resources.files("record_store") / "dictionaries"
    return {
        entry.name.removesuffix(SUFFIX): entry.read_bytes()
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(SUFFIX)
    }


def add_starters(cursor: Cursor) -> None:
    """Keep the starters of types that have no dictionary yet."""
    cursor.execute("select distinct type from dictionary")
    known = {number for (number,) in cursor.fetchall()}
    for type_, dictionary in starters().items():
        if NUMBER[type_] not in known:
            cursor.execute(INSERT, _row(type_, dictionary))


def train(cursor: Cursor, type_: str) -> Trained:
    """Learn a type's dictionary from what is stored, and use it from now on if it is worth it.

    Measured on the bodies that it did not learn from.
    """
    bodies = sample(cursor, type_)
    taught, held_back = bodies[::2], bodies[1::2]
    in_use = content.newest(cursor).versions(cursor).get(NUMBER[type_], 0)
    before = _size(content.encode(type_, body, in_use) for body in held_back)
    if len(bodies) < FEWEST:
        return Trained(type_, len(bodies), before, before, 0)
    dictionary = learn(taught)
    compressor = zstandard.ZstdCompressor(
        level=content.LEVEL, dict_data=zstandard.ZstdCompressionDict(dictionary), write_dict_id=False
    )
    after = _size(compressor.compress(body) for body in held_back)
    if after > before * (1 - LEAST_GAIN):
        return Trained(type_, len(bodies), before, after, 0)
    return Trained(type_, len(bodies), before, after, add(cursor, type_, dictionary))


def add(cursor: Cursor, type_: str, dictionary: bytes) -> int:
    """Keep a dictionary and write with it from now on; its version."""
    row = _row(type_, dictionary)
    cursor.execute(INSERT, row)
    content.newest(cursor).renew(cursor)
    return row[1]


def _row(type_: str, dictionary: bytes) -> tuple[int, int, datetime, bytes]:
    return NUMBER[type_], content.version_of(dictionary), instant.now(), dictionary


def _size(bodies: Iterable[bytes]) -> float:
    sizes = [len(body) for body in bodies]
    return sum(sizes) / max(1, len(sizes))
