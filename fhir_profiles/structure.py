"""What elements a type of FHIR R4 has: the compact table of definitions, read at first use.

`definitions/structures.json` is made by `scripts/build_definitions.py`; each element stands there as
`min..max type|type`, references with their targets in brackets, a required value set after `!`.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from fhir_profiles.definitions import table
from fhir_profiles.primitives import PRIMITIVES
from fhir_profiles.resource_types import NUMBER

_NOTATION = re.compile(r"(\d+)\.\.(\d+|\*) ([^!]+)(?:!(.+))?")
_TYPE = re.compile(r"([\w.]+)(?:\(([\w,]+)\))?")

RESOURCE: Final = "Resource"
"""The type of an element that holds a whole resource (contained, Bundle.entry.resource)."""


@dataclass(frozen=True, slots=True)
class Element:
    """One JSON property of a type.

    `name` is the property (`valueQuantity`); `choice` is the group it belongs to (`value`) or ''; `kind` is a
    primitive, a complex type, a backbone path (`Observation.component`) or `Resource`; `targets` are the
    types a Reference may point to (empty: any); `binding` names a required value set or is ''.
    """

    name: str
    kind: str
    required: bool
    many: bool
    choice: str = ""
    targets: tuple[str, ...] = ()
    binding: str = ""

    @property
    def primitive(self) -> bool:
        return self.kind in PRIMITIVES


@cache
def elements(kind: str) -> dict[str, Element]:
    """The properties of a type or backbone path by JSON name; KeyError for what R4 does not have."""
    found: dict[str, Element] = {}
    for name, notation in _structures()[kind].items():
        for element in _parsed(name, notation):
            found[element.name] = element
    if kind in NUMBER:
        found["id"] = Element("id", "id", required=False, many=False)
    return found


@cache
def choices(kind: str) -> dict[str, tuple[list[str], bool]]:
    """The choice groups of a type: base name to (JSON names, required)."""
    found: dict[str, tuple[list[str], bool]] = {}
    for element in elements(kind).values():
        if element.choice:
            found.setdefault(element.choice, ([], element.required))[0].append(element.name)
    return found


def extensible(kind: str, element: Element) -> bool:
    """Whether `_name` may stand beside a property: not for what is an attribute in the XML form."""
    attribute = (element.name == "id" and kind not in NUMBER) or (
        kind == "Extension" and element.name == "url"
    )
    return element.primitive and element.kind != "xhtml" and not attribute


@cache
def value_set(name: str) -> dict[str, list[str]]:
    """A required value set: code system to its codes."""
    codes: dict[str, list[str]] = table("codes.json")[name]
    return codes


def code_systems(binding: str) -> dict[str, str]:
    """Code to its system for a required value set; where two systems share a code, the first wins."""
    found: dict[str, str] = {}
    for system, codes in value_set(binding).items():
        for code in codes:
            found.setdefault(code, system)
    return found


def _parsed(name: str, notation: str) -> list[Element]:
    matched = _NOTATION.fullmatch(notation)
    if matched is None:
        raise ValueError(f"{name}: {notation}")
    low, high, types, binding = matched.groups()
    required, many = low != "0", high != "1"
    kinds = _TYPE.findall(types)
    if not name.endswith("[x]"):
        kind, targets = kinds[0]
        return [Element(name, kind, required, many, "", _targets(targets), binding or "")]
    base = name[:-3]
    return [
        Element(
            base + kind[0].upper() + kind[1:], kind, required, many, base, _targets(targets), binding or ""
        )
        for kind, targets in kinds
    ]


def _targets(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


def _structures() -> dict[str, dict[str, str]]:
    structures: dict[str, dict[str, str]] = table("structures.json")
    return structures
