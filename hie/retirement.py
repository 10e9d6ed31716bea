"""A source's merge (HL7v2 A34, A40) retires a patient: it becomes inactive and points to its survivor, and keeps
everything else that was known of it. The message itself brings little more than the old number."""

from collections.abc import Iterable, Mapping

from fhir_profiles.resources import Resource
from hie.translation import Prepared

_OURS = ("versionId", "lastUpdated")


def retired(prepared: Iterable[Prepared]) -> set[str]:
    """The ids of the Patients that a batch retires."""
    return {identity for one in prepared for part in one.parts for _, identity in part.merges}


def keep_what_is_known(prepared: Iterable[Prepared], stored: Mapping[str, Resource]) -> None:
    """Put what the record or this batch knows of each retired Patient below its `active` and `link`, in place."""
    known = dict(stored)
    for one in prepared:
        for part in one.parts:
            going = {identity for _, identity in part.merges}
            for resource in part.resources:
                if resource["resourceType"] != "Patient":
                    continue
                before = known.get(resource["id"])
                if resource["id"] in going and before:
                    changed = {name: resource[name] for name in ("active", "link") if name in resource}
                    resource.clear()
                    resource.update(before | changed)
                    resource["meta"] = {
                        name: value for name, value in before.get("meta", {}).items() if name not in _OURS
                    }
                known[resource["id"]] = dict(resource)
