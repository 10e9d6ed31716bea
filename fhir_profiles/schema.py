"""A JSON Schema for one resource type, built from the table of definitions.

It is stricter than the schema HL7 publishes (https://hl7.org/fhir/R4/json.html): no empty list or object,
required elements present, at most one of a choice, calendar dates, reference targets, codes of required value
sets, unknown elements refused. Its answer "valid" is final. Its answer "invalid" is not where a primitive is
stated by an extension alone (`_status` without `status`, `null` in a list): `explanation` has the last word.
Resources inside resources are only seen as objects with a type; `validation` checks each by its own schema.
Invariants that ask for elements are JSON Schema; those that compare values, and extensions, which may hold any
type, are keywords that `compilation` gives meaning to.
"""

from typing import Any, Final

from fhir_profiles.invariant_rules import INVARIANTS, rules
from fhir_profiles.primitives import INTEGER_MAXIMUM, PRIMITIVES, Primitive, reference_pattern
from fhir_profiles.resource_types import NUMBER
from fhir_profiles.structure import RESOURCE, Element, choices, elements, extensible, value_set

Schema = dict[str, Any]

EXTENSION: Final = "Extension"
CODING_SYSTEMS: Final = "CodeableConcept!"
INVARIANTS_KEYWORD: Final = "invariants"
"""The value is a kind of object whose comparing invariants hold."""
SHARED_KEYWORD: Final = "sharedExtension"
"""An extension, held to the one schema of extensions; the value says whether fragments are allowed."""


def schema(root: str, *, fragments: bool) -> Schema:
    """The Draft 7 schema of a resource type, or of Extension, with every definition it needs.

    `fragments` allows references to contained resources (`#id`).
    """
    definitions: Schema = {}
    if root != EXTENSION:
        definitions[EXTENSION] = {"type": "object", SHARED_KEYWORD: fragments}
    pending = [root]
    while pending:
        kind = pending.pop()
        if kind not in definitions:
            definitions[kind], needed = _definition(kind, fragments)
            pending.extend(needed)
    return {"$ref": f"#/definitions/{root}", "definitions": definitions}


def _definition(kind: str, fragments: bool) -> tuple[Schema, list[str]]:
    if kind in PRIMITIVES:
        return _primitive(PRIMITIVES[kind]), []
    if kind == RESOURCE:
        properties = {"resourceType": {"enum": list(NUMBER)}}
        return {"type": "object", "required": ["resourceType"], "properties": properties}, []
    if kind.startswith("Reference"):
        named = kind.removeprefix("Reference").strip("()")
        return _reference(tuple(named.split(",")) if named else tuple(NUMBER), fragments)
    if kind.startswith("code!"):
        return {"enum": _codes(kind[len("code!") :])}, []
    if kind.startswith(CODING_SYSTEMS):
        return _bound_concept(kind[len(CODING_SYSTEMS) :])
    return _structure(kind)


def _structure(kind: str) -> tuple[Schema, list[str]]:
    needed: list[str] = []
    properties: Schema = {}
    for element in elements(kind).values():
        name = _named(element)
        needed.append(name)
        properties[element.name] = _many(_ref(name)) if element.many else _ref(name)
        if extensible(kind, element):
            needed.append("Element")
            beside = {"anyOf": [{"type": "null"}, _ref("Element")]}
            properties["_" + element.name] = _many(beside) if element.many else _ref("Element")
    required = [e.name for e in elements(kind).values() if e.required and not e.choice]
    if kind in NUMBER:
        properties["resourceType"] = {"const": kind}
        required.append("resourceType")
    definition: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        definition["required"] = required
    else:
        definition |= {"minProperties": 1, "anyOf": [{"minProperties": 2}, {"not": {"required": ["id"]}}]}
    if kind == EXTENSION:
        # ext-1: beside the url (and an id) an extension has exactly one property, a value or extensions.
        definition |= {
            "minProperties": 2,
            "anyOf": [{"maxProperties": 2}, {"required": ["id"], "maxProperties": 3}],
        }
        return definition, needed
    groups = [_choice(names, needs) for names, needs in choices(kind).values() if needs or len(names) > 1]
    groups += [rule.schema() for rule in rules().get(kind, ())]
    if groups:
        definition["allOf"] = groups
    if kind in INVARIANTS:
        definition[INVARIANTS_KEYWORD] = kind
    return definition, needed


def _named(element: Element) -> str:
    if element.targets:
        return f"Reference({','.join(element.targets)})"
    if element.binding and element.kind in ("code", "CodeableConcept"):
        return f"{element.kind}!{element.binding}"
    return element.kind


def _ref(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


def _many(items: Schema) -> Schema:
    return {"type": "array", "items": items, "minItems": 1}


def _choice(names: list[str], required: bool) -> Schema:
    branches: list[Schema] = [{"required": [name]} for name in names]
    if not required:
        branches.append({"not": {"anyOf": [{"required": [name]} for name in names]}})
    return {"oneOf": branches}


def _primitive(primitive: Primitive) -> Schema:
    found: Schema = {"type": primitive.json}
    if primitive.pattern:
        found["pattern"] = f"^(?:{primitive.pattern})$"
    if primitive.minimum is not None:
        found |= {"minimum": primitive.minimum, "maximum": INTEGER_MAXIMUM}
    return found


def _reference(targets: tuple[str, ...], fragments: bool) -> tuple[Schema, list[str]]:
    definition, needed = _structure("Reference")
    properties = definition["properties"] | {
        "reference": {"type": "string", "pattern": f"^{reference_pattern(targets, fragments=fragments)}$"},
        "type": {"type": "string", "pattern": f"^(?:{'|'.join(targets)}|[a-z]+:\\S+)$"},
    }
    return definition | {"properties": properties}, needed


def _codes(binding: str) -> list[str]:
    return sorted({code for codes in value_set(binding).values() for code in codes})


def _bound_concept(binding: str) -> tuple[Schema, list[str]]:
    """A concept of which at least one coding is in the required value set."""
    definition, needed = _structure("CodeableConcept")
    codings = [
        {"properties": {"system": {"const": system}, "code": {"enum": codes}}, "required": ["system", "code"]}
        for system, codes in value_set(binding).items()
    ]
    coding = {"type": "array", "items": _ref("Coding"), "contains": {"anyOf": codings}}
    return (
        definition | {"properties": definition["properties"] | {"coding": coding}, "required": ["coding"]},
        needed,
    )
