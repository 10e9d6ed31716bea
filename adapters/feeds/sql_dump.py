"""Rows out of a SQL dump (`CREATE TABLE v (...)`, `INSERT INTO v [(...)] VALUES (...), (...)`): nothing is executed.

Some institutions hand over their views as such a script. Read: names, quoted text, numbers, NULL, DATE and TIMESTAMP
literals; other expressions stay as their text.
"""

import re
from collections.abc import Iterator

from adapters.feeds.flat_files import decoded
from adapters.feeds.record import Record, cleaned
from fhir_profiles.outcome import Invalid

_CREATE = re.compile(r"CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?([\w.\"`\[\]]+)\s*\(", re.IGNORECASE)
_INSERT = re.compile(r"INSERT\s+INTO\s+([\w.\"`\[\]]+)\s*", re.IGNORECASE)
_TOKEN = re.compile(r"\s*(?:N?'((?:[^']|'')*)'|([(),;])|([^\s'(),;]+))")
_CONSTRAINTS = frozenset({"primary", "unique", "constraint", "foreign", "check", "key", "index"})


def records(payload: bytes, charset: str) -> Iterator[Record]:
    """The inserted rows. Raises Invalid where the script has none."""
    text = re.sub(r"^\s*--[^\n]*$", "", decoded(payload, charset), flags=re.MULTILINE)
    tables: dict[str, list[str]] = {}
    number = position = 0
    while found := _CREATE.search(text, position):
        tables[_name(found[1])], position = _column_names(text, found.end())
    position = 0
    while found := _INSERT.search(text, position):
        position = found.end()
        names = tables.get(_name(found[1]), [])
        if text[position : position + 1] == "(":
            named, position = _tuple(text, position)
            names = [_name(name) for name in named]
        values = re.compile(r"\s*VALUES\s*", re.IGNORECASE).match(text, position)
        position = values.end() if values else len(text)
        while text[position : position + 1] == "(":
            row, position = _tuple(text, position)
            number += 1
            cells = {name: value for name, cell in zip(names, row, strict=False) if (value := cleaned(cell))}
            yield Record(cells, place=f"row {number}:", columns=frozenset(names))
            more = re.compile(r"\s*,\s*").match(text, position)
            position = more.end() if more else len(text)
    if not number:
        raise Invalid("The SQL script inserts no row.", reason="sql")


def _tuple(text: str, position: int) -> tuple[list[str], int]:
    """The values between brackets from `position` on, and where they end."""
    cells: list[str] = []
    current: list[str] = []
    position += 1
    while match := _TOKEN.match(text, position):
        quoted, mark, word = match.groups()
        position = match.end()
        if mark in (",", ")"):
            cells.append("".join(current))
            current = []
            if mark == ")":
                break
        elif mark is None:
            if quoted is not None:
                current = [quoted.replace("''", "'")]
            elif word.upper() not in ("NULL", "DATE", "TIMESTAMP"):
                current.append(word)
    return cells, position


def _column_names(text: str, position: int) -> tuple[list[str], int]:
    """The names of the columns from after the bracket on, and where they end."""
    names, depth, start = [], 0, position
    for end in range(position, len(text)):
        if text[end] == "(":
            depth += 1
        elif text[end] in ",)" and depth == 0:
            words = text[start:end].split()
            if words and words[0].lower() not in _CONSTRAINTS:
                names.append(_name(words[0]))
            start = end + 1
            if text[end] == ")":
                return names, end
        elif text[end] == ")":
            depth -= 1
    return names, len(text)


def _name(written: str) -> str:
    return written.rpartition(".")[2].strip('"`[]').lower()
