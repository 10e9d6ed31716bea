"""Entries of shared documents (WS/T 483, WS/T 500) by data-element id (WS/T 363: `DE04.10.174.00`).

An observation and those that it holds belong together. What the ids in it mean decides: a diagnosis becomes Condition,
an allergy AllergyIntolerance, a test Observation with its result, a drug MedicationStatement, an operation Procedure;
anything else an Observation with the data-element id as its code and the held observations as components.
"""

from dataclasses import dataclass
from typing import Any

from adapters import diagnosis_codes
from adapters.cda import datatypes
from adapters.cda.document import Document, Section
from adapters.cda.observations import CATEGORIES, CATEGORY
from adapters.cda.problems import CATEGORY as CONDITION_CATEGORY
from adapters.cda.problems import CLINICAL, coded
from adapters.cda.reading import attribute
from adapters.cda.tables import DataElement, data_elements
from adapters.safe_xml import Element
from adapters.source import Unmapped
from adapters.units import UCUM, ucum

SYSTEM = "urn:oid:2.16.156.10011.2.2.1"
_NOTHING = frozenset({"无", "否认", "无过敏史", "否认药物过敏史", "不详", "无药物过敏史"})
_NEWBORN = "57075-4"


@dataclass(slots=True)
class Item:
    """One data element with its value, as the document has it."""

    code: str
    label: str
    role: str
    value: tuple[str, Any] | None
    known: DataElement | None

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


def is_element(act: Element) -> bool:
    """Whether an observation's code is a data-element id."""
    code = attribute(act, "code", "code").upper()
    return code.startswith("DE") and code[2:4].isdigit()


def observation(document: Document, section: Section, act: Element) -> list[dict[str, str]]:
    """One observation with what it holds."""
    items = _items(document, act)
    section.lines += [(item.label, item.text) for item in items]
    roles = {item.role for item in items if item.role}
    key = document.key(act, "Element")
    made: list[dict[str, str]] = []
    if "diagnosis-code" in roles or "diagnosis-name" in roles:
        return _conditions(document, items, key)
    if "test-code" in roles or "test-name" in roles:
        return [_test(document, section, act, items, key)]
    if "allergy" in roles or "allergy-flag" in roles:
        made += _allergy(document, items, key)
    if "medication" in roles:
        return [*made, _medication(document, items, key)]
    if roles & {"procedure-code", "procedure-name"} and section.code == "47519-4":
        return [*made, _procedure(document, items, key)]
    return made or _plain(document, section, act, items, key)


def _items(document: Document, act: Element) -> list[Item]:
    found = []
    for part in act.iter("observation"):
        code, shown = attribute(part, "code", "code").upper(), attribute(part, "code", "displayName")
        known = data_elements().get(code)
        value = part.find("value")
        made = datatypes.value_of(value, document.texts, document.zone) if value is not None else None
        made = _with_unit(made, known)
        if made and known is None and not shown:
            document.unmapped.append(Unmapped(code or "observation", str(made[1])))
        label = shown or (known.name if known else "") or code or "数据元"
        found.append(Item(code, label, known.role if known else "", made, known))
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
    return "Quantity", _measured(number["value"], known.unit)


def _measured(value: Any, unit: str) -> dict[str, Any]:
    made = {"value": value}
    if unit:
        made["unit"] = unit
        if code := ucum(unit):
            made |= {"system": UCUM, "code": code}
    return made


def _conditions(document: Document, items: list[Item], key: str) -> list[dict[str, str]]:
    """A code with the name before or behind it is one diagnosis; several codes are several."""
    pairs: list[tuple[dict[str, Any], list[str]]] = []
    date = next((item.value[1] for item in items if item.role == "diagnosis-date" and item.value), None)
    notes = [
        f"{item.label}: {item.text}" for item in items if not item.role.startswith("diagnosis") and item.text
    ]
    names = [item.text for item in items if item.role == "diagnosis-name" and item.text]
    for item in items:
        if item.role == "diagnosis-code" and item.value:
            suffix, value = item.value
            concept = (
                value
                if suffix == "CodeableConcept"
                else {"coding": diagnosis_codes.codings(item.text), "text": item.text}
            )
            pairs.append((concept, []))
    if not pairs:
        pairs = [({"text": name}, []) for name in names]
    elif len(pairs) == 1 and names:
        pairs[0] = ({**pairs[0][0], "text": "，".join(names)}, [])
    else:
        notes += names
    made = []
    for number, (concept, _) in enumerate(pairs):
        elements = {
            "clinicalStatus": coded(CLINICAL, "active"),
            "category": [coded(CONDITION_CATEGORY, "encounter-diagnosis")],
            "code": concept,
            "subject": document.subject,
            "encounter": document.encounter_reference(),
            "recordedDate": date if isinstance(date, str) else document.date,
            "note": [{"text": note} for note in notes],
        }
        made.append(document.add("Condition", f"{key}/{number}" if number else key, elements))
    return made


def _allergy(document: Document, items: list[Item], key: str) -> list[dict[str, str]]:
    told = [item.text for item in items if item.role == "allergy" and item.text]
    flag = next((item.value[1] for item in items if item.role == "allergy-flag" and item.value), None)
    none = flag is False or (told and all(text in _NOTHING for text in told))
    if not told and not none:
        return []
    system = "http://terminology.hl7.org/CodeSystem/allergyintolerance-"
    code: dict[str, Any] = {"text": "；".join(told)}
    if none:
        shown = {"system": "http://snomed.info/sct", "code": "716186003", "display": "No known allergy"}
        code = {"coding": [shown], "text": "；".join(told) or "无已知过敏"}
    elements = {
        "clinicalStatus": coded(f"{system}clinical", "active"),
        "verificationStatus": coded(f"{system}verification", "confirmed"),
        "code": code,
        "patient": document.subject,
        "encounter": document.encounter_reference(),
        "recordedDate": document.date,
        "note": [{"text": f"{item.label}: {item.text}"} for item in items if not item.role and item.text],
    }
    return [document.add("AllergyIntolerance", key, elements)]


def _test(document: Document, section: Section, act: Element, items: list[Item], key: str) -> dict[str, str]:
    """A laboratory or imaging item: what was tested is the code, the result the value."""
    by_role = {item.role: item for item in items if item.role and item.value}
    code: dict[str, Any] = {}
    tested = by_role.get("test-code")
    if tested and tested.value:
        suffix, value = tested.value
        code = (
            value
            if suffix == "CodeableConcept"
            else {"coding": [{"code": " ".join(tested.text.split())}], "text": tested.text}
        )
    if name := by_role.get("test-name"):
        code = {**code, "text": name.text}
    unit = by_role["test-unit"].text if "test-unit" in by_role else ""
    elements = _basic(document, section, act)
    elements["category"] = [coded(CATEGORY, CATEGORIES.get(section.code, "laboratory"))]
    elements["code"] = code or {"text": section.title or "检验项目"}
    used = {"test-code", "test-name", "test-unit"}
    for role in ("test-quantity", "test-result", "test-text"):
        item = by_role.get(role)
        if item and item.value and not any(name.startswith("value") for name in elements):
            used.add(role)
            suffix, value = item.value
            elements[f"value{suffix}"] = (
                _measured(value["value"], value.get("unit") or unit) if suffix == "Quantity" else value
            )
    elements["component"] = [part for item in items if item.role not in used and (part := _component(item))]
    return document.add("Observation", key, elements)


def _medication(document: Document, items: list[Item], key: str) -> dict[str, str]:
    names = [item.text for item in items if item.role == "medication" and item.text]
    rest = "；".join(
        f"{item.label}: {item.text}" for item in items if item.role != "medication" and item.text
    )
    elements = {
        "status": "completed",
        "medicationCodeableConcept": {"text": "；".join(names) or "药物名称不详"},
        "subject": document.subject,
        "context": document.encounter_reference(),
        "effectiveDateTime": document.date,
        "dosage": [{"text": rest}] if rest else [],
    }
    return document.add("MedicationStatement", key, elements)


def _procedure(document: Document, items: list[Item], key: str) -> dict[str, str]:
    by_role = {item.role: item for item in items if item.role and item.value}
    code: dict[str, Any] = {}
    if (item := by_role.get("procedure-code")) and item.value:
        code = item.value[1] if item.value[0] == "CodeableConcept" else {"text": item.text}
    if name := by_role.get("procedure-name"):
        code = {**code, "text": name.text}
    when = by_role.get("procedure-date")
    elements = {
        "status": "completed",
        "code": code or {"text": "手术操作"},
        "subject": document.subject,
        "encounter": document.encounter_reference(),
        "performedDateTime": when.value[1] if when and when.value and when.value[0] == "DateTime" else None,
        "note": [
            {"text": f"{item.label}: {item.text}"}
            for item in items
            if not item.role.startswith("procedure") and item.text
        ],
    }
    return document.add("Procedure", key, elements)


def _plain(
    document: Document, section: Section, act: Element, items: list[Item], key: str
) -> list[dict[str, str]]:
    if not any(item.value for item in items):
        return []
    first, rest = items[0], items[1:]
    elements = _basic(document, section, act)
    category = (first.known.category if first.known else "") or CATEGORIES.get(section.code, "")
    elements["category"] = [coded(CATEGORY, category)] if category else []
    elements["code"] = _code(first)
    if first.value:
        elements[f"value{first.value[0]}"] = first.value[1]
    elements["component"] = [part for item in rest if (part := _component(item))]
    return [document.add("Observation", key, elements)]


def _basic(document: Document, section: Section, act: Element) -> dict[str, Any]:
    timed = document.timing(act)
    return {
        "status": "final",
        "subject": document.subject,
        "focus": [{"display": "新生儿"}] if section.code == _NEWBORN else [],
        "encounter": document.encounter_reference(),
        **(timed or ({"effectiveDateTime": document.date} if document.date else {})),
        "performer": [document.author] if "reference" in document.author else [],
    }


def _code(item: Item) -> dict[str, Any]:
    codings = (
        [{"system": "http://loinc.org", "code": item.known.loinc}] if item.known and item.known.loinc else []
    )
    own = {"system": SYSTEM, "code": item.code, "display": item.label}
    return {"coding": [*codings, {name: value for name, value in own.items() if value}], "text": item.label}


def _component(item: Item) -> dict[str, Any] | None:
    if item.value is None:
        return None
    return {"code": _code(item), f"value{item.value[0]}": item.value[1]}
