"""`_summary` and `_elements`: less of a resource, marked SUBSETTED so that nobody takes it for the whole.

https://hl7.org/fhir/R4/search.html#summary and #elements. The only answers that are not stored bytes.
`_summary=true` leaves out text and contained resources; the standard's marks on single elements are not kept here.
"""

from dataclasses import replace
from typing import Any

from fhir_profiles import resources, structure
from fhir_profiles.resources import Resource
from record_store.stored import Found, Stored

SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
ALWAYS = frozenset({"resourceType", "id", "meta", "implicitRules"})


def subset_page(found: Found, summary: str, elements: tuple[str, ...]) -> Found:
    """A page with the matches cut down; nothing to do gives the same page."""
    if not summary and not elements:
        return found
    return replace(
        found,
        matches=[subset(stored, summary, elements) for stored in found.matches],
        included=[subset(stored, summary, ()) for stored in found.included] if summary else found.included,
    )


def subset(stored: Stored, summary: str, elements: tuple[str, ...]) -> Stored:
    """One version cut down."""
    if stored.deleted or not (summary or elements):
        return stored
    resource = resources.loads(stored.body)
    return replace(stored, body=resources.dumps(_cut(resource, summary, elements)))


def _cut(resource: Resource, summary: str, elements: tuple[str, ...]) -> Resource:
    type_ = resource["resourceType"]
    if elements:
        own = {name for name in elements if "." not in name}
        own |= {name.partition(".")[2] for name in elements if name.startswith(f"{type_}.")}
        kept = _only(resource, own | _mandatory(type_))
    elif summary == "text":
        kept = _only(resource, {"text"} | _mandatory(type_))
    elif summary == "data":
        kept = {name: value for name, value in resource.items() if name != "text"}
    else:
        kept = {name: value for name, value in resource.items() if name not in ("text", "contained")}
    meta = dict(kept.get("meta", {}))
    meta["tag"] = [*meta.get("tag", []), SUBSETTED]
    return {**kept, "meta": meta}


def _mandatory(type_: str) -> set[str]:
    return {
        element.choice or element.name for element in structure.elements(type_).values() if element.required
    }


def _only(resource: Resource, wanted: set[str]) -> dict[str, Any]:
    return {
        name: value
        for name, value in resource.items()
        if name in ALWAYS or name.removeprefix("_") in wanted or _choice(name.removeprefix("_"), wanted)
    }


def _choice(name: str, wanted: set[str]) -> bool:
    """Whether a name such as `valueQuantity` is a form of a wanted `value`."""
    return any(name.startswith(one) and name[len(one) :][:1].isupper() for one in wanted)
