"""SCH, AIS, AIG, AIL, AIP: appointments and who and what takes part."""

from datetime import datetime, timedelta

from adapters.hl7v2.datatypes import quantities
from adapters.hl7v2.datatypes.identifiers import entity_key
from adapters.hl7v2.draft import Draft, Resource
from adapters.hl7v2.message import Segment
from adapters.hl7v2.segments.patient import leftover
from adapters.hl7v2.stamps import before, parsed

STATUS_BY_EVENT = {
    "S12": "booked",
    "S13": "booked",
    "S14": "booked",
    "S15": "cancelled",
    "S16": "cancelled",
    "S17": "entered-in-error",
    "S18": "booked",
    "S19": "booked",
    "S20": "booked",
    "S21": "booked",
    "S22": "booked",
    "S23": "pending",
    "S24": "booked",
    "S26": "noshow",
}
_MINUTES = {
    "MIN": 1,
    "M": 1,
    "MINUTES": 1,
    "MINUTE": 1,
    "分钟": 1,
    "": 1,
    "H": 60,
    "HR": 60,
    "HOUR": 60,
    "S": 1 / 60,
    "SEC": 1 / 60,
    "D": 1440,
}
_UNSETTLED = frozenset(("proposed", "cancelled", "waitlist"))
"""The statuses in which an appointment may lack its time (app-3)."""
_OVER = frozenset(("entered-in-error", "noshow"))


def sch(draft: Draft, segment: Segment) -> None:
    """The appointment, keyed by the filler's number, else the placer's. Its patient follows in PID."""
    draft.appointment = {"resourceType": "Appointment", "participant": []}
    draft.booking = segment


def begun(draft: Draft) -> Resource | None:
    """The appointment with an id, once the patient is known."""
    appointment, segment = draft.appointment, draft.booking
    if appointment is None or segment is None:
        return None
    if "id" in appointment:
        return appointment
    asked = draft.segment
    draft.segment = segment
    filler, placer = entity_key(segment.raw(2), draft), entity_key(segment.raw(1), draft)
    key = f"filler:{filler}" if filler else f"placer:{placer}" if placer else draft.sent
    appointment.clear()
    appointment |= {
        "resourceType": "Appointment",
        "id": draft.identity("Appointment", key),
        "participant": [],
    }
    if draft.patient:
        appointment["participant"].append({"actor": draft.subject(), "status": "accepted"})
    draft.apply("SCH[Appointment]", appointment)
    appointment.setdefault("status", STATUS_BY_EVENT.get(draft.event, "booked"))
    if said := STATUS_BY_EVENT.get(draft.event):
        appointment["status"] = said if said not in ("booked", "pending") else appointment["status"]
    _span(draft, appointment, segment)
    draft.keep(appointment)
    draft.noted = appointment
    draft.segment = asked
    return appointment


def service(draft: Draft, segment: Segment) -> None:
    """AIS: what the appointment is for, and when."""
    appointment = begun(draft)
    if appointment is None:
        leftover(draft, segment)
        return
    status = appointment["status"]
    draft.apply("AIS[Appointment]", appointment)
    appointment["status"] = status
    _times(draft, appointment, 4, 7, 8)


def participant(draft: Draft, segment: Segment) -> None:
    """AIG, AIL, AIP: a participant."""
    appointment = begun(draft)
    entry = draft.element(f"{segment.name}[Participant]")
    if appointment is None or entry is None or not ("actor" in entry or "type" in entry):
        leftover(draft, segment)
        return
    entry.setdefault("status", "accepted")
    start_at, length_at = {"AIG": (8, 11), "AIL": (6, 9), "AIP": (6, 9)}[segment.name]
    _times(draft, appointment, start_at, length_at, length_at + 1)
    appointment["participant"].append(entry)


def finish(draft: Draft) -> None:
    """Invariants of Appointment: start and end together, participants, a start unless it is still open."""
    appointment = begun(draft)
    if appointment is None:
        return
    start, end = appointment.get("start"), appointment.get("end")
    if start and not end:
        minutes = appointment.get("minutesDuration") or 0
        appointment["end"] = (datetime.fromisoformat(start) + timedelta(minutes=minutes)).isoformat()
    elif end and not start:
        del appointment["end"]
    if "start" not in appointment and appointment["status"] not in _UNSETTLED:
        appointment["status"] = "cancelled" if appointment["status"] in _OVER else "proposed"
    if not appointment["participant"]:
        appointment["participant"] = [{"type": [{"text": "unspecified"}], "status": "accepted"}]


def _span(draft: Draft, appointment: Resource, segment: Segment) -> None:
    """SCH-11 (TQ) start, end; SCH-9 with the unit of SCH-10."""
    texts = draft.encoding.texts(segment.raw(11).split(draft.encoding.repetition)[0])
    for name, position in (("start", 3), ("end", 4)):
        if len(texts) > position and (stamp := _instant(draft, texts[position])):
            appointment[name] = stamp
    if minutes := _length(draft, 9, 10):
        appointment["minutesDuration"] = minutes
    if "start" in appointment and "end" in appointment and before(appointment["end"], appointment["start"]):
        del appointment["end"]


def _times(draft: Draft, appointment: Resource, start_at: int, length_at: int, unit_at: int) -> None:
    start = _instant(draft, draft.value(start_at))
    minutes = _length(draft, length_at, unit_at)
    if start and "start" not in appointment:
        appointment["start"] = start
    if minutes and "minutesDuration" not in appointment:
        appointment["minutesDuration"] = minutes


def _instant(draft: Draft, text: str) -> str | None:
    stamp = parsed(text, draft.zone) if text else None
    return stamp if stamp and "T" in stamp else None


def _length(draft: Draft, value_at: int, unit_at: int) -> int:
    found = quantities.decimal(draft.value(value_at)) if draft.value(value_at) else None
    factor = _MINUTES.get(draft.value(unit_at).upper())
    minutes = int(float(found[1]) * factor) if found and factor else 0
    return minutes if 0 < minutes < 100_000 else 0


HANDLERS = {"SCH": sch, "AIS": service, "AIG": participant, "AIL": participant, "AIP": participant}
