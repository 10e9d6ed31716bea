"""What belongs to what inside one message: visits, reports with their results, documents with their attachments."""

from collections.abc import Iterable, Iterator
from typing import Any

Resource = dict[str, Any]


def listed(value: Any) -> Iterable[Resource]:
    """An element as a list of objects, whether it repeats or not."""
    if isinstance(value, dict):
        return (value,)
    return (one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()


def visit(resource: Resource) -> str:
    """The visit that a resource names itself (`Encounter/id`), or ""."""
    held = resource.get("encounter") or resource.get("context")
    if isinstance(held, dict):
        if isinstance(reference := held.get("reference"), str):
            return reference
        for one in held.get("encounter", ()):
            return str(one.get("reference", ""))
    return ""


def members(resource: Resource) -> Iterator[str]:
    """What a report, a document, a list or a Provenance holds or is about, as `Type/id`."""
    kind = resource["resourceType"]
    for name in _HOLDS.get(kind, ()):
        for one in listed(resource.get(name)):
            yield one.get("reference") or one.get("item", {}).get("reference", "")
    if kind == "Composition":
        yield from _entries(resource.get("section", ()))
    elif kind == "DocumentReference":
        for content in resource.get("content", ()):
            yield content.get("attachment", {}).get("url", "")
        for one in (resource.get("context") or {}).get("related", ()):
            yield one.get("reference", "")
    elif kind == "DiagnosticReport":
        for form in resource.get("presentedForm", ()):
            yield form.get("url", "")


_HOLDS = {
    "DiagnosticReport": ("result",),
    "Observation": ("hasMember", "derivedFrom"),
    "List": ("entry",),
    "Provenance": ("target",),
}


def _entries(sections: list[Resource]) -> Iterator[str]:
    for section in sections:
        for entry in section.get("entry", ()):
            yield entry.get("reference", "")
        yield from _entries(section.get("section", ()))
