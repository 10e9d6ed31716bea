"""EVN, PV1 and PV2: the encounter, and what the trigger event says of its status."""

from adapters.hl7v2 import patient_key
from adapters.hl7v2.datatypes.concepts import local_codes
from adapters.hl7v2.draft import Draft, Resource
from adapters.hl7v2.message import Segment
from adapters.hl7v2.segments.patient import leftover
from adapters.hl7v2.stamps import parsed

STATUS_BY_EVENT = {
    "A01": "in-progress",
    "A02": "in-progress",
    "A03": "finished",
    "A04": "in-progress",
    "A05": "planned",
    "A06": "in-progress",
    "A07": "in-progress",
    "A09": "in-progress",
    "A10": "arrived",
    "A11": "cancelled",
    "A12": "in-progress",
    "A13": "in-progress",
    "A14": "planned",
    "A15": "in-progress",
    "A16": "in-progress",
    "A21": "onleave",
    "A22": "in-progress",
    "A23": "entered-in-error",
    "A25": "in-progress",
    "A26": "in-progress",
    "A27": "cancelled",
    "A38": "cancelled",
}
_UNKNOWN_CLASS = {"system": "http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "code": "UNK"}
_WITHOUT_CONTENT = frozenset((0, 1, 2, 16, 18, 20, 41, 46, 47, 48, 49, 51))


def evn(draft: Draft, segment: Segment) -> None:
    """When the event happened: EVN-6, else EVN-2."""
    draft.happened = draft.stamp(6) or draft.stamp(2) or ""


def pv1(draft: Draft, segment: Segment) -> None:
    """The encounter, keyed by its visit number, else its alternate number, else its start."""
    number = draft.value(19)
    if patient_key.placeholder(number):
        number = draft.value(50)
    content = [
        position
        for position, value in enumerate(segment.fields)
        if value and position not in _WITHOUT_CONTENT
    ]
    content = [position for position in content if segment.fields[position].strip("0^~&")]
    if not (content or segment.raw(20)):
        leftover(draft, segment)
        return
    key = number if not patient_key.placeholder(number) else ""
    key = key or f"start:{draft.value(44)}" if key or draft.value(44) else f"message:{draft.control_id}"
    encounter = draft.begin("Encounter", key)
    encounter.setdefault("status", "unknown")
    encounter["subject"] = draft.subject()
    if not draft.apply("PV1[Encounter]", encounter):
        return
    _settle(draft, encounter)
    draft.encounter = draft.keep(encounter)
    draft.noted = None


def pv2(draft: Draft, segment: Segment) -> None:
    """More about the encounter."""
    encounter = draft.held(draft.encounter)
    if encounter is None or not draft.apply("PV2[Encounter]", encounter):
        leftover(draft, segment)


def _settle(draft: Draft, encounter: Resource) -> None:
    """Class, status and period as the event and the stamps say."""
    kind = encounter.setdefault("class", dict(_UNKNOWN_CLASS))
    if kind and "system" not in kind:
        kind["system"] = local_codes(draft.source.name, "patient-class")
    event = draft.event if draft.code == "ADT" else ""
    period = encounter.get("period", {})
    if draft.happened and event in ("A01", "A04") and not period:
        period = {"start": draft.happened}
    if draft.happened and event == "A03" and "end" not in period:
        period = {**period, "end": draft.happened}
    if event == "A02":
        _moved(encounter, draft.happened)
    if kept := draft.span(period.get("start"), period.get("end")):
        encounter["period"] = kept
    else:
        encounter.pop("period", None)
    encounter["status"] = _status(draft, event, encounter)


def _status(draft: Draft, event: str, encounter: Resource) -> str:
    said = STATUS_BY_EVENT.get(event, "")
    if said in ("cancelled", "entered-in-error", "planned"):
        return said
    ended = encounter.get("period", {}).get("end")
    if ended and event not in ("A13",):
        sent = parsed(draft.sent, draft.zone)
        return "in-progress" if sent and ended[:19] > sent[:19] and said == "in-progress" else "finished"
    if said:
        return said
    if encounter["class"].get("code") == "PRENC":
        return "planned"
    return "in-progress" if encounter.get("period", {}).get("start") else "unknown"


def _moved(encounter: Resource, when: str) -> None:
    """A02: the prior place ends and the new one begins when the event happened."""
    for stay in encounter.get("location", []):
        if when and stay["status"] == "active":
            stay["period"] = {"start": when}
        elif when and stay["status"] == "completed":
            stay["period"] = {"end": when}


HANDLERS = {"EVN": evn, "PV1": pv1, "PV2": pv2}
