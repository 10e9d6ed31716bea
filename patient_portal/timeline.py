"""A record as its reader meets it: visits with what belongs to them, newest first. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fhir_profiles import resources
from fhir_profiles.resources import Resource

DATES = {
    "Encounter": ("period.start",),
    "Observation": ("effectiveDateTime", "effectivePeriod.start", "issued"),
    "DiagnosticReport": ("effectiveDateTime", "effectivePeriod.start", "issued"),
    "Condition": ("onsetDateTime", "recordedDate"),
    "MedicationRequest": ("authoredOn",),
    "Immunization": ("occurrenceDateTime",),
    "Procedure": ("performedDateTime", "performedPeriod.start"),
    "DocumentReference": ("date", "context.period.start"),
    "AllergyIntolerance": ("onsetDateTime", "recordedDate"),
    "Composition": ("date",),
    "ServiceRequest": ("authoredOn",),
}
LISTED = tuple(DATES)


@dataclass(slots=True)
class Item:
    """One thing in the record: `name` and `value` in the words of its source, `flag` its interpretation code."""

    type: str
    id: str
    name: str
    date: str
    value: str = ""
    range: str = ""
    flag: str = ""
    source: str = ""


@dataclass(slots=True)
class Visit:
    """One encounter and what names it. `kind` is in the words of its source, or `class:` and a code of v3-ActCode;
    `encounter` is None for things without a visit, gathered by day."""

    date: str
    place: str = ""
    kind: str = ""
    encounter: str | None = None
    items: list[Item] = field(default_factory=list)


def visits(bodies: list[bytes], sources: Mapping[str, str]) -> list[Visit]:
    """Visits and days, newest first; what has no date comes last. `sources` names the institution of each feed."""
    record = [resources.loads(body) for body in bodies]
    found: dict[str, Visit] = {}
    for resource in record:
        if resource["resourceType"] == "Encounter":
            found[resources.reference(resource)] = _visit(resource, _place(resource, sources))
    for resource in record:
        if resource["resourceType"] not in LISTED or resource["resourceType"] == "Encounter":
            continue
        item = _item(resource)
        visit = found.get((resource.get("encounter") or {}).get("reference", "")) or _of_context(
            resource, found
        )
        if visit is None:
            day, place = item.date[:10], _place(resource, sources)
            visit = found.setdefault(f"{day} {place}", Visit(day, place))
        visit.items.append(item)
    for visit in found.values():
        visit.items.sort(key=lambda item: (LISTED.index(item.type), item.name))
    return sorted(found.values(), key=lambda visit: visit.date, reverse=True)


def words(concept: Resource | None) -> str:
    """A CodeableConcept in words: its text, else a display, else a code."""
    if not concept:
        return ""
    if concept.get("text"):
        return str(concept["text"])
    codings = concept.get("coding") or [{}]
    return str(next((c["display"] for c in codings if c.get("display")), codings[0].get("code", "")))


def _visit(encounter: Resource, place: str) -> Visit:
    kind = (
        words((encounter.get("type") or [None])[0]) or f"class:{encounter.get('class', {}).get('code', '')}"
    )
    return Visit(_date(encounter), place, kind, resources.reference(encounter))


def _place(resource: Resource, sources: Mapping[str, str]) -> str:
    return sources.get(resource.get("meta", {}).get("source", ""), "")


def _of_context(resource: Resource, found: dict[str, Visit]) -> Visit | None:
    for reference in (resource.get("context") or {}).get("encounter") or []:
        if isinstance(reference, dict) and reference.get("reference") in found:
            return found[reference["reference"]]
    return None


def _item(resource: Resource) -> Item:
    kind = resource["resourceType"]
    concept = resource.get("code") or resource.get("vaccineCode") or resource.get("medicationCodeableConcept")
    name = (
        words(concept)
        or words(resource.get("type"))
        or str(resource.get("title") or resource.get("description") or kind)
    )
    return Item(
        kind,
        resource["id"],
        name,
        _date(resource),
        _value(resource),
        _range(resource),
        words((resource.get("interpretation") or [None])[0]) if kind == "Observation" else "",
    )


def _value(resource: Resource) -> str:
    quantity = resource.get("valueQuantity")
    if quantity:
        return (
            f"{quantity.get('comparator', '')}{quantity.get('value', '')} {quantity.get('unit', '')}".strip()
        )
    if "valueCodeableConcept" in resource:
        return words(resource["valueCodeableConcept"])
    if resource.get("component"):
        return "；".join(f"{words(part.get('code'))} {_value(part)}" for part in resource["component"])
    dosage = (resource.get("dosageInstruction") or [{}])[0]
    return str(resource.get("valueString") or dosage.get("text") or resource.get("conclusion") or "")


def _range(resource: Resource) -> str:
    stated: Resource = (resource.get("referenceRange") or [{}])[0]
    if stated.get("text"):
        return str(stated["text"])
    ends = [str(stated.get(end, {}).get("value", "")) for end in ("low", "high")]
    return "–".join(ends) if any(ends) else ""


def _date(resource: Resource) -> str:
    for path in DATES[resource["resourceType"]]:
        value: Any = resource
        for step in path.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        if value:
            return str(value)
    return ""
