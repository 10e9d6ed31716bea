"""hl7apy's tables (HL7v2 2.1 to 2.8.2) compiled to what a structural check needs; its object parser is not used.

The tables of a version are imported when its first message comes (60 to 250 ms) and kept.
"""

import importlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

VERSIONS = ("2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8", "2.8.1", "2.8.2")
_ALIASES = {
    "ADT_A01": "A01 A04 A08 A13",
    "ADT_A03": "A03",
    "ADT_A05": "A05 A14 A28 A31",
    "ADT_A06": "A06 A07",
    "ADT_A09": "A09 A10 A11",
    "ADT_A21": "A21 A22 A23 A25 A26 A27 A29 A32 A33",
    "ADT_A30": "A30 A34 A35 A36 A46 A47 A48 A49",
    "ADT_A39": "A39 A40 A41 A42",
    "ADT_A43": "A43 A44",
    "ADT_A45": "A45",
    "ADT_A50": "A50 A51",
    "ADT_A54": "A54 A55",
    "ADT_A61": "A61 A62",
    "ORU_R01": "R01",
    "ORU_R30": "R30 R31 R32",
    "OUL_R22": "R22",
    "RDE_O11": "O01 O11 O25",
    "RDS_O13": "O01 O13",
    "RAS_O17": "O01 O17",
    "OMP_O09": "O09",
    "MDM_T01": "T01 T03 T05 T07 T09 T11",
    "MDM_T02": "T02 T04 T06 T08 T10",
    "SIU_S12": "S12 S13 S14 S15 S16 S17 S18 S19 S20 S21 S22 S23 S24 S26",
    "PPR_PC1": "PC1 PC2 PC3",
    "PGL_PC6": "PC6 PC7 PC8",
    "BAR_P01": "P01 P05",
    "REF_I12": "I12 I13 I14 I15",
    "VXU_V04": "V04",
    "MFN_M01": "M01",
}
_STRUCTURES = {f"{name[:3]}_{event}": name for name, events in _ALIASES.items() for event in events.split()}


@dataclass(frozen=True, slots=True)
class Node:
    """A segment (no children) or a group. `names` are all segment names that can stand inside."""

    name: str
    required: bool
    repeats: bool
    choice: bool
    children: tuple["Node", ...]
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Field:
    """A field's rule: its number, whether it must be there, whether it may repeat, and its datatype."""

    position: int
    required: bool
    repeats: bool
    datatype: str


def known_version(text: str) -> str:
    """The version whose tables serve a message: its own, else the nearest below, else 2.5.1."""
    if text in VERSIONS:
        return text
    numbers = [int(piece) for piece in text.split(".") if piece.isascii() and piece.isdigit()]
    if numbers[:1] == [2] and len(numbers) > 1:
        below = [version for version in VERSIONS if [int(piece) for piece in version.split(".")] <= numbers]
        if below:
            return below[-1]
    return "2.5.1"


@lru_cache(maxsize=512)
def structure(version: str, code: str, event: str, named: str) -> Node | None:
    """The grammar of a message: of the structure that MSH-9.3 names, else of its code and event; None if unknown."""
    messages = _library(version).MESSAGES
    for candidate in (named, f"{code}_{event}", _STRUCTURES.get(f"{code}_{event}", ""), code):
        if candidate in messages:
            return _node(candidate, messages[candidate], (1, 1))
    return None


@lru_cache(maxsize=4096)
def fields(version: str, segment: str) -> tuple[Field, ...] | None:
    """The fields of a segment in a version by their number, the name itself at 0; None for an unknown segment."""
    definition = _library(version).SEGMENTS.get(segment)
    if definition is None or len(definition) < 2 or not all(_well_formed(row) for row in definition[1]):
        return None
    rules = [Field(0, False, True, "")]
    for name, reference, cardinality, _ in definition[1]:
        position = int(name.rpartition("_")[2])
        rules += [Field(gap, False, True, "") for gap in range(len(rules), position)]
        datatype = reference[2] if reference[0] in ("leaf", "sequence") else ""
        rules.append(Field(position, cardinality[0] > 0, cardinality[1] != 1, datatype or ""))
    return tuple(rules)


def _well_formed(row: Any) -> bool:
    """The tables have a few rows that are none: ORO of 2.1, the placeholder ANYHL7SEGMENT."""
    return len(row) == 4 and row[1] is not None and str(row[0]).rpartition("_")[2].isdigit()


@lru_cache(maxsize=4096)
def required(version: str, segment: str) -> tuple[int, ...]:
    """The numbers of a segment's required fields."""
    return tuple(rule.position for rule in fields(version, segment) or () if rule.required)


@lru_cache(maxsize=512)
def table(number: str) -> frozenset[str]:
    """The codes that HL7 table `number` (four digits) lists in 2.5.1; empty where it lists none."""
    known = _library("2.5.1").TABLES.get(f"HL7{number}")
    return frozenset(known[1]) if known else frozenset()


@lru_cache(maxsize=len(VERSIONS))
def _library(version: str) -> Any:
    return importlib.import_module("hl7apy.v" + version.replace(".", "_"))


def _node(name: str, definition: Any, cardinality: tuple[int, int]) -> Node:
    children = tuple(
        _node(child, reference, limits)
        if kind == "GRP"
        else Node(child, limits[0] > 0, limits[1] != 1, False, (), frozenset((child,)))
        for child, reference, limits, kind in definition[1]
    )
    names = frozenset(segment for child in children for segment in child.names)
    return Node(name, cardinality[0] > 0, cardinality[1] != 1, definition[0] == "choice", children, names)
