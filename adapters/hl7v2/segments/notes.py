"""NTE: comments, put to what stands before them."""

from adapters.hl7v2.draft import Draft, Resource
from adapters.hl7v2.message import Segment

_WITH_NOTES = frozenset(
    (
        "AllergyIntolerance",
        "ChargeItem",
        "Condition",
        "Immunization",
        "MedicationAdministration",
        "MedicationDispense",
        "MedicationRequest",
        "Observation",
        "Procedure",
        "ServiceRequest",
        "Specimen",
    )
)


def nte(draft: Draft, segment: Segment) -> None:
    """A comment of one or more lines; consecutive ones about the same thing are one note."""
    lines = [draft.encoding.text(piece) for piece in segment.raw(3).split(draft.encoding.repetition)]
    text = "\n".join(lines).strip("\n")
    if not text:
        coded = draft.value(4, 2) or draft.value(4)
        text = coded
    if not text:
        return
    noted = draft.noted
    if noted is None:
        draft.unmapped("NTE-3", text)
    elif noted["resourceType"] in _WITH_NOTES:
        _add(noted, text)
    elif noted["resourceType"] == "DiagnosticReport":
        noted["conclusion"] = f"{noted['conclusion']}\n{text}" if noted.get("conclusion") else text
    elif noted["resourceType"] == "Appointment":
        noted["comment"] = f"{noted['comment']}\n{text}" if noted.get("comment") else text
    elif noted["resourceType"] == "DocumentReference":
        noted["description"] = f"{noted['description']}\n{text}" if noted.get("description") else text
    else:
        draft.unmapped("NTE-3", text)


def _add(resource: Resource, text: str) -> None:
    notes = resource.setdefault("note", [])
    if notes and "authorReference" not in notes[-1] and "authorString" not in notes[-1]:
        notes[-1]["text"] += f"\n{text}"
    else:
        notes.append({"text": text})
