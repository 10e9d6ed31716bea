"""From a resource to what it is found by: `extract`, compiled for each type at its first resource.

The search parameters of a type become one tree of JSON properties, each branch visited once, whatever the number
of parameters that end there. `primary_parameters` names the parameters whose first value stands in the row
itself.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, NamedTuple

from fhir_profiles import search_parameters
from fhir_profiles.index_values import COLLECTORS, Collector, IndexValues, Names, code, reference
from fhir_profiles.search_paths import DECEASED, Path, Step, paths
from fhir_profiles.structure import RESOURCE, code_systems, elements


class Primary(NamedTuple):
    """The parameters whose first value is a column of the row; '' for none."""

    code: str = ""
    date: str = ""
    value: str = ""


_PRIMARY: Final[dict[str, Primary]] = {
    "Account": Primary("type", "period"),
    "AdverseEvent": Primary("event", "date"),
    "AllergyIntolerance": Primary("code", "date"),
    "Appointment": Primary("service-type", "date"),
    "AuditEvent": Primary("type", "date"),
    "Basic": Primary("code", "created"),
    "CarePlan": Primary("category", "date"),
    "CareTeam": Primary("category", "date"),
    "ChargeItem": Primary("code", "occurrence"),
    "Claim": Primary("use", "created"),
    "ClaimResponse": Primary("use", "created"),
    "ClinicalImpression": Primary("", "date"),
    "Communication": Primary("category", "sent"),
    "CommunicationRequest": Primary("category", "authored"),
    "Composition": Primary("type", "date"),
    "Condition": Primary("code", "onset-date"),
    "Consent": Primary("category", "date"),
    "Coverage": Primary("type", ""),
    "DetectedIssue": Primary("code", "identified"),
    "Device": Primary("type", ""),
    "DeviceRequest": Primary("code", "authored-on"),
    "DiagnosticReport": Primary("code", "date"),
    "DocumentManifest": Primary("type", "created"),
    "DocumentReference": Primary("type", "date"),
    "Encounter": Primary("class", "date"),
    "EpisodeOfCare": Primary("type", "date"),
    "ExplanationOfBenefit": Primary("", "created"),
    "FamilyMemberHistory": Primary("code", "date"),
    "Flag": Primary("", "date"),
    "Goal": Primary("category", "start-date"),
    "HealthcareService": Primary("service-type", ""),
    "ImagingStudy": Primary("modality", "started"),
    "Immunization": Primary("vaccine-code", "date"),
    "ImmunizationRecommendation": Primary("vaccine-type", "date"),
    "Invoice": Primary("type", "date"),
    "List": Primary("code", "date"),
    "Location": Primary("type", ""),
    "MeasureReport": Primary("", "date"),
    "Media": Primary("type", "created"),
    "Medication": Primary("code", ""),
    "MedicationAdministration": Primary("code", "effective-time"),
    "MedicationDispense": Primary("code", "whenhandedover"),
    "MedicationRequest": Primary("code", "authoredon"),
    "MedicationStatement": Primary("code", "effective"),
    "NutritionOrder": Primary("oraldiet", "datetime"),
    "Observation": Primary("code", "date", "value-quantity"),
    "Organization": Primary("type", ""),
    "Patient": Primary("gender", "birthdate"),
    "Person": Primary("gender", "birthdate"),
    "Practitioner": Primary("gender", ""),
    "PractitionerRole": Primary("role", "date"),
    "Procedure": Primary("code", "date"),
    "Provenance": Primary("", "recorded"),
    "QuestionnaireResponse": Primary("", "authored"),
    "RelatedPerson": Primary("relationship", "birthdate"),
    "RiskAssessment": Primary("method", "date"),
    "Schedule": Primary("service-type", "date"),
    "ServiceRequest": Primary("code", "authored"),
    "Slot": Primary("service-type", "start"),
    "Specimen": Primary("type", "collected"),
    "Substance": Primary("code", "expiry", "quantity"),
    "SupplyDelivery": Primary("", ""),
    "SupplyRequest": Primary("category", "date"),
    "Task": Primary("code", "authored-on"),
    "VisionPrescription": Primary("", "datewritten"),
}

_NONE: Final = Primary()
_IN_THE_ROW: Final = frozenset({"_id", "_lastUpdated"})


def primary_parameters(resource_type: str) -> Primary:
    """Which parameters of a type fill primary_code, primary_date and primary_value."""
    return _PRIMARY.get(resource_type, _NONE)


def extract(resource: dict[str, Any]) -> IndexValues:
    """All index values of a valid resource. `_id` and `_lastUpdated` are left to the row that holds it."""
    resource_type = resource["resourceType"]
    out = IndexValues()
    _visitor(resource_type)(resource, out)
    _primaries(out, primary_parameters(resource_type))
    _links(resource, out)
    return out


def _primaries(out: IndexValues, primary: Primary) -> None:
    for token in out.tokens:
        if token[0] == primary.code:
            out.primary_code = token
            break
    for name, low, high in out.dates:
        if name == primary.date:
            out.primary_date = (low, high)
            break
    if primary.value:
        for name, _, unit, lowest, highest in out.quantities:
            if name == primary.value and unit and lowest == highest:
                out.primary_value = (unit, lowest)
                break


def _links(resource: dict[str, Any], out: IndexValues) -> None:
    """The patient and the encounter that a resource belongs to, where it names them by a relative reference."""
    if resource["resourceType"] == "Patient":
        out.subject = f"Patient/{resource['id']}" if "id" in resource else None
    for name, target in out.references:
        if out.subject is None and name in ("patient", "subject") and target.startswith("Patient/"):
            out.subject = target
        elif out.encounter is None and name in ("encounter", "context") and target.startswith("Encounter/"):
            out.encounter = target


Visitor = Callable[[Any, IndexValues], None]


@dataclass(slots=True)
class _Node:
    """One step of the tree: who collects here, and where it goes on."""

    collectors: dict[Any, tuple[Collector, list[str]]] = field(default_factory=dict)
    children: dict[Step, "_Node"] = field(default_factory=dict)


@cache
def _visitor(resource_type: str) -> Visitor:
    root = _Node()
    for parameter in search_parameters.of(resource_type).values():
        if parameter.kind in ("composite", "special") or parameter.name in _IN_THE_ROW:
            continue
        if parameter.expression == DECEASED:
            _plant(
                root, resource_type, parameter.name, "deceased", Path((Step("deceasedBoolean"),), "boolean")
            )
            _plant(
                root, resource_type, parameter.name, "deceased", Path((Step("deceasedDateTime"),), "dateTime")
            )
            continue
        for path in paths(resource_type, parameter.expression):
            _plant(root, resource_type, parameter.name, parameter.kind, path)
    return _compiled(root)


def _plant(root: _Node, resource_type: str, name: str, kind: str, path: Path) -> None:
    key, collector = _collector(resource_type, kind, path)
    if collector is None:
        return
    node = root
    for step in path.steps:
        node = node.children.setdefault(step, _Node())
    node.collectors.setdefault(key, (collector, []))[1].append(name)


def _collector(resource_type: str, kind: str, path: Path) -> tuple[Any, Collector | None]:
    """The collector for the values at the end of a path, with a key that equal ones share."""
    if kind == "deceased":
        return kind, _deceased
    if kind == "token" and path.kind == "code":
        binding = _binding(resource_type, path)
        return ("code", binding), code(code_systems(binding) if binding else {})
    if kind == "reference" and path.kind == "Reference":
        return ("reference", path.target), reference(path.target)
    return (kind, path.kind), COLLECTORS[kind].get(path.kind)


def _binding(resource_type: str, path: Path) -> str:
    kind, binding = resource_type, ""
    for step in path.steps:
        if kind == RESOURCE:
            return ""
        element = elements(kind)[step.name]
        kind, binding = element.kind, element.binding
    return binding


def _deceased(value: bool | str, names: Names, out: IndexValues) -> None:
    """True for `deceasedBoolean` true and for any date of death."""
    for name in names:
        out.tokens.append((name, "", "false" if value is False else "true"))


def _compiled(node: _Node) -> Visitor:
    """A function that visits one value: lists are visited item by item, nulls and other values left out."""
    collectors = [(collector, tuple(names)) for collector, names in node.collectors.values()]
    plain = {s.name: _compiled(c) for s, c in node.children.items() if s.where is None and s.index is None}
    chosen = [
        (s, _compiled(c)) for s, c in node.children.items() if s.where is not None or s.index is not None
    ]

    def visit(value: Any, out: IndexValues) -> None:
        if isinstance(value, list):
            for item in value:
                visit(item, out)
            return
        if value is None:
            return
        for collect, names in collectors:
            collect(value, names, out)
        if plain:
            for name in value:
                further = plain.get(name)
                if further is not None:
                    further(value[name], out)
        for step, further in chosen:
            if step.name in value:
                _choose(value[step.name], step, further, out)

    return visit


def _choose(value: Any, step: Step, further: Visitor, out: IndexValues) -> None:
    items = value if isinstance(value, list) else [value]
    if step.index is not None:
        items = items[step.index : step.index + 1]
    for item in items:
        if item is not None and (step.where is None or _holds(item, *step.where)):
            further(item, out)


def _holds(item: dict[str, Any], name: str, wanted: str) -> bool:
    found = item.get(name)
    if name == "extension":
        return any(each.get("url") == wanted for each in found or ())
    return bool(found == wanted)
