"""Whether a resource is valid FHIR R4 (4.0.1), and if not, why: `issues` is what every way in calls.

A schema compiled at the first resource of its type answers in microseconds; where it says no, `explanation`
names the faults. Resources inside resources (contained, Bundle entries, parameters) are each held to the schema
of their own type. Codes of required value sets are checked; other terminology is not.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs

from fhir_profiles.explanation import explain
from fhir_profiles.outcome import Issue
from fhir_profiles.resource_types import NUMBER
from fhir_profiles.schema import schema


def issues(resource: Any) -> list[Issue]:
    """The faults of a parsed resource; empty means valid. Numbers may be int, float or Decimal.

    Expressions are FHIRPaths from the root (`Patient.name[0].family`, `Bundle.entry[2].resource.status`). No
    text repeats a value of the resource.
    """
    if not isinstance(resource, dict):
        return [Issue("structure", "A resource is a JSON object.")]
    if resource.get("resourceType") not in NUMBER:
        return [Issue("structure", "resourceType must name a resource type of FHIR R4.", "resourceType")]
    return _issues(resource, resource["resourceType"])


def _issues(resource: dict[str, Any], path: str) -> list[Issue]:
    resource_type = resource["resourceType"]
    found: list[Issue] = []
    if not validator(resource_type).is_valid(resource):
        found = explain(resource, path)
    if "contained" in resource or resource_type in _HOLDERS:
        for inner, inner_path in _inner(resource, path):
            found += _issues(inner, inner_path)
    return found


@cache
def validator(resource_type: str) -> jsonschema_rs.Draft7Validator:
    return jsonschema_rs.Draft7Validator(
        schema(resource_type), validate_formats=False, pattern_options=jsonschema_rs.RegexOptions()
    )


def _inner(resource: dict[str, Any], path: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Resources directly inside a resource whose own structure may be wrong, with their paths."""
    for position, contained in enumerate(_objects(resource.get("contained"))):
        yield from _typed(contained, f"{path}.contained[{position}]")
    holder = _HOLDERS.get(resource["resourceType"])
    if holder is not None:
        yield from _held(resource, holder, path)


def _held(owner: dict[str, Any], holder: str, path: str) -> Iterator[tuple[dict[str, Any], str]]:
    for position, item in enumerate(_objects(owner.get(holder))):
        here = f"{path}.{holder}[{position}]"
        for name in ("resource", "outcome"):
            yield from _typed(item.get(name), f"{here}.{name}")
        if holder == "entry":
            response = item.get("response")
            if isinstance(response, dict):
                yield from _typed(response.get("outcome"), f"{here}.response.outcome")
        else:
            yield from _held(item, "part", here)


_HOLDERS = {"Bundle": "entry", "Parameters": "parameter"}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _typed(value: Any, path: str) -> Iterator[tuple[dict[str, Any], str]]:
    if isinstance(value, dict) and value.get("resourceType") in NUMBER:
        yield value, path
