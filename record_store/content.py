"""Bodies of resources, small: JSON without what the row's columns say, zstd with a dictionary for each type.

A body is what a resource says beyond resourceType, id, meta.versionId and meta.lastUpdated: first the rest of meta,
then a line feed, then the rest of the resource, both ready to be put behind what the columns say. Digits and the order
of members are those of the sender; resourceType, id and meta come first.

Dictionaries are data: the table `dictionary` is append-only and in every backup. A version is named by its content, so
the same number never means two dictionaries. Version 0 is zstd without a dictionary.
"""

import hashlib
import threading
import time
from contextlib import suppress
from datetime import datetime
from typing import Any

import zstandard
from sqlalchemy.exc import OperationalError

from fhir_profiles import instant, resources
from fhir_profiles.resource_types import NAME, NUMBER
from record_store import database
from record_store.database import Cursor, Process, unit_of_work

LEVEL = 3
RENEW = 300.0
"""Seconds after which a process looks for newer dictionaries."""

_dictionaries: dict[tuple[int, int], Any] = {}
_loading = threading.Lock()
_codecs = threading.local()


class Missing(LookupError):
    """A body names a dictionary that no connected database has."""


class Newest:
    """The dictionary versions that one database writes with, by type number."""

    def __init__(self, _: Process):
        self._versions: dict[int, int] = {}
        self._renewed: float | None = None

    def versions(self, cursor: Cursor) -> dict[int, int]:
        """By type number; types that are not in it have no dictionary."""
        if self._renewed is None or time.monotonic() - self._renewed > RENEW:
            self.renew(cursor)
        return self._versions

    def renew(self, cursor: Cursor) -> None:
        """Look again now."""
        cursor.execute("select type, version, bytes from dictionary order by made")
        rows = cursor.fetchall()
        for type_, version, data in rows:
            _remember(type_, version, bytes(data))
        self._versions = {type_: version for type_, version, _ in rows}
        self._renewed = time.monotonic()


def newest(cursor: Cursor) -> Newest:
    """The versions that the cursor's database writes with."""
    return database.kept(cursor, Newest)


def encode(type_: str, body: bytes, version: int = 0) -> bytes:
    """Compress a body with one version of its type's dictionary."""
    compressed: bytes = _codec(NUMBER[type_], version)[0].compress(body)
    return compressed


def decode(type_: str, version: int, data: bytes | memoryview) -> bytes:
    """The body that `encode` was given. Raises Missing for an unknown dictionary."""
    body: bytes = _codec(NUMBER[type_], version)[1].decompress(data)
    return body


def body(resource: resources.Resource) -> bytes:
    """What a resource says beyond its type, id, version and date."""
    rest = {name: value for name, value in resource.items() if name not in _HEAD}
    written = resources.dumps(rest)
    meta = resource.get("meta")
    kept = {name: value for name, value in meta.items() if name not in _VERSION} if meta else None
    tail = b"\n," + written[1:] if rest else b"\n}"
    return b"," + resources.dumps(kept)[1:-1] + tail if kept else tail


def assemble(
    type_: str, fhir_id: str, version: int, updated: datetime, dictionary: int, data: bytes | memoryview
) -> bytes:
    """The whole resource as JSON: the stored bytes behind type, id, version and date."""
    meta, _, rest = decode(type_, dictionary, data).partition(b"\n")
    head = (
        f'{{"resourceType":"{type_}","id":"{fhir_id}",'
        f'"meta":{{"versionId":"{version}","lastUpdated":"{instant.text(updated)}"'
    )
    return b"%b%b}%b" % (head.encode(), meta, rest)


def version_of(dictionary: bytes) -> int:
    """The number that names a dictionary: 15 bits of its digest, never 0."""
    return int.from_bytes(hashlib.sha256(dictionary).digest()[:2], "big") % 0x7FFF + 1


_HEAD = frozenset({"resourceType", "id", "meta"})
_VERSION = frozenset({"versionId", "lastUpdated"})


def _remember(type_: int, version: int, data: bytes) -> None:
    if (type_, version) not in _dictionaries:
        dictionary = zstandard.ZstdCompressionDict(data)
        dictionary.precompute_compress(level=LEVEL)
        _dictionaries[type_, version] = dictionary


def _codec(type_: int, version: int) -> tuple[Any, Any]:
    """Compressor and decompressor of this thread: shared ones give corrupt frames."""
    codecs: dict[tuple[int, int], tuple[Any, Any]] | None = getattr(_codecs, "known", None)
    if codecs is None:
        codecs = _codecs.known = {}
    codec = codecs.get((type_, version))
    if codec is None:
        dictionary = _dictionary(type_, version) if version else None
        codec = codecs[type_, version] = (
            zstandard.ZstdCompressor(
                level=LEVEL, dict_data=dictionary, write_dict_id=False, write_checksum=False
            ),
            zstandard.ZstdDecompressor(dict_data=dictionary),
        )
    return codec


def _dictionary(type_: int, version: int) -> Any:
    if (type_, version) not in _dictionaries:
        with _loading:
            for process in database.processes():
                # One of several databases may be away; the others may have it.
                with suppress(OperationalError), unit_of_work(process.aside) as connection:
                    newest(database.cursor(connection)).renew(database.cursor(connection))
    try:
        return _dictionaries[type_, version]
    except KeyError:
        raise Missing(f"no dictionary {version} of {NAME[type_]}") from None
