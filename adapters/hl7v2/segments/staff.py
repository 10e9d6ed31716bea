"""MFI, MFE, STF, PRA, ORG, LOC: master files of staff, organisations and places."""

from adapters.hl7v2.datatypes import concepts, parties
from adapters.hl7v2.draft import Draft, Resource
from adapters.hl7v2.message import Segment
from adapters.hl7v2.segments.patient import leftover


def mfi(draft: Draft, segment: Segment) -> None:
    """Which master file it is; nothing of its own to keep."""


def mfe(draft: Draft, segment: Segment) -> None:
    """The entry that follows, and whether it is deactivated or deleted (MFE-1)."""
    draft.entry_action = draft.value(1)


def stf(draft: Draft, segment: Segment) -> None:
    """A staff member, keyed by STF-1."""
    key = draft.value(1) or draft.value(2)
    if not key:
        leftover(draft, segment)
        return
    person: Resource = {
        "resourceType": "Practitioner",
        "id": draft.shared_identity("Practitioner", f"|{key}"),
    }
    draft.apply("STF[Practitioner]", person)
    if draft.entry_action in ("MDC", "MDL"):
        person["active"] = False
    draft.staff = person
    draft.keep(person)


def pra(draft: Draft, segment: Segment) -> None:
    """More about the staff member before it."""
    if draft.staff is None or not draft.apply("PRA[Practitioner]", draft.staff):
        leftover(draft, segment)


def loc(draft: Draft, segment: Segment) -> None:
    """A place, keyed like the places that PV1-3 names."""
    reference = parties.place(segment.raw(1), draft)
    if reference is None or (place := draft.held(reference["reference"])) is None:
        leftover(draft, segment)
        return
    draft.apply("LOC[Location]", place)
    place["status"] = "inactive" if draft.entry_action in ("MDC", "MDL") else "active"


def org(draft: Draft, segment: Segment) -> None:
    """The organisation that a staff member belongs to."""
    name = concepts.shown(segment.raw(2), draft) or concepts.shown(segment.raw(3), draft)
    if not name:
        leftover(draft, segment)
        return
    parties.named_organization(name, draft.value(2), draft)


HANDLERS = {"MFI": mfi, "MFE": mfe, "STF": stf, "PRA": pra, "LOC": loc, "ORG": org}
