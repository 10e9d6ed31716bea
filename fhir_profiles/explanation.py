"""Why a resource is not valid FHIR R4: every fault with its FHIRPath and a sentence a person can act on.

This walk over the table of definitions is the last word on validity. It runs only where the compiled schema
says no, so it may take its time. Rules: https://hl7.org/fhir/R4/json.html. No sentence repeats a value of the
resource: they may reach logs and acknowledgements.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any

from fhir_profiles.containment import fragment_references
from fhir_profiles.invariant import Invariant
from fhir_profiles.invariant_rules import INVARIANTS, rules
from fhir_profiles.outcome import Issue
from fhir_profiles.primitives import INTEGER_MAXIMUM, PRIMITIVES, reference_pattern
from fhir_profiles.resource_types import NUMBER, is_type
from fhir_profiles.structure import RESOURCE, Element, choices, elements, extensible, value_set

DEEPEST = 100
"""Levels of nesting beyond which a resource is refused."""

MOST = 100
"""Faults that are told of one resource."""

_NAME = re.compile(r"_?[a-z][A-Za-z0-9]{0,39}")
_JSON_NAMES = {
    "string": "a string",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
}


def explain(resource: dict[str, Any], path: str, *, fragments: bool = False) -> list[Issue]:
    """The faults of one resource of a known type; resources inside it are left to their own check.

    Without `fragments` nothing is contained that `#id` could refer to.
    """
    found = list(islice(_object(resource, resource["resourceType"], path, 0), MOST))
    if not fragments:
        text = "A reference to a contained resource names one that is there (ref-1)."
        found += [Issue("invariant", text, f"{path}{where}") for where in fragment_references(resource)]
    return found


def _object(value: Any, kind: str, path: str, depth: int) -> Iterator[Issue]:
    if not isinstance(value, dict):
        yield Issue("structure", f"This must be an object ({kind}).", path)
        return
    if depth > DEEPEST:
        yield Issue("too-long", f"Nesting stops at {DEEPEST} levels.", path)
        return
    if kind == RESOURCE:
        if not is_type(value.get("resourceType")):
            yield Issue("structure", "resourceType must name a resource type of FHIR R4.", path)
        return
    known = elements(kind)
    if not value.keys() - {"id"}:
        yield Issue("structure", "An object must have content: leave it out, or give it an element.", path)
        return
    for name in value:
        if name == "resourceType" and kind in NUMBER:
            continue
        element = known.get(name.removeprefix("_"))
        if element is None or (name.startswith("_") and not extensible(kind, element)):
            where = f"{path}.{name}" if _NAME.fullmatch(name) else path
            yield Issue("structure", f"{kind} has no element of this name in FHIR R4.", where)
        elif name.startswith("_"):
            yield from _beside(value[name], element, _step(path, element), depth)
        else:
            yield from _property(value, element, _step(path, element), depth)
    yield from _missing(value, kind, path)
    yield from _invariants(value, kind, path)


def _invariants(value: dict[str, Any], kind: str, path: str) -> Iterator[Issue]:
    for rule in rules().get(kind, ()):
        if not rule.holds(value):
            yield Issue("invariant", rule.text, path)
    for invariant in INVARIANTS.get(kind, ()):
        if not _holds(invariant, value):
            where = f"{path}.{invariant.element}" if invariant.element else path
            yield Issue("invariant", f"{invariant.text} ({invariant.key}).", where)


def _holds(invariant: Invariant, value: dict[str, Any]) -> bool:
    try:
        return invariant.holds(value)
    except (TypeError, AttributeError, KeyError, ValueError):
        return True  # The structure is wrong, which is said elsewhere.


def _step(path: str, element: Element) -> str:
    if element.choice:
        return f"{path}.{element.choice}.ofType({element.kind})"
    return f"{path}.{element.name}"


def _property(owner: dict[str, Any], element: Element, path: str, depth: int) -> Iterator[Issue]:
    value = owner[element.name]
    if not element.many:
        if isinstance(value, list):
            yield Issue("structure", "This occurs at most once: give the value itself, not a list.", path)
        else:
            yield from _value(value, element, path, depth)
        return
    if not isinstance(value, list):
        yield Issue("structure", "This may repeat: give a list, even for one value.", path)
        return
    if not value:
        yield Issue("structure", "A list must not be empty: leave it out.", path)
    beside = owner.get("_" + element.name)
    for position, item in enumerate(value):
        if item is None and element.primitive and _stated(beside, position):
            continue
        yield from _value(item, element, f"{path}[{position}]", depth)


def _stated(beside: Any, position: int) -> bool:
    return isinstance(beside, list) and position < len(beside) and beside[position] is not None


def _beside(value: Any, element: Element, path: str, depth: int) -> Iterator[Issue]:
    if not element.many:
        yield from _object(value, "Element", path, depth + 1)
        return
    if not isinstance(value, list) or not value:
        yield Issue(
            "structure", "Extensions of a repeating primitive stand in a list that is not empty.", path
        )
        return
    for position, item in enumerate(value):
        if item is not None:
            yield from _object(item, "Element", f"{path}[{position}]", depth + 1)


def _value(value: Any, element: Element, path: str, depth: int) -> Iterator[Issue]:
    if not element.primitive:
        yield from _object(value, element.kind, path, depth + 1)
        if isinstance(value, dict):
            if element.targets:
                yield from _reference(value, element.targets, path)
            elif element.kind == "Reference":
                yield from _reference(value, tuple(NUMBER), path)
            elif element.binding and element.kind == "CodeableConcept":
                yield from _bound_concept(value, element.binding, path)
        return
    primitive = PRIMITIVES[element.kind]
    if not _is_json(value, primitive.json):
        yield Issue("value", f"This must be {_JSON_NAMES[primitive.json]} ({element.kind}).", path)
    elif primitive.pattern and not primitive.matcher.fullmatch(value):
        yield Issue("value", f"This is not a valid {element.kind}; write it like {primitive.sample}.", path)
    elif primitive.minimum is not None and not primitive.minimum <= value <= INTEGER_MAXIMUM:
        yield Issue("value", f"This must be from {primitive.minimum} to {INTEGER_MAXIMUM}.", path)
    elif element.binding and element.kind == "code" and value not in codes(element.binding):
        yield Issue("code-invalid", f"The code must be one of: {_listed(element.binding)}.", path)


def _is_json(value: Any, kind: str) -> bool:
    if kind == "string":
        return isinstance(value, str)
    if kind == "boolean":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (kind == "number" and not isinstance(value, str | list | dict | None))


def _missing(value: dict[str, Any], kind: str, path: str) -> Iterator[Issue]:
    for element in elements(kind).values():
        absent = element.name not in value and not (extensible(kind, element) and "_" + element.name in value)
        if element.required and not element.choice and absent:
            yield Issue("required", f"{element.name} is required here.", f"{path}.{element.name}")
    for base, (names, required) in choices(kind).items():
        present = [name for name in names if name in value or "_" + name in value]
        if len(present) > 1:
            yield Issue("structure", f"At most one type of {base}[x] may be given.", f"{path}.{base}[x]")
        elif required and not present:
            yield Issue("required", f"{base}[x] is required here.", f"{path}.{base}[x]")
    if kind == "Extension" and ("extension" in value) == any(
        n.lstrip("_").startswith("value") for n in value
    ):
        yield Issue("invariant", "An extension has either a value or extensions (ext-1).", path)


def _reference(value: dict[str, Any], targets: tuple[str, ...], path: str) -> Iterator[Issue]:
    reference = value.get("reference")
    allowed = ", ".join(targets) if len(targets) < len(NUMBER) else "any resource type of FHIR R4"
    if isinstance(reference, str) and not _reference_matcher(targets).fullmatch(reference):
        text = f"A reference here is Type/id, #id or an absolute URL; its target may be: {allowed}."
        yield Issue("value", text, f"{path}.reference")
    kind = value.get("type")
    if isinstance(kind, str) and ":" not in kind and kind not in targets:
        yield Issue("value", f"The target of this reference may be: {allowed}.", f"{path}.type")


@cache
def _reference_matcher(targets: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(reference_pattern(targets, fragments=True))


def _bound_concept(value: dict[str, Any], binding: str, path: str) -> Iterator[Issue]:
    codings = value.get("coding")
    bound = {(system, code) for system, listed in value_set(binding).items() for code in listed}
    for coding in codings if isinstance(codings, list) else []:
        if isinstance(coding, dict):
            system, code = coding.get("system", ""), coding.get("code")
            if isinstance(system, str) and isinstance(code, str) and (system, code) in bound:
                return
    systems = ", ".join(value_set(binding))
    text = f"One coding must be from {systems} and one of: {_listed(binding)}."
    yield Issue("code-invalid", text, f"{path}.coding")


@cache
def codes(binding: str) -> frozenset[str]:
    """All codes of a required value set, whatever their system."""
    return frozenset(code for listed in value_set(binding).values() for code in listed)


def _listed(binding: str) -> str:
    listed = sorted(codes(binding))
    return ", ".join(listed[:20]) + (f" and {len(listed) - 20} more" if len(listed) > 20 else "")
