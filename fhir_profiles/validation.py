"""Whether a resource is valid FHIR R4 (4.0.1), and if not, why: `issues` is what every way in calls.

A schema compiled at the first resource of its type answers in microseconds; where it says no, `explanation`
names the faults. Resources inside resources (contained, Bundle entries, parameters) are each held to the schema
of their own type. Codes of required value sets are checked; other terminology is not.
"""

from collections.abc import Iterator
from typing import Any

from fhir_profiles import bundle_invariants, containment
from fhir_profiles.compilation import validator
from fhir_profiles.explanation import explain
from fhir_profiles.outcome import Issue
from fhir_profiles.resource_types import is_type


def issues(resource: Any) -> list[Issue]:
    """The faults of a parsed resource; empty means valid. Numbers may be int, float or Decimal.

    Expressions are FHIRPaths from the root (`Patient.name[0].family`, `Bundle.entry[2].resource.status`). No
    text repeats a value of the resource.
    """
    if not isinstance(resource, dict):
        return [Issue("structure", "A resource is a JSON object.")]
    if not is_type(resource.get("resourceType")):
        return [Issue("structure", "resourceType must name a resource type of FHIR R4.", "resourceType")]
    return _issues(resource, resource["resourceType"], inside=False)


def _issues(resource: dict[str, Any], path: str, *, inside: bool) -> list[Issue]:
    """Issues of a resource; `inside` another one it may refer to its neighbours there."""
    resource_type = resource["resourceType"]
    contains = "contained" in resource
    found: list[Issue] = []
    if not validator(resource_type, fragments=inside or contains).is_valid(resource):
        found = explain(resource, path, fragments=inside or contains)
    if contains or resource_type in _HOLDERS:
        for inner, inner_path, contained in _inner(resource, path):
            found += _issues(inner, inner_path, inside=contained)
        if not found:
            found = list(_across(resource, path, contains and not inside))
    return found


def _across(resource: dict[str, Any], path: str, contains: bool) -> Iterator[Issue]:
    """Invariants that look at a resource and those inside it; their structure is right."""
    if contains:
        yield from containment.broken(resource, path)
    if resource["resourceType"] == "Bundle":
        yield from bundle_invariants.broken(resource, path)


_HOLDERS = {"Bundle": "entry", "Parameters": "parameter"}

Inner = tuple[dict[str, Any], str, bool]


def _inner(resource: dict[str, Any], path: str) -> Iterator[Inner]:
    """Resources directly inside a resource whose structure may be wrong: each with its path, and if contained."""
    for position, contained in enumerate(_objects(resource.get("contained"))):
        yield from _typed(contained, f"{path}.contained[{position}]", contained=True)
    holder = _HOLDERS.get(resource["resourceType"])
    if holder is not None:
        yield from _held(resource, holder, path)


def _held(owner: dict[str, Any], holder: str, path: str) -> Iterator[Inner]:
    for position, item in enumerate(_objects(owner.get(holder))):
        here = f"{path}.{holder}[{position}]"
        yield from _typed(item.get("resource"), f"{here}.resource", contained=False)
        if holder == "entry":
            response = item.get("response")
            if isinstance(response, dict):
                yield from _typed(response.get("outcome"), f"{here}.response.outcome", contained=False)
        else:
            yield from _held(item, "part", here)


def _objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a list, in their places; what is none is an empty object."""
    return [item if isinstance(item, dict) else {} for item in value] if isinstance(value, list) else []


def _typed(value: Any, path: str, *, contained: bool) -> Iterator[Inner]:
    if isinstance(value, dict) and is_type(value.get("resourceType")):
        yield value, path, contained
