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
    goals,
    grouping,
    medication,
    orders,
    participation,
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
    **participation.HANDLERS,
    **goals.HANDLERS,
}
_PATIENT_NOT_NEEDED = frozenset(("PID", "EVN", "SCH", "MFI", "MFE", "STF", "PRA", "LOC", "ORG", "Z01", "Z02"))
_CARRIED = frozenset(("MSH", "SFT", "MSA", "ERR", "DSC", "UAC", "QAK", "QPD"))
"""Segments about the message itself; Provenance and the inbox carry what they say."""


def walk(draft: Draft, handlers: Mapping[str, Handler], read: Mapping[str, Mapping[int, bool]]) -> None:
    """Read all segments in order; `read` tells which fields the rules of a segment look at.

    What stands before the PID (RF1 in REF^I12, PV1 in OPU^R25) waits for it.
    """
    waiting: list[Segment] = []
    for segment in draft.message.segments[1:]:
        if not draft.patient and segment.name in handlers and segment.name not in _PATIENT_NOT_NEEDED:
            waiting.append(segment)
            continue
        _visit(draft, segment, handlers, read)
        if segment.name == "PID" and draft.patient:
            for earlier in waiting:
                _visit(draft, earlier, handlers, read)
            waiting = []
    for segment in waiting:
        patient.leftover(draft, segment)
    grouping.close(draft)
    appointments.finish(draft)


def _visit(
    draft: Draft, segment: Segment, handlers: Mapping[str, Handler], read: Mapping[str, Mapping[int, bool]]
) -> None:
    name = segment.name
    draft.segment = segment
    handler = handlers.get(name)
    if handler is not None and (draft.patient or name in _PATIENT_NOT_NEEDED):
        handler(draft, segment)
        if name in read and draft.left_over != segment.number:
            _unread(draft, segment, read[name])
    elif name not in _CARRIED:
        patient.leftover(draft, segment)


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
