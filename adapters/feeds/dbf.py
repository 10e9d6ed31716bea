"""dBASE and FoxPro tables (.dbf): fixed records after a header of field descriptors.

Read: types C, N, F, D, L, I and T as text; memo fields (M) are in another file and left out. The language byte 0x7A
(code page 936) means GBK; other bytes fall back to the source's encoding.
"""

import struct
from collections.abc import Iterator
from datetime import date, timedelta

from adapters.feeds.record import Record, cleaned
from fhir_profiles.outcome import Invalid

_CODE_PAGES = {0x7A: "gb18030", 0x4D: "gb18030", 0x78: "cp950", 0x7B: "cp932", 0x03: "cp1252", 0x57: "cp1252"}
_JULIAN_EPOCH = 1721425


def looks_like(payload: bytes) -> bool:
    """Whether bytes begin as a dBASE table does."""
    if len(payload) < 33 or payload[0] not in (0x02, 0x03, 0x30, 0x31, 0x43, 0x83, 0x8B, 0xF5):
        return False
    header, length = struct.unpack("<HH", payload[8:12])
    return 33 <= header <= len(payload) and length > 0 and b"\r" in payload[32 : header + 1]


def records(payload: bytes, charset: str) -> Iterator[Record]:
    """The records that aren't marked as deleted. Raises Invalid where the header can't be."""
    if not looks_like(payload):
        raise Invalid("The bytes are no dBASE table.", reason="dbf")
    count, header, length = struct.unpack("<IHH", payload[4:12])
    encoding = _CODE_PAGES.get(payload[29], charset)
    fields = _fields(payload, header)
    names = frozenset(name for name, _, _, _ in fields)
    for number in range(min(count, (len(payload) - header) // length)):
        row = payload[header + number * length : header + (number + 1) * length]
        if row[:1] == b"*":
            continue
        values = {}
        for name, kind, start, size in fields:
            if text := _text(row[start : start + size], kind, encoding):
                values[name] = text
        if values:
            yield Record(values, place=f"record {number + 1}:", columns=names)


def columns(payload: bytes) -> frozenset[str]:
    """The names of the fields."""
    if not looks_like(payload):
        return frozenset()
    return frozenset(name for name, _, _, _ in _fields(payload, struct.unpack("<H", payload[8:10])[0]))


def _fields(payload: bytes, header: int) -> list[tuple[str, str, int, int]]:
    found, start, position = [], 1, 32
    while position + 32 <= header and payload[position] != 0x0D:
        name = payload[position : position + 11].split(b"\0", 1)[0].decode("gb18030", "replace").strip()
        kind, size = chr(payload[position + 11]), payload[position + 16]
        found.append((name, kind, start, size))
        start += size
        position += 32
    return found


def _text(cell: bytes, kind: str, encoding: str) -> str:
    if kind == "I" and len(cell) == 4:
        return str(struct.unpack("<i", cell)[0])
    if kind == "T" and len(cell) == 8:
        day, milliseconds = struct.unpack("<II", cell)
        if not _JULIAN_EPOCH < day < _JULIAN_EPOCH + 3_650_000:
            return ""
        clock = str(timedelta(seconds=milliseconds // 1000 % 86400)).zfill(8)
        return f"{date.fromordinal(day - _JULIAN_EPOCH).isoformat()} {clock}"
    if kind == "M":
        return ""
    try:
        return cleaned(cell.decode(encoding))
    except (UnicodeDecodeError, LookupError):
        return cleaned(cell.decode("gb18030", "replace"))
