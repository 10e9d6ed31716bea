"""The walk over a message: each segment goes to its handler, and what nobody read is listed."""

from collections.abc import Callable, Mapping

from adapters.hl7v2.draft import Draft
from adapters.hl7v2.message import Segment
from adapters.hl7v2.segments import (
    appointments,
    charges,
    clinical,
    coverage,
    documents,
    grouping,
    medication,
    orders,
    patient,
    results,
    staff,
    visit,
)

Handler = Callable[[Draft, Segment], None]

HANDLERS: dict[str, Handler] = {
    **patient.HANDLERS,
    **visit.HANDLERS,
    **clinical.HANDLERS,
    **coverage.HANDLERS,
    **orders.HANDLERS,
    **results.HANDLERS,
    **medication.HANDLERS,
    **documents.HANDLERS,
    **appointments.HANDLERS,
    **charges.HANDLERS,
    **staff.HANDLERS,
}
_PATIENT_NOT_NEEDED = frozenset(("PID", "EVN", "SCH", "MFI", "MFE", "STF", "PRA", "LOC", "ORG", "Z01", "Z02"))
_CARRIED = frozenset(("MSH", "SFT", "MSA", "ERR", "DSC", "UAC", "QAK", "QPD"))
"""Segments about the message itself; Provenance and the inbox carry what they say."""


def walk(draft: Draft, handlers: Mapping[str, Handler], read: Mapping[str, Mapping[int, bool]]) -> None:
    """Read all segments in order; `read` tells which fields the rules of a segment look at."""
    for segment in draft.message.segments[1:]:
        name = segment.name
        draft.segment = segment
        handler = handlers.get(name)
        if handler is not None and (draft.patient or name in _PATIENT_NOT_NEEDED):
            handler(draft, segment)
            if name in read:
                _unread(draft, segment, read[name])
        elif name not in _CARRIED:
            patient.leftover(draft, segment)
    grouping.close(draft)
    appointments.finish(draft)


def _unread(draft: Draft, segment: Segment, read: Mapping[int, bool]) -> None:
    """List the fields that no rule reads, and the repetitions that a rule for one value leaves over."""
    repetition = draft.encoding.repetition
    for position, value in enumerate(segment.fields):
        if not value or not position:
            continue
        repeats = read.get(position)
        if repeats is None:
            draft.unmapped(f"{segment.name}-{position}", value)
        elif not repeats and repetition in value:
            for index, piece in enumerate(value.split(repetition)[1:], 2):
                if piece:
                    draft.unmapped(f"{segment.name}-{position}[{index}]", piece)
