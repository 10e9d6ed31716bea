"""Resources inside a resource: what `#id` may point to, and what contained resources may not have.

https://hl7.org/fhir/R4/references.html#contained; invariants dom-2 to dom-5 and ref-1.
"""

from collections.abc import Iterator
from typing import Any

from fhir_profiles.outcome import Issue

Object = dict[str, Any]


def anchors(resource: Object) -> frozenset[str]:
    """The fragments that references inside a resource may use: `#` and `#id` of each contained resource."""
    inner = [each for each in resource.get("contained", ()) if isinstance(each, dict)]
    return frozenset({"#", *(f"#{each.get('id')}" for each in inner)})


def broken(resource: Object, path: str) -> Iterator[Issue]:
    """The invariants about contained resources that a resource of right structure breaks."""
    used: set[str] = set()
    _collect(resource, used)
    if used - anchors(resource):
        yield from _astray(resource, path)
    for position, inner in enumerate(resource["contained"]):
        here = f"{path}.contained[{position}]"
        meta = inner.get("meta", {})
        if "contained" in inner:
            yield Issue("invariant", "A contained resource contains no other (dom-2).", f"{here}.contained")
        if f"#{inner.get('id')}" not in used and "#" not in fragment_references(inner).values():
            yield Issue(
                "invariant", "A contained resource is referred to from the one around it (dom-3).", here
            )
        if {"versionId", "lastUpdated"} & meta.keys():
            yield Issue(
                "invariant", "A contained resource has no version and no lastUpdated (dom-4).", f"{here}.meta"
            )
        if "security" in meta:
            yield Issue(
                "invariant", "A contained resource has no security labels (dom-5).", f"{here}.meta.security"
            )


def _collect(value: Object, used: set[str]) -> None:
    """Add every string that starts with `#` below an object."""
    for name, each in value.items():
        if isinstance(each, str):
            if each[:1] == "#" and name != "div":
                used.add(each)
        elif isinstance(each, dict):
            _collect(each, used)
        elif isinstance(each, list):
            for item in each:
                if isinstance(item, dict):
                    _collect(item, used)
                elif isinstance(item, str) and item[:1] == "#":
                    used.add(item)


def _astray(resource: Object, path: str) -> Iterator[Issue]:
    known = anchors(resource)
    for where, fragment in fragment_references(resource).items():
        if fragment not in known:
            text = "A reference to a contained resource names one that is there (ref-1)."
            yield Issue("invariant", text, f"{path}{where}")


def fragment_references(value: Object) -> dict[str, str]:
    """Where a resource refers to `#` or `#id`, as paths below it, with what it refers to."""
    return {path: text for path, name, text in _strings(value) if name == "reference"}


def _strings(value: Object) -> Iterator[tuple[str, str, str]]:
    """Every string that starts with `#`: path, property, text. Narratives are left out."""
    pending: list[tuple[Any, str, str]] = [(value, "", "")]
    while pending:
        each, path, name = pending.pop()
        if isinstance(each, dict):
            pending.extend((inner, f"{path}.{key}", key) for key, inner in each.items() if key != "div")
        elif isinstance(each, list):
            pending.extend((inner, f"{path}[{position}]", name) for position, inner in enumerate(each))
        elif isinstance(each, str) and each[:1] == "#":
            yield path, name, each
