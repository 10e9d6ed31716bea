"""Sealing the trace: batches under a Merkle root (RFC 6962 §2.1), a hash chain over the batches, every link signed.

Lines are sealed some seconds after they are written (a chain link per line would make every reader queue). Until its
batch is sealed, a line is protected by PostgreSQL's rights alone: that window is the interval at which `Sealer.seal`
is called. The signing key, the last head and the hourly roots live in a folder outside the database; copy the folder
elsewhere (it is a few kilobytes a day), and even its owner cannot rewrite what was sealed before.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine

from consent.audit import COLUMNS, Line
from fhir_profiles import instant
from fhir_profiles.resources import dumps
from record_store.database import cursor as cursor_of
from record_store.database import unit_of_work

KEY_FILE, PUBLIC_FILE, HEAD_FILE, ROOTS_FILE = "seal.key", "seal.pub", "head.json", "roots.jsonl"
GENESIS = hashlib.sha256(b"hie audit chain 1").digest()
BATCH = 20_000
LOOK_BACK = 1200
"""Seals among which a line may turn up late: its transaction took its number early and committed afterwards."""

_SEALER = 0x5EA1
_RANGE = re.compile(r"\[(\d+),(\d+)\)")

UNSEALED = f"""
select id, {COLUMNS} from audit_event e
where e.id > %(floor)s and not (%(done)s::int8multirange @> e.id) order by e.id limit %(limit)s
"""


class Sealer:
    """Seals what has been written since the last time. `folder` holds key and witness; one sealer acts at a time."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder

    def seal(self, now: datetime | None = None) -> int:
        """Seal all lines that are committed and not yet sealed; gives how many."""
        moment = now or instant.now()
        key = signing_key(self._folder)
        sealed = 0
        while True:
            with unit_of_work(self._engine) as connection, cursor_of(connection) as cursor:
                witness = seal(cursor, key, moment)
            if witness is None:
                return sealed
            _replace(self._folder / HEAD_FILE, witness)
            self._hourly(key, witness)
            sealed += witness["count"]

    def _hourly(self, key: Ed25519PrivateKey, witness: dict[str, Any]) -> None:
        """Add a signed Merkle root over the heads since the last one, when an hour has begun since."""
        file = self._folder / ROOTS_FILE
        last: dict[str, Any] = {"to": 0, "at": ""}
        if file.exists():
            last = json.loads(file.read_text().splitlines()[-1])
        if last["at"][:13] == witness["at"][:13]:
            return
        with unit_of_work(self._engine) as connection, cursor_of(connection) as cursor:
            cursor.execute(
                "select head from audit_seal where number > %(last)s and number <= %(to)s order by number",
                {"last": last["to"], "to": witness["number"]},
            )
            root = merkle_root([bytes(row[0]) for row in cursor.fetchall()])
        entry = {"from": last["to"] + 1, "to": witness["number"], "at": witness["at"], "root": root.hex()}
        entry["signature"] = key.sign(root_statement(entry)).hex()
        with file.open("a") as target:
            target.write(json.dumps(entry) + "\n")


def seal(cursor: Any, key: Ed25519PrivateKey, now: datetime) -> dict[str, Any] | None:
    """Seal one batch in the caller's transaction and give the new head for the witness; None when all is sealed."""
    cursor.execute("select pg_advisory_xact_lock(%s)", (_SEALER,))
    cursor.execute("select number, head from audit_seal order by number desc limit 1")
    number, head = cursor.fetchone() or (0, GENESIS)
    cursor.execute(
        "select coalesce(range_agg(covered), '{}')::text, coalesce(min(lower(covered)) - 1, 0) from audit_seal"
        " where number > %(from)s",
        {"from": number - LOOK_BACK},
    )
    done, lowest = cursor.fetchone()
    floor = lowest if number > LOOK_BACK else 0
    cursor.execute(UNSEALED, {"floor": floor, "done": done, "limit": BATCH})
    rows = cursor.fetchall()
    if not rows:
        return None
    leaves = [leaf(row) for row in rows]
    covered = spans([row[0] for row in rows])
    root = merkle_root(leaves)
    link = chained(bytes(head), number + 1, now, covered, len(rows), root)
    cursor.execute(
        "insert into audit_seal (number, at, covered, count, leaves, root, head, signature) values (%(number)s,"
        " %(at)s, %(covered)s::int8multirange, %(count)s, %(leaves)s, %(root)s, %(head)s, %(signature)s)",
        {
            "number": number + 1,
            "at": now,
            "covered": covered,
            "count": len(rows),
            "leaves": b"".join(leaves),
            "root": root,
            "head": link,
            "signature": key.sign(link),
        },
    )
    return {"number": number + 1, "count": len(rows), "at": instant.text(now), "head": link.hex()}


def signing_key(folder: Path) -> Ed25519PrivateKey:
    """The folder's sealing key; made, with its public half beside it, when there is none."""
    file = folder / KEY_FILE
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        key = Ed25519PrivateKey.generate()
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as target:
            target.write(key.private_bytes_raw())
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        (folder / PUBLIC_FILE).write_bytes(public)
    return Ed25519PrivateKey.from_private_bytes(file.read_bytes())


def leaf(row: Sequence[Any]) -> bytes:
    """The digest of one line: its id and its columns in the order of `audit.Line`."""
    width = len(fields(Line)) + 1
    plain = [instant.text(one) if isinstance(one, datetime) else one for one in row[:width]]
    return hashlib.sha256(b"\0" + dumps(plain)).digest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962 §2.1 over digests that are leaves already; of nothing, the digest of nothing."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\1" + merkle_root(leaves[:split]) + merkle_root(leaves[split:])).digest()


def chained(before: bytes, number: int, at: datetime, covered: str, count: int, root: bytes) -> bytes:
    """The next head of the chain."""
    text = f"{number}|{instant.text(at)}|{covered}|{count}|"
    return hashlib.sha256(before + text.encode() + root).digest()


def root_statement(entry: dict[str, Any]) -> bytes:
    """What the hourly signature covers."""
    return f"{entry['from']}-{entry['to']}|{entry['at']}|{entry['root']}".encode()


def spans(ids: Iterable[int]) -> str:
    """Sorted ids as an int8multirange: `{[1,4),[6,7)}`."""
    ranges: list[list[int]] = []
    for one in ids:
        if ranges and ranges[-1][1] == one:
            ranges[-1][1] = one + 1
        else:
            ranges.append([one, one + 1])
    return "{" + ",".join(f"[{low},{high})" for low, high in ranges) + "}"


def spanned(covered: str) -> list[tuple[int, int]]:
    """The ranges of an int8multirange, upper bounds exclusive."""
    return [(int(low), int(high)) for low, high in _RANGE.findall(covered)]


def _replace(file: Path, witness: dict[str, Any]) -> None:
    """Move the witness on; a slower sealer does not take it back."""
    if file.exists() and json.loads(file.read_text())["number"] >= witness["number"]:
        return
    fresh = file.with_suffix(f".{os.getpid()}")
    with fresh.open("w") as target:
        target.write(json.dumps(witness) + "\n")
        target.flush()
        os.fsync(target.fileno())
    fresh.replace(file)
