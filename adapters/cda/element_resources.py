"""What groups of data elements become: each family of ids its kind of resource, anything else an Observation."""

from collections.abc import Callable
from typing import Any

from adapters import diagnosis_codes
from adapters.cda import data_elements
from adapters.cda.data_elements import Group, Item, measured
from adapters.cda.document import Document, Section
from adapters.cda.observations import CATEGORIES, CATEGORY
from adapters.cda.problems import CATEGORY as CONDITION_CATEGORY
from adapters.cda.problems import CLINICAL, coded
from adapters.safe_xml import Element

SYSTEM = "urn:oid:2.16.156.10011.2.2.1"
_NOTHING = frozenset({"无", "否认", "无过敏史", "否认药物过敏史", "不详", "无药物过敏史"})
_NEWBORN = "57075-4"
_APGAR = {"10": "9271-8", "5": "9274-2", "1": "9272-6"}

References = list[dict[str, str]]


def take(document: Document, section: Section, acts: list[Element]) -> References:
    """The resources of acts that tell of one thing."""
    group = data_elements.group_of(document, section, acts)
    if group.family == "procedure" and section.code != "47519-4":
        return _plain(document, section, group)
    return _MAKERS.get(group.family, _plain)(document, section, group) or _plain(document, section, group)


def organizer(document: Document, section: Section, act: Element) -> References:
    """An organizer of data elements: one thing where they are of one family, else group by group."""
    acts = act.findall("component/observation")
    roles = [role for inner in acts if (role := data_elements.role_of(inner))]
    if roles and len(set(roles)) == len(roles):
        return take(document, section, acts)
    return [made for group in data_elements.grouped(acts) for made in take(document, section, group)]


def _conditions(document: Document, section: Section, group: Group) -> References:
    """A code with the name before or behind it is one diagnosis; several codes are several."""
    found: list[dict[str, Any]] = []
    dated = group.first("diagnosis-date")
    date = dated.value[1] if dated and dated.value and dated.value[0] == "DateTime" else None
    notes = [item.line for item in group.rest(*data_elements.FAMILIES["diagnosis"])]
    names = [item.text for item in group.items if item.role == "diagnosis-name" and item.text]
    for item in group.items:
        if item.role == "diagnosis-code" and item.value:
            coding = {"coding": diagnosis_codes.codings(item.text), "text": item.text}
            found.append(item.value[1] if item.value[0] == "CodeableConcept" else coding)
    if not found:
        found = [{"text": name} for name in names]
    elif len(found) == 1 and names:
        found = [{**found[0], "text": "，".join(names)}]
    else:
        notes += names
    kinds = list(dict.fromkeys(item.qualifier for item in group.items if item.qualifier))
    made = []
    for number, concept in enumerate(found):
        elements = {
            "clinicalStatus": coded(CLINICAL, "active"),
            "category": [
                coded(CONDITION_CATEGORY, "encounter-diagnosis"),
                *({"text": kind} for kind in kinds),
            ],
            "code": concept,
            "subject": document.subject,
            "encounter": document.encounter_reference(),
            "recordedDate": date or group.timing.get("effectiveDateTime") or document.date,
            "note": [{"text": note} for note in notes],
        }
        made.append(document.add("Condition", f"{group.key}/{number}" if number else group.key, elements))
    return made


def _allergy(document: Document, section: Section, group: Group) -> References:
    told = [item.text for item in group.items if item.role == "allergy" and item.text]
    flagged = group.first("allergy-flag")
    none = bool(flagged and flagged.value and flagged.value[1] is False) or (
        bool(told) and all(text in _NOTHING for text in told)
    )
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
        "note": [{"text": item.line} for item in group.rest("allergy", "allergy-flag")],
    }
    return [document.add("AllergyIntolerance", group.key, elements)]


def _test(document: Document, section: Section, group: Group) -> References:
    """A laboratory or imaging item: what was tested is the code, the result the value."""
    tested, name = group.first("test-code"), group.first("test-name")
    if not tested and not name:
        return []
    code: dict[str, Any] = {}
    if tested and tested.value:
        written = {"coding": [{"code": " ".join(tested.text.split())}], "text": tested.text}
        code = tested.value[1] if tested.value[0] == "CodeableConcept" else written
    if name:
        code = {**code, "text": name.text}
    unit = item.text if (item := group.first("test-unit")) else ""
    elements = _basic(document, section, group)
    elements["category"] = [coded(CATEGORY, CATEGORIES.get(section.code, "laboratory"))]
    elements["code"] = code
    used = ["test-code", "test-name", "test-unit"]
    for role in ("test-quantity", "test-result", "test-text"):
        result = group.first(role)
        if result and result.value and not any(element.startswith("value") for element in elements):
            used.append(role)
            suffix, value = result.value
            elements[f"value{suffix}"] = (
                measured(value["value"], value.get("unit") or unit) if suffix == "Quantity" else value
            )
    elements["component"] = [component(item) for item in group.rest(*used)]
    return [document.add("Observation", group.key, elements)]


def _pressure(document: Document, section: Section, group: Group) -> References:
    """Systolic and diastolic pressure together are one panel."""
    if not (group.first("systolic") and group.first("diastolic")):
        return []
    elements = _basic(document, section, group)
    elements["category"] = [coded(CATEGORY, "vital-signs")]
    elements["code"] = {"coding": [{"system": "http://loinc.org", "code": "85354-9"}], "text": "血压"}
    elements["component"] = [component(item) for item in group.rest()]
    return [document.add("Observation", group.key, elements)]


def _apgar(document: Document, section: Section, group: Group) -> References:
    """A score with the minute after birth that it was taken at."""
    score, interval = group.first("apgar-score"), group.first("apgar-interval")
    if not score or not score.value or not interval:
        return []
    minute = next((loinc for minutes, loinc in _APGAR.items() if f"{minutes}分" in interval.text), "")
    elements = _basic(document, section, group)
    elements["focus"] = [{"display": "新生儿"}]
    elements["code"] = _code(score, minute)
    elements[f"value{score.value[0]}"] = score.value[1]
    elements["component"] = [component(item) for item in group.rest("apgar-score")]
    return [document.add("Observation", group.key, elements)]


def _order(document: Document, section: Section, group: Group) -> References:
    """An order of an inpatient stay (C0052)."""
    content, kind = group.first("order-content"), group.first("order-type")
    if not content:
        return []
    elements = {
        "status": "active",
        "intent": "order",
        "category": [kind.value[1]] if kind and kind.value and kind.value[0] == "CodeableConcept" else [],
        "code": {"text": content.text},
        "subject": document.subject,
        "encounter": document.encounter_reference(),
        **{name.replace("effective", "occurrence"): value for name, value in group.timing.items()},
        "authoredOn": group.authored or document.date,
        "requester": group.author,
        "note": [{"text": item.line} for item in group.rest("order-content", "order-type")],
    }
    return [document.add("ServiceRequest", group.key, elements)]


def _medication(document: Document, section: Section, group: Group) -> References:
    names = [item.text for item in group.items if item.role == "medication" and item.text]
    rest = "；".join(line for item in group.rest("medication") if (line := item.line))
    if not names:
        return []
    elements = {
        "status": "completed",
        "medicationCodeableConcept": {"text": "；".join(names)},
        "subject": document.subject,
        "context": document.encounter_reference(),
        "effectiveDateTime": document.date,
        "dosage": [{"text": rest}],
    }
    return [document.add("MedicationStatement", group.key, elements)]


def _procedure(document: Document, section: Section, group: Group) -> References:
    coding, name, when = (group.first(f"procedure-{part}") for part in ("code", "name", "date"))
    code: dict[str, Any] = {}
    if coding and coding.value:
        code = coding.value[1] if coding.value[0] == "CodeableConcept" else {"text": coding.text}
    if name:
        code = {**code, "text": name.text}
    if not code:
        return []
    elements = {
        "status": "completed",
        "code": code,
        "subject": document.subject,
        "encounter": document.encounter_reference(),
        "performedDateTime": when.value[1] if when and when.value and when.value[0] == "DateTime" else None,
        "performer": [{"actor": found} for found in group.performers],
        "note": [{"text": item.line} for item in group.rest(*data_elements.FAMILIES["procedure"])],
    }
    return [document.add("Procedure", group.key, elements)]


def _plain(document: Document, section: Section, group: Group) -> References:
    """An Observation of the first item, the others as its components."""
    first, rest = group.items[0], [item for item in group.items[1:] if item.value]
    if not first.value and not rest:
        return []
    elements = _basic(document, section, group)
    category = (first.known.category if first.known else "") or CATEGORIES.get(section.code, "")
    elements["category"] = [coded(CATEGORY, category)] if category else []
    elements["code"] = _code(first)
    if first.value:
        elements[f"value{first.value[0]}"] = first.value[1]
    elements["component"] = [component(item) for item in rest]
    return [document.add("Observation", group.key, elements)]


def _basic(document: Document, section: Section, group: Group) -> dict[str, Any]:
    return {
        "status": "final",
        "subject": document.subject,
        "focus": [{"display": "新生儿"}] if section.code == _NEWBORN else [],
        "encounter": document.encounter_reference(),
        **(group.timing or ({"effectiveDateTime": document.date} if document.date else {})),
        "performer": group.performers or ([document.author] if "reference" in document.author else []),
    }


def _code(item: Item, loinc: str = "") -> dict[str, Any]:
    loinc = loinc or (item.known.loinc if item.known else "")
    codings = [{"system": "http://loinc.org", "code": loinc}] if loinc else []
    own = {"system": SYSTEM, "code": item.code, "display": item.label}
    return {"coding": [*codings, *([own] if item.code else [])], "text": item.label}


def component(item: Item) -> dict[str, Any]:
    """An Observation component of one item with a value."""
    suffix, value = item.value or ("String", item.text)
    return {"code": _code(item), f"value{suffix}": value}


_MAKERS: dict[str, Callable[[Document, Section, Group], References]] = {
    "diagnosis": _conditions,
    "allergy": _allergy,
    "test": _test,
    "pressure": _pressure,
    "apgar": _apgar,
    "order": _order,
    "medication": _medication,
    "procedure": _procedure,
}
