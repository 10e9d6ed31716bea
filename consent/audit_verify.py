"""Verifying the trace: anybody with the folder's public key and witness can, and each finding names its row."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consent.audit import COLUMNS
from consent.audit_seal import (
    GENESIS,
    HEAD_FILE,
    PUBLIC_FILE,
    ROOTS_FILE,
    chained,
    leaf,
    merkle_root,
    root_statement,
    spanned,
)

DIGEST = 32
UNSEALED_FOR = timedelta(minutes=10)
"""A line that waits longer for its seal than this was put in from behind, or the sealer stands still."""

SEALS = (
    "select number, at, covered::text, count, leaves, root, head, signature from audit_seal order by number"
)
LINES = f"select id, {COLUMNS} from audit_event where id >= %(low)s and id < %(high)s order by id"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was sealed. `row` is an id of `audit_event`, `seal` a number of `audit_seal`."""

    kind: str
    text: str
    row: int | None = None
    seal: int | None = None


def verify(cursor: Any, folder: Path, now: datetime) -> list[Finding]:
    """All findings; an empty list says that no sealed line was changed, dropped or moved, and no seal either."""
    public = _public_key(folder)
    if public is None:
        return [Finding("witness-missing", "The folder holds no public key of the sealer")]
    # The witness is read before the database, so that a batch sealed meanwhile does not look like a cut tail.
    witness, roots = _witnessed(folder)
    findings: list[Finding] = []
    heads: dict[int, bytes] = {0: GENESIS}
    cursor.execute(SEALS)
    for expected, sealed in enumerate(cursor.fetchall(), start=1):
        number = sealed[0]
        if number != expected and not any(one.kind == "seal-missing" for one in findings):
            findings.append(Finding("seal-missing", f"Seal {expected} is not there", seal=expected))
        findings += _seal(public, heads.get(number - 1), sealed)
        heads[number] = bytes(sealed[6])
        findings += _lines(cursor, sealed)
    findings += _against(witness, roots, public, heads)
    findings += _unsealed(cursor, now)
    return findings


def waiting(cursor: Any) -> int:
    """Lines that are not sealed yet: the window in which only the database's rights protect them."""
    cursor.execute(
        "with sealed as (select coalesce(range_agg(covered), '{}') as done from audit_seal)"
        " select count(*) from audit_event e, sealed where not sealed.done @> e.id"
    )
    return int(cursor.fetchone()[0])


def _seal(public: Ed25519PublicKey, before: bytes | None, sealed: tuple[Any, ...]) -> Iterator[Finding]:
    number, at, covered, count, leaves, root, head, signature = sealed
    digests = _digests(bytes(leaves))
    if merkle_root(digests) != bytes(root) or len(digests) != count:
        yield Finding("seal-changed", f"Seal {number}: its digests do not make its root", seal=number)
    if before is not None and chained(before, number, at, covered, count, bytes(root)) != bytes(head):
        yield Finding("seal-changed", f"Seal {number} does not follow from the one before", seal=number)
    if not _signed(public, bytes(head), bytes(signature)):
        yield Finding("seal-forged", f"Seal {number} was not signed by the sealer", seal=number)


def _lines(cursor: Any, sealed: tuple[Any, ...]) -> Iterator[Finding]:
    """Each sealed line against its own digest, so that the finding names it."""
    number, covered, leaves = sealed[0], spanned(sealed[2]), _digests(bytes(sealed[4]))
    position = 0
    for low, high in covered:
        cursor.execute(LINES, {"low": low, "high": high})
        found = {row[0]: row for row in cursor.fetchall()}
        for identity in range(low, high):
            digest = leaves[position] if position < len(leaves) else b""
            position += 1
            row = found.get(identity)
            if row is None:
                yield Finding("row-missing", f"Line {identity} was dropped", row=identity, seal=number)
            elif leaf(row) != digest:
                yield Finding("row-changed", f"Line {identity} was changed", row=identity, seal=number)


def _witnessed(folder: Path) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    head, roots = folder / HEAD_FILE, folder / ROOTS_FILE
    entries = [json.loads(line) for line in roots.read_text().splitlines()] if roots.exists() else []
    return (json.loads(head.read_text()) if head.exists() else None), entries


def _against(
    witness: dict[str, Any] | None,
    roots: list[dict[str, Any]],
    public: Ed25519PublicKey,
    heads: dict[int, bytes],
) -> Iterator[Finding]:
    if witness is None:
        if len(heads) > 1:
            yield Finding("witness-missing", "The folder holds no last head")
        return
    number = witness["number"]
    if number not in heads:
        last = max(heads)
        yield Finding(
            "tail-cut", f"The witness knows seal {number}; the database ends at {last}", seal=last + 1
        )
    elif heads[number].hex() != witness["head"]:
        yield Finding("chain-rewritten", f"Seal {number} is not the one that the witness saw", seal=number)
    for entry in roots:
        part = [heads.get(one, b"") for one in range(entry["from"], entry["to"] + 1)]
        signed = _signed(public, root_statement(entry), bytes.fromhex(entry["signature"]))
        if merkle_root(part).hex() != entry["root"] or not signed:
            yield Finding(
                "root-differs", f"The hourly root over seals {entry['from']} to {entry['to']} differs"
            )


def _unsealed(cursor: Any, now: datetime) -> list[Finding]:
    cursor.execute(
        "with sealed as (select coalesce(range_agg(covered), '{}') as done from audit_seal)"
        " select e.id from audit_event e, sealed where not sealed.done @> e.id and e.recorded < %(old)s"
        " order by e.id limit 1000",
        {"old": now - UNSEALED_FOR},
    )
    return [
        Finding("row-unsealed", f"Line {row[0]} is old and was never sealed", row=row[0])
        for row in cursor.fetchall()
    ]


def _public_key(folder: Path) -> Ed25519PublicKey | None:
    file = folder / PUBLIC_FILE
    if not file.exists():
        return None
    key = serialization.load_pem_public_key(file.read_bytes())
    return key if isinstance(key, Ed25519PublicKey) else None


def _signed(public: Ed25519PublicKey, statement: bytes, signature: bytes) -> bool:
    try:
        public.verify(signature, statement)
    except InvalidSignature:
        return False
    return True


def _digests(leaves: bytes) -> list[bytes]:
    return [leaves[start : start + DIGEST] for start in range(0, len(leaves), DIGEST)]
