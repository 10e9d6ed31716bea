"""Ids that carry their bucket, so that a read by id finds its shard without asking.

An id is a UUID (RFC 9562) whose twelve bits after the version nibble are the *bucket*, a number from 0 to
4095 that is fixed for ever. Fed resources get version 8: the rest is a SHA-256 over source and key, so the
same message makes the same ids, before anybody is identified and on every replay. Resources created through
the API get version 7: the rest is time and chance.
"""

import hashlib
import os
import time
from uuid import UUID

BUCKETS = 4096


def bucket(identity: UUID) -> int:
    """The bucket an id carries."""
    return (identity.int >> 64) & 0xFFF


def hashed_bucket(*parts: str) -> int:
    """The home bucket of something named by text: a source's patient, a resource without a resident."""
    return int.from_bytes(_digest(parts)[:2], "big") & 0xFFF


def fed(home: int, *parts: str) -> UUID:
    """The deterministic id of a fed resource: `home` bucket, then a digest over its source, type and key."""
    value = int.from_bytes(_digest(parts)[:16], "big")
    return _stamped(value, version=8, home=home)


def created(home: int) -> UUID:
    """A new id for a resource created through the API, ordered by time."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    return _stamped(value, version=7, home=home)


def short(identity: UUID) -> int:
    """The low 63 bits of an id: how rows of one resident point to each other (subject, encounter)."""
    return identity.int & 0x7FFF_FFFF_FFFF_FFFF


def link(parameter: str, target: str) -> int:
    """A signed 64-bit digest of one reference: search parameter name and `Type/id` (or the absolute URL)."""
    return int.from_bytes(_digest((parameter, target))[:8], "big", signed=True)


def _digest(parts: tuple[str, ...]) -> bytes:
    return hashlib.sha256("\x1f".join(parts).encode()).digest()


def _stamped(value: int, *, version: int, home: int) -> UUID:
    value &= ~(0xFFFF << 64) & ~(0xC000 << 48)
    return UUID(int=value | (version << 76) | (home << 64) | (0x8000 << 48))
