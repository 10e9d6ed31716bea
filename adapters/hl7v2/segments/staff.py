"""MFI, MFE, STF, PRA, ORG, LOC: master files of staff, organisations and places."""

from adapters.hl7v2.datatypes import concepts, parties
from adapters.hl7v2.draft import Draft, Resource
from adapters.hl7v2.message import Segment
from adapters.hl7v2.segments.patient import leftover

_ORGANIZATION_TYPE = "http://terminology.hl7.org/CodeSystem/organization-type"
_DEPARTMENTS = frozenset(("DEPARTMENT", "DEPT", "科室"))
_STAFF = frozenset(("EMPLOYEE", "STAFF", "人员", "职工"))


def mfi(draft: Draft, segment: Segment) -> None:
    """Which master file it is."""
    draft.master_file = draft.value(1).upper()


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


def z01(draft: Draft, segment: Segment) -> None:
    """A department of the hospital's own master file."""
    if draft.master_file not in _DEPARTMENTS or not draft.value(1):
        leftover(draft, segment)
        return
    identity = draft.shared_identity("Organization", f"|{draft.value(1)}")
    department: Resource = {"resourceType": "Organization", "id": identity}
    draft.apply("Z01[Organization]", department)
    department["type"] = [{"coding": [{"system": _ORGANIZATION_TYPE, "code": "dept"}]}]
    department["active"] = draft.entry_action not in ("MDC", "MDL")
    draft.keep(department)


def z02(draft: Draft, segment: Segment) -> None:
    """A staff member of the hospital's own master file."""
    if draft.master_file not in _STAFF or not draft.value(1):
        leftover(draft, segment)
        return
    person: Resource = {
        "resourceType": "Practitioner",
        "id": draft.shared_identity("Practitioner", f"|{draft.value(1)}"),
    }
    draft.apply("Z02[Practitioner]", person)
    person["active"] = draft.entry_action not in ("MDC", "MDL")
    draft.keep(person)


HANDLERS = {"MFI": mfi, "MFE": mfe, "STF": stf, "PRA": pra, "LOC": loc, "ORG": org, "Z01": z01, "Z02": z02}
