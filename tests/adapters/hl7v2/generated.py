"""Messages made from hl7apy's tables: every segment of a structure once, every field filled by its datatype."""

import importlib
import random
from typing import Any

from adapters.hl7v2 import grammar

WORDS = ("测试", "甲", "Alpha", "beta", "内科", "Unit7", "青霉素", "OK")
SEPARATORS = {1: "^", 2: "&"}


def library(version: str) -> Any:
    """The tables of a version, `2.5.1`."""
    return importlib.import_module("hl7apy.v" + version.replace(".", "_"))


def structures(version: str) -> list[str]:
    """All message structures of a version that name a code and an event."""
    return sorted(name for name in library(version).MESSAGES if len(name) == 7 and name[3] == "_")


def message(version: str, name: str, chance: random.Random) -> str:
    """A message of a structure with all its segments, their fields filled."""
    tables = library(version)
    lines: list[str] = []
    for segment in _segments(tables.MESSAGES[name]):
        if segment == "MSH":
            code, event = name.split("_")
            lines.append(
                f"MSH|^~\\&|HIS|H1|HIE|QD|20260401120000||{code}^{event}^{name}|C{chance.randrange(10**6)}|P|{version}"
            )
        elif segment not in ("ADD", "DSC") and grammar.fields(version, segment):
            lines.append(_line(tables, segment, chance))
    return "\r".join(lines)


def _segments(definition: Any) -> list[str]:
    found: list[str] = []
    children = definition[1]
    if definition[0] == "choice":
        children = children[:1]
    for name, reference, _, kind in children:
        found += _segments(reference) if kind == "GRP" else [name]
    return found


def _line(tables: Any, segment: str, chance: random.Random) -> str:
    fields = [segment]
    for name, reference, limits, _ in tables.SEGMENTS[segment][1]:
        position = int(name.rpartition("_")[2])
        fields += [""] * (position - len(fields))
        times = 2 if limits[1] == -1 and chance.random() < 0.3 else 1
        filled = "~".join(_value(tables, reference, 1, chance) for _ in range(times))
        fields.append(filled if chance.random() < 0.8 or limits[0] else "")
    if segment == "OBX":
        fields[2], fields[5] = chance.choice(
            (("NM", "12.5"), ("ST", "阴性"), ("CWE", "A^阳性^L"), ("TX", "所见"), ("SN", "<^5"))
        )
    return "|".join(fields)


def _value(tables: Any, reference: Any, depth: int, chance: random.Random) -> str:
    if reference[0] == "sequence" and reference[1] and depth < 3:
        parts = [
            _value(tables, child[1], depth + 1, chance) if chance.random() < 0.7 else ""
            for child in reference[1]
        ]
        return SEPARATORS[depth].join(parts).rstrip(SEPARATORS[depth])
    return _leaf(tables, reference, chance) if depth < 3 or reference[0] == "leaf" else chance.choice(WORDS)


def _leaf(tables: Any, reference: Any, chance: random.Random) -> str:
    datatype, table = reference[2], reference[4]
    listed = getattr(tables, "TABLES", {}).get(table, ("", ()))[1]
    if codes := [code for code in listed if code.isalnum()]:
        return str(chance.choice(codes))
    made = {
        "NM": str(chance.randrange(1, 999)),
        "SI": "1",
        "DT": f"2026{chance.randrange(1, 13):02d}{chance.randrange(1, 29):02d}",
        "DTM": f"20260{chance.randrange(1, 10)}1510{chance.randrange(10, 60)}00",
        "TS": "20260401101500",
        "TM": "101500",
        "ID": "Y",
    }
    return made.get(datatype or "", f"{chance.choice(WORDS)}{chance.randrange(1000)}")
