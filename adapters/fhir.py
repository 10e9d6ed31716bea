"""FHIR R4 JSON that a sender pushes (a resource, a Bundle, NDJSON) as Translations, one for each patient in it.

The sender's JSON is kept; ids become the exchange's own (deterministic from source and the sender's id) and the
references among what was sent follow. References to what wasn't sent keep pointing to the same source's ids;
conditional references (`Practitioner?identifier=...`) become logical ones. Ids of patients don't leak across sources.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from adapters.source import Source, Translation
from fhir_profiles import ids
from fhir_profiles.outcome import Issue
from fhir_profiles.resource_types import NUMBER
from fhir_profiles.resources import loads

SHARED = frozenset(
    {
        *("Organization", "Practitioner", "PractitionerRole", "Location", "HealthcareService", "Medication"),
        *("ValueSet", "CodeSystem", "ConceptMap", "StructureDefinition", "Questionnaire", "PlanDefinition"),
        *("ActivityDefinition", "Library", "Measure", "NamingSystem", "Substance", "Endpoint"),
    }
)
RULE_SET = "fhir/1"
DEEPEST = 60
_LINKS = ("subject", "patient", "beneficiary", "individual", "for")

Resource = dict[str, Any]


def translate(payload: bytes, source: Source) -> list[Translation]:
    """Translate a push of FHIR JSON. Never raises: what isn't FHIR is refused with a reason."""
    try:
        sent = list(_sent(payload))
    except (ValueError, RecursionError):
        return [
            _refused(
                "invalid", "The body is no FHIR JSON (a resource, a Bundle, or one resource a line).", "json"
            )
        ]
    if not sent:
        return [_refused("required", "The Bundle holds no resource.", "empty")]
    faulty = [_refusal_of(resource) for _, resource in sent]
    good = [entry for entry, refusal in zip(sent, faulty, strict=True) if refusal is None]
    return _grouped(good, source) + [refusal for refusal in faulty if refusal]


def _sent(payload: bytes) -> Iterator[tuple[str, Resource]]:
    """Pairs of full URL and resource. Raises ValueError where the payload is no JSON of that kind."""
    try:
        content = loads(payload)
        documents = content if isinstance(content, list) else [content]
    except ValueError:
        documents = [loads(line) for line in payload.splitlines() if line.strip()]
    for document in documents:
        if not isinstance(document, dict) or "resourceType" not in document:
            raise ValueError("no resource")
        if document["resourceType"] != "Bundle":
            yield "", document
            continue
        for entry in document.get("entry") or []:
            if isinstance(entry, dict) and isinstance(entry.get("resource"), dict):
                yield str(entry.get("fullUrl", "")), entry["resource"]


def _refusal_of(resource: Resource) -> Translation | None:
    if not isinstance(resource.get("resourceType"), str) or resource["resourceType"] not in NUMBER:
        return _refused("structure", "resourceType must name a resource type of FHIR R4.", "resource-type")
    if resource["resourceType"] == "Bundle":
        return _refused("not-supported", "A Bundle inside a Bundle isn't taken; send its entries.", "bundle")
    if _deeper_than(resource, DEEPEST):
        return _refused("too-long", f"The resource nests deeper than {DEEPEST} levels.", "depth")
    return None


def _grouped(sent: list[tuple[str, Resource]], source: Source) -> list[Translation]:
    keys = {number: _key(full_url, resource, number) for number, (full_url, resource) in enumerate(sent)}
    known: dict[str, tuple[str, str]] = {}
    for number, (full_url, resource) in enumerate(sent):
        entry = (resource["resourceType"], keys[number])
        if full_url:
            known[full_url] = entry
        if isinstance(resource.get("id"), str):
            known[f"{resource['resourceType']}/{resource['id']}"] = entry
    patients = [keys[n] for n, (_, resource) in enumerate(sent) if resource["resourceType"] == "Patient"]
    only = patients[0] if len(set(patients)) == 1 else ""
    owners = {
        number: _owner(resource, keys[number], known) or only for number, (_, resource) in enumerate(sent)
    }
    homes = {(sent[n][1]["resourceType"], keys[n]): owner for n, owner in owners.items()}
    groups: dict[str, Translation] = {}
    for number, (_, resource) in enumerate(sent):
        kind, owner = resource["resourceType"], owners[number]
        made = _rewritten(resource, _Rewrite(source, known, homes, owner))
        made["id"] = _identity(source, kind, keys[number], owner)
        group = groups.setdefault(owner, Translation("fhir", patient_key=owner, rule_set=RULE_SET))
        group.resources.append(made)
    return list(groups.values())


class _Rewrite:
    """What the rewriting of references needs to know."""

    __slots__ = ("homes", "known", "owner", "source")

    def __init__(
        self, source: Source, known: dict[str, tuple[str, str]], homes: dict[tuple[str, str], str], owner: str
    ):
        self.source, self.known, self.homes, self.owner = source, known, homes, owner

    def target(self, reference: str) -> tuple[str, str, str] | None:
        """Type, key and owner of what a reference points to; None for what stays as it is."""
        plain = reference.partition("/_history/")[0]
        found = self.known.get(plain)
        if found is None:
            before, _, key = plain.rpartition("/")
            kind = before.rpartition("/")[2]
            if "://" in reference or kind not in NUMBER or not key:
                return None
            found = (kind, key)
        owner = found[1] if found[0] == "Patient" else self.homes.get(found, self.owner)
        return found[0], found[1], owner


def _rewritten(value: Any, rewrite: _Rewrite) -> Any:
    if isinstance(value, list):
        return [_rewritten(item, rewrite) for item in value]
    if not isinstance(value, dict):
        return value
    made = {name: _rewritten(inner, rewrite) for name, inner in value.items()}
    reference = value.get("reference")
    if isinstance(reference, str) and not reference.startswith("#"):
        made |= _reference(reference, rewrite)
        if made["reference"] is None:
            del made["reference"]
    return made


def _reference(reference: str, rewrite: _Rewrite) -> dict[str, Any]:
    if "?identifier=" in reference and ":" not in reference.split("?", 1)[0]:
        kind, _, query = reference.partition("?identifier=")
        system, _, value = unquote(query).partition("|")
        return {
            "reference": None,
            "type": kind,
            "identifier": {"system": system, "value": value} if value else {"value": system},
        }
    found = rewrite.target(reference)
    if found is None:
        return {"reference": reference}
    kind, key, owner = found
    return {"reference": f"{kind}/{_identity(rewrite.source, kind, key, owner)}"}


def _identity(source: Source, kind: str, key: str, owner: str) -> str:
    shared = kind in SHARED or not owner
    home = ids.hashed_bucket(kind, source.name, key) if shared else ids.hashed_bucket(source.name, owner)
    return str(ids.fed(home, source.name, kind, key))


def _key(full_url: str, resource: Resource, number: int) -> str:
    """The sender's id; without one its first identifier; else where it stood."""
    if isinstance(resource.get("id"), str) and resource["id"]:
        return str(resource["id"])
    found = resource.get("identifier")
    first = found[0] if isinstance(found, list) and found else found
    if isinstance(first, dict) and isinstance(first.get("value"), str):
        return f"{first.get('system', '')}|{first['value']}"
    return full_url or f"entry/{number}"


def _owner(resource: Resource, key: str, known: dict[str, tuple[str, str]]) -> str:
    """The key of the patient that a resource is about; empty for none."""
    if resource["resourceType"] == "Patient":
        return key
    if resource["resourceType"] in SHARED:
        return ""
    for name in _LINKS:
        link = resource.get(name)
        if isinstance(link, dict) and isinstance(link.get("reference"), str):
            reference = link["reference"]
            kind, target = known.get(reference, ("", ""))
            if kind == "Patient":
                return target
            if reference.startswith("Patient/"):
                return str(reference.split("/")[1])
    return ""


def _deeper_than(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [
            inner
            for item in level
            for inner in (item.values() if isinstance(item, dict) else item if isinstance(item, list) else ())
        ]
        if not level:
            return False
    return True


def _refused(code: str, text: str, reason: str) -> Translation:
    return Translation("fhir", rule_set=RULE_SET, refused=True, issues=[Issue(code, text, reason=reason)])
