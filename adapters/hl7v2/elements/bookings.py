"""Parts of Appointment."""

from typing import Any

from adapters.hl7v2.datatypes import concepts, parties
from adapters.hl7v2.datatypes.identifiers import local_system
from adapters.hl7v2.draft import Draft

_PARTICIPANT = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"


def party(raw: str, draft: Draft, role: str) -> dict[str, Any] | None:
    """Appointment.participant of a contact person."""
    who = parties.practitioner(raw, draft)
    if who is None:
        return None
    return {
        "type": [{"coding": [{"system": _PARTICIPANT, "code": role}]}],
        "actor": who,
        "status": "accepted",
    }


def resource_device(raw: str, draft: Draft) -> dict[str, Any] | None:
    """A bookable thing (AIG-3), as a Device of the source."""
    code, shown = draft.encoding.first(raw), concepts.shown(raw, draft)
    if not shown:
        return None
    resource: dict[str, Any] = {
        "resourceType": "Device",
        "id": draft.shared_identity("Device", code or shown),
    }
    if code:
        resource["identifier"] = [
            {"system": local_system(draft.source.identifier_system, "device"), "value": code}
        ]
    resource["deviceName"] = [{"name": shown, "type": "user-friendly-name"}]
    return {"reference": draft.keep(resource), "display": shown}
