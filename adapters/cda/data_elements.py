"""Entries of shared documents (WS/T 483, WS/T 500) by data-element id (WS/T 363: `DE04.10.174.00`).

What belongs together comes nested in one observation, side by side in one organizer, or as neighbours in a section,
depending on who wrote the document: `grouped` brings the three to one form, items of one thing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from adapters.cda import datatypes, participants
from adapters.cda.document import Document, Section
from adapters.cda.reading import attribute, is_void
from adapters.cda.tables import DataElement, data_elements
from adapters.safe_xml import Element
from adapters.source import Unmapped
from adapters.units import UCUM, ucum

FAMILIES = {
    "diagnosis": ("diagnosis-code", "diagnosis-name", "diagnosis-date"),
    "test": ("test-code", "test-name", "test-quantity", "test-unit", "test-result", "test-text"),
    "pressure": ("systolic", "diastolic"),
    "apgar": ("apgar-interval", "apgar-score"),
    "order": ("order-type", "order-content"),
    "allergy": ("allergy-flag", "allergy"),
    "medication": ("medication",),
    "procedure": ("procedure-code", "procedure-name", "procedure-date"),
}
_DIAGNOSES = ("诊断", "病", "证", "症", "死")
_FAMILY = {role: family for family, roles in FAMILIES.items() for role in roles}


@dataclass(slots=True)
class Item:
    """One data element with its value, as the document has it. `qualifier` says of what it is (主要诊断, 病理诊断)."""

    code: str
    label: str
    role: str
    value: tuple[str, Any] | None
    known: DataElement | None
    qualifier: str = ""

    @property
    def text(self) -> str:
        """The value in words."""
        if self.value is None:
            return ""
        suffix, value = self.value
        if suffix == "CodeableConcept":
            return str(value.get("text") or value["coding"][0]["code"])
        if suffix == "Quantity":
            return f"{value['value']} {value.get('unit', '')}".strip()
        if suffix == "Boolean":
            return "是" if value else "否"
        if suffix in ("Period", "Range", "Ratio"):
            return ""
        return str(value)

    @property
    def line(self) -> str:
        """Name and value, for notes."""
        return f"{self.label}: {self.text}" if self.text else ""


@dataclass(slots=True)
class Group:
    """The items of one thing: what they are about (`family`, empty for none), when, by whom, and its key."""

    family: str
    items: list[Item]
    key: str
    timing: dict[str, Any]
    performers: list[dict[str, str]]
    author: dict[str, str] | None
    authored: str | None

    def first(self, role: str) -> Item | None:
        """The first item of a role that has a value."""
        return next((item for item in self.items if item.role == role and item.value), None)

    def rest(self, *roles: str) -> list[Item]:
        """The items with a value in no role of these."""
        return [item for item in self.items if item.role not in roles and item.value]


def is_element(act: Element) -> bool:
    """Whether an observation's code is a data-element id."""
    code = attribute(act, "code", "code").upper()
    return act.tag == "observation" and code.startswith("DE") and code[2:4].isdigit()


def holds_elements(act: Element) -> bool:
    """Whether an organizer is made of data elements."""
    inner = act.findall("component/observation")
    return act.tag == "organizer" and bool(inner) and all(is_element(found) for found in inner)


def role_of(act: Element) -> str:
    """The role of a data-element observation; empty where it has none."""
    known = data_elements().get(attribute(act, "code", "code").upper())
    return _role(known, attribute(act, "code", "displayName")) if is_element(act) else ""


def _role(known: DataElement | None, shown: str) -> str:
    """The role of an element; an id that is used for something else (as its name in the document says) has none."""
    if known is None:
        return ""
    strange = known.role == "diagnosis-name" and shown and not any(word in shown for word in _DIAGNOSES)
    return "" if strange else known.role


def grouped(acts: Iterable[Element]) -> list[list[Element]]:
    """Neighbours that tell of one thing, together: name and code of a diagnosis, item and result of a test.

    A role that comes again begins the next thing.
    """
    groups: list[list[Element]] = []
    roles: set[str] = set()
    for act in acts:
        role = role_of(act)
        same = role and roles and role not in roles and {_FAMILY[role]} == {_FAMILY[other] for other in roles}
        if same:
            groups[-1].append(act)
            roles.add(role)
        else:
            groups.append([act])
            roles = {role} if role else set()
    return groups


def group_of(document: Document, section: Section, acts: list[Element]) -> Group:
    """The items of acts that tell of one thing, and of what they hold."""
    items = [item for act in acts for item in _items(document, act)]
    section.lines += [(item.label, item.text) for item in items]
    families = [_FAMILY[item.role] for item in items if item.role]
    family = families[0] if families else ""
    timings = [found for act in acts if (found := document.timing(act))]
    performers = [found for act in acts for found in participants.performers(document, act)]
    signed = [participants.author(document, act) for act in acts if act.find("author") is not None]
    author, authored = signed[0] if signed else (None, None)
    key = document.key(acts[0], "Element")
    return Group(family, items, key, timings[0] if timings else {}, performers, author, authored)


def items_inside(document: Document, act: Element) -> tuple[list[Item], list[Element]]:
    """The data elements that another kind of act holds (a procedure, a medication), and their observations."""
    found = [inner for link in act.findall("entryRelationship") for inner in link if is_element(inner)]
    return [item for inner in found for item in _items(document, inner)], found


def _items(document: Document, act: Element) -> list[Item]:
    found = []
    for part in act.iter("observation"):
        code, shown = attribute(part, "code", "code").upper(), attribute(part, "code", "displayName")
        known = data_elements().get(code)
        value = part.find("value")
        made = datatypes.value_of(value, document.texts, document.zone) if value is not None else None
        if made and made[0] == "String" and is_void(made[1]):
            made = None
        made = _with_unit(made, known)
        if made and known is None and not shown:
            document.unmapped.append(Unmapped(code or "observation", str(made[1])))
        label = shown or (known.name if known else "") or code or "数据元"
        qualifier = attribute(part, "code/qualifier/name", "displayName")
        found.append(Item(code, label, _role(known, shown), made, known, qualifier))
    return found


def _with_unit(value: tuple[str, Any] | None, known: DataElement | None) -> tuple[str, Any] | None:
    """A number without a unit gets the one that its data element is defined in."""
    if not value or not known or not known.unit:
        return value
    suffix, number = value
    if suffix == "Integer":
        suffix, number = "Quantity", {"value": number}
    if suffix != "Quantity" or "unit" in number:
        return value
    return "Quantity", measured(number["value"], known.unit)


def measured(value: Any, unit: str) -> dict[str, Any]:
    """A Quantity with its unit as written, and the UCUM code where it is known."""
    made = {"value": value}
    if unit:
        made["unit"] = unit
        if code := ucum(unit):
            made |= {"system": UCUM, "code": code}
    return made
