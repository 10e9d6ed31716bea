"""From translated parts to what the store writes: whose each resource is, which wins, and its labels."""

from collections.abc import Iterable, Mapping

from adapters.source import Translation
from consent.labels import label_batch, visits_of_batch
from fhir_profiles.extraction import extract
from fhir_profiles.index_values import IndexValues
from fhir_profiles.resources import Resource
from hie.translation import Prepared
from record_store.logical_ids import chosen, uuid_of
from record_store.write import Draft

SHARED = frozenset(
    (
        "Organization",
        "Practitioner",
        "PractitionerRole",
        "Location",
        "HealthcareService",
        "Medication",
        "Substance",
        "Endpoint",
        "InsurancePlan",
    )
)
"""Types that belong to no resident unless they say so."""

MENTIONED = SHARED | {"Patient", "Encounter", "RelatedPerson", "Coverage", "Device", "Account"}
"""What a result, an order or a vaccination mentions only to be understood: written when absent, never over what a
registration said (docs/decisions.md, 5)."""

REGISTERING = ("ADT", "MFN", "BAR", "PMU")


def mentions(part: Translation) -> bool:
    """Whether a part's demographics are a mere mention."""
    return part.kind == "hl7v2" and not part.event.startswith(REGISTERING)


def patients_of(prepared: Iterable[Prepared]) -> dict[str, tuple[Resource, int]]:
    """The source Patients of a batch with their sources, the fullest word on each: a registration's before a
    mention's, a later one before an earlier one."""
    found: dict[str, tuple[Resource, int]] = {}
    registered: set[str] = set()
    for one in prepared:
        for part in one.parts:
            mere = mentions(part)
            for resource in part.resources:
                if resource["resourceType"] != "Patient":
                    continue
                identity = resource["id"]
                if mere and identity in registered:
                    continue
                if not mere:
                    registered.add(identity)
                found[identity] = (resource, one.message.source)
    return found


def drafts_of(
    prepared: Iterable[Prepared],
    residents: Mapping[str, int],
    visits: Mapping[str, int],
    rule_sets: Mapping[str, int],
) -> list[Draft]:
    """Everything a batch writes, in the order of arrival; contents that repeat are written once.

    `meta.source` says which feed a version came from (https://hl7.org/fhir/R4/resource.html#Meta)."""
    made: list[Draft] = []
    latest: dict[str, Resource] = {}
    for one in prepared:
        for part in one.parts:
            mere = mentions(part)
            sole = _sole_resident(part, residents)
            labelled = label_batch(part.resources, stored=visits)
            for resource, labels, visit in zip(
                part.resources, labelled, visits_of_batch(part.resources), strict=True
            ):
                resource.setdefault("meta", {}).setdefault("source", one.source.identifier_system)
                key = f"{resource['resourceType']}/{resource['id']}"
                mention = mere and resource["resourceType"] in MENTIONED
                before = latest.get(key)
                if before is not None and (mention or before == resource):
                    continue
                latest[key] = resource
                values = extract(resource)
                values.encounter = values.encounter or visit or None
                made.append(
                    Draft(
                        resource=resource,
                        type=resource["resourceType"],
                        id=uuid_of(resource["resourceType"], resource["id"]),
                        resident_id=_resident(resource, values, residents, sole),
                        source=one.message.source,
                        labels=labels,
                        message=one.message.id,
                        rule_set=rule_sets[part.rule_set],
                        values=values,
                        fhir_id=chosen(resource["id"]),
                        if_absent=mention,
                    )
                )
    return made


def strangers(prepared: Iterable[Prepared]) -> dict[str, tuple[Resource, int]]:
    """Patients that a batch names and does not bring, as Patients that say nothing but their id, with their source:
    who it is may come later, and what is said of them is kept now."""
    brought = set(patients_of(prepared))
    found: dict[str, tuple[Resource, int]] = {}
    for one in prepared:
        for part in one.parts:
            for resource in part.resources:
                named = resource.get("subject") or resource.get("patient")
                reference = named.get("reference", "") if isinstance(named, dict) else ""
                identity = reference.removeprefix("Patient/")
                if identity != reference and identity not in brought:
                    found[identity] = ({"resourceType": "Patient", "id": identity}, one.message.source)
    return found


def of_strangers(found: Mapping[str, tuple[Resource, int]], residents: Mapping[str, int]) -> list[Draft]:
    """Their Patients, written where there is none."""
    return [
        Draft(
            resource=patient,
            type="Patient",
            id=uuid_of("Patient", identity),
            resident_id=residents[identity],
            source=source,
            labels=0,
            message=None,
            rule_set=0,
            values=extract(patient),
            fhir_id=chosen(identity),
            if_absent=True,
        )
        for identity, (patient, source) in found.items()
    ]


def visit_references(prepared: Iterable[Prepared]) -> set[str]:
    """Encounters that a batch names and does not bring."""
    named: set[str] = set()
    brought: set[str] = set()
    for one in prepared:
        for part in one.parts:
            for resource in part.resources:
                reference = resource.get("encounter")
                if isinstance(reference, dict) and str(reference.get("reference", "")).startswith(
                    "Encounter/"
                ):
                    named.add(reference["reference"])
                if resource["resourceType"] == "Encounter":
                    brought.add(f"Encounter/{resource['id']}")
    return named - brought


def _sole_resident(part: Translation, residents: Mapping[str, int]) -> int:
    """The resident of a part that is about one: what names no subject belongs to that one."""
    owners = {
        residents[r["id"]] for r in part.resources if r["resourceType"] == "Patient" and r["id"] in residents
    }
    return owners.pop() if len(owners) == 1 else 0


def _resident(resource: Resource, values: IndexValues, residents: Mapping[str, int], sole: int) -> int:
    if resource["resourceType"] == "Patient":
        return residents[resource["id"]]
    if values.subject and values.subject.startswith("Patient/"):
        return residents.get(values.subject.removeprefix("Patient/"), 0)
    return 0 if resource["resourceType"] in SHARED else sole
