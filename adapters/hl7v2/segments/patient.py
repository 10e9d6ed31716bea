"""PID, PD1, NK1 and MRG."""

from adapters.hl7v2 import patient_key
from adapters.hl7v2.draft import Draft, Resource
from adapters.hl7v2.message import Segment
from fhir_profiles import ids

MERGING = frozenset(
    ["A18", "A30", "A34", "A35", "A36", "A39", "A40", "A41", "A42", "A46", "A47", "A48", "A49"]
)
"""Trigger events whose MRG-1 names a patient that the PID replaces."""


def pid(draft: Draft, segment: Segment) -> None:
    """The patient that the following segments are about."""
    key = patient_key.of_fields(segment.fields, draft.encoding, draft.own) or _stand_in(draft, segment)
    if not key:
        return
    draft.be_about(key)
    draft.encounter = ""
    draft.order = None
    patient: Resource = {"resourceType": "Patient", "id": draft.patient.partition("/")[2]}
    draft.apply("PID[Patient]", patient)
    _without_echoes(patient)
    draft.keep(patient)
    draft.noted = None


def pd1(draft: Draft, segment: Segment) -> None:
    """More about the patient."""
    if patient := draft.held(draft.patient):
        draft.apply("PD1[Patient]", patient)


def nk1(draft: Draft, segment: Segment) -> None:
    """A related person: keyed by the number it has, else by name and relationship."""
    names = draft.value(2) + draft.value(2, 2) or draft.value(30) + draft.value(30, 2) or draft.value(13)
    key = draft.value(33) or draft.value(12) or f"{names}|{draft.value(3) or draft.value(3, 2)}"
    person = draft.begin("RelatedPerson", key)
    person["patient"] = draft.subject()
    if names and draft.apply("NK1[RelatedPerson]", person):
        draft.keep(person)
    else:
        leftover(draft, segment)


def mrg(draft: Draft, segment: Segment) -> None:
    """The patient that was replaced (A34, A40): inactive, and linked both ways with the one that stays."""
    survivor = draft.held(draft.patient)
    retired_key = patient_key.of_identifiers(segment.raw(1), draft.encoding, draft.own)
    if survivor is None or not retired_key or draft.event not in MERGING:
        leftover(draft, segment)
        return
    home = ids.hashed_bucket(draft.source.name, retired_key)
    retired: Resource = {
        "resourceType": "Patient",
        "id": str(ids.fed(home, draft.source.name, "Patient", retired_key)),
    }
    if retired["id"] == survivor["id"]:
        return
    draft.apply("MRG[Patient]", retired)
    retired["active"] = False
    retired["link"] = [{"other": draft.subject(), "type": "replaced-by"}]
    replaced = {"other": {"reference": f"Patient/{retired['id']}"}, "type": "replaces"}
    links = survivor.setdefault("link", [])
    if replaced not in links:
        links.append(replaced)
    draft.keep(retired)
    draft.merges.append((survivor["id"], retired["id"]))


def _without_echoes(patient: Resource) -> None:
    """PID-2, PID-4 and repetitions echo numbers of PID-3: untyped copies of a known number, and equal entries, go."""
    for name in ("identifier", "telecom", "name", "address"):
        kept: list[Resource] = []
        values: set[str] = set()
        for entry in patient.get(name, []):
            if entry in kept or (name == "identifier" and "type" not in entry and entry["value"] in values):
                continue
            kept.append(entry)
            values.add(entry.get("value", ""))
        if kept:
            patient[name] = kept


def leftover(draft: Draft, segment: Segment) -> None:
    """List all values of a segment that made nothing."""
    draft.left_over = segment.number
    for position, value in enumerate(segment.fields[1:], 1):
        if value and position > 1:
            draft.unmapped(f"{segment.name}-{position}", value)


def _stand_in(draft: Draft, segment: Segment) -> str:
    """A key for a patient without any number: the visit's number, else this message alone.

    A name is needed at least; two strangers are never taken for one.
    """
    if not draft.encoding.texts(segment.raw(5))[0] and not draft.value(5, 2):
        return ""
    draft.warn(
        "required",
        "PID names no patient number; the record stands alone until somebody identifies it",
        "PID-3",
        "no-patient-number",
    )
    for visit in draft.message.named("PV1"):
        number = draft.message.value(visit, 19)
        if not patient_key.placeholder(number):
            return f"visit:{number}"
    return f"message:{draft.control_id or draft.sent}"


HANDLERS = {"PID": pid, "PD1": pd1, "NK1": nk1, "MRG": mrg}
