"""Delimited and fixed-width text to rows: decoded first (strict UTF-8, then what the map says, then GB18030)."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from adapters.charset import decode
from adapters.feeds.record import Record, cleaned
from fhir_profiles.outcome import Invalid

WIDEST = 1_000_000


def decoded(payload: bytes, charset: str) -> str:
    """The text of a flat file. Raises Invalid where no encoding fits; nothing is ever replaced."""
    found = decode(payload, default=charset)
    if found:
        return found.text
    raise Invalid("The bytes are neither UTF-8 nor GB18030 nor the source's encoding.", reason="charset")


def delimited(payload: bytes, charset: str, reader: dict[str, Any]) -> Iterator[Record]:
    """Records of a CSV or TSV file with a header (or with `header = [...]` in the map).

    A row with more fields than the header keeps the rest as `+1`, `+2` ...: they are then listed as unmapped.
    """
    text = decoded(payload, charset)
    delimiter = reader.get("delimiter", "\t" if reader["kind"] == "tsv" else ",")
    csv.field_size_limit(WIDEST)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = reader.get("header") or next(rows, [])
        names = [name.strip().strip("\ufeff") for name in header]
        columns = frozenset(names)
        for row in rows:
            values = {
                name: value
                for name, cell in zip(names, row, strict=False)
                if name and (value := cleaned(cell))
            }
            for surplus, cell in enumerate(row[len(names) :], 1):
                if value := cleaned(cell):
                    values[f"+{surplus}"] = value
            if values:
                yield Record(values, place=f"line {rows.line_num}:", columns=columns)
    except csv.Error as fault:
        raise Invalid(f"The file is no delimited text: {fault}", reason="csv") from None


def header(payload: bytes, charset: str, reader: dict[str, Any]) -> frozenset[str]:
    """The column names of a delimited file."""
    if reader.get("header"):
        return frozenset(reader["header"])
    first = decoded(payload, charset).lstrip("\ufeff").split("\n", 1)[0]
    delimiter = reader.get("delimiter", "\t" if reader["kind"] == "tsv" else ",")
    try:
        return frozenset(name.strip() for name in next(csv.reader([first], delimiter=delimiter), []))
    except csv.Error:
        return frozenset()


def fixed_width(payload: bytes, charset: str, reader: dict[str, Any]) -> Iterator[Record]:
    """Records of a fixed-width file: `fields = [["XM", 0, 10], ...]` as name, start and length.

    Positions count bytes of the file's encoding (`count = "bytes"`, as hosts write Chinese text) or characters.
    """
    fields = [(str(name), int(start), int(length)) for name, start, length in reader["fields"]]
    columns = frozenset(name for name, _, _ in fields)
    if reader.get("count", "bytes") == "bytes":
        encoding = charset if _fits(payload, charset) else "utf-8"
        lines = [
            [line[s : s + n].decode(encoding, "ignore") for _, s, n in fields]
            for line in payload.splitlines()
        ]
    else:
        lines = [[line[s : s + n] for _, s, n in fields] for line in decoded(payload, charset).splitlines()]
    for number, cells in enumerate(lines, 1):
        values = {
            name: text for (name, _, _), cell in zip(fields, cells, strict=True) if (text := cleaned(cell))
        }
        if values:
            yield Record(values, place=f"line {number}:", columns=columns)


def _fits(payload: bytes, charset: str) -> bool:
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return charset.lower() in ("utf-8", "utf8")
