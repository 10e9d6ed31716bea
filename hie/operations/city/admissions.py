"""ADT messages: visits open and close (A01, A04, A03), desks learn (A08), registrations merge (A40)."""

from collections.abc import Iterator
from datetime import timedelta

from hie.operations.city.desks import Merge
from hie.operations.city.events import Visit
from hie.operations.city.hl7v2_dialects import Dialect, placed, segment, stamp, text
from hie.operations.city.hl7v2_messages import Draft
from hie.operations.city.registrations import Registration


def of_visit(dialect: Dialect, visit: Visit, known: Registration) -> Iterator[Draft]:
    """A01 or A04 at the start, A03 at the end. Hospital C sends one A04 when an outpatient leaves, diagnosis and all."""
    at_once = dialect.version == "2.3.1" and visit.kind != "I" and visit.end is not None
    opening = "A01" if visit.kind == "I" else "A04"
    sent = visit.end if at_once and visit.end else visit.start + timedelta(minutes=2)
    segments = [segment("EVN", opening, stamp(sent)), dialect.patient(known)]
    segments += _next_of_kin(dialect, known)
    segments += [dialect.visit(visit, sent), *_reason(dialect, visit)]
    segments += _diagnoses(dialect, visit, "F" if at_once else "A") if at_once or visit.kind == "I" else ()
    yield Draft(sent, visit.person, f"ADT^{opening}", tuple(segments))
    if at_once or visit.end is None:
        return
    closing = (
        segment("EVN", "A03", stamp(visit.end)),
        dialect.patient(known),
        dialect.visit(visit, visit.end),
        *_diagnoses(dialect, visit, "F"),
    )
    yield Draft(visit.end + timedelta(minutes=1), visit.person, "ADT^A03", closing)


def of_update(dialect: Dialect, visit: Visit, known: Registration) -> Draft:
    """A08: what the desk learned when the visit began."""
    moment = visit.start + timedelta(minutes=4)
    segments = (segment("EVN", "A08", stamp(moment)), dialect.patient(known), dialect.visit(visit, moment))
    return Draft(moment, visit.person, "ADT^A08", segments)


def of_merge(dialect: Dialect, merge: Merge) -> Draft:
    """A40: PID is who stays, MRG who goes."""
    retired = merge.retired.patient_number
    number = {"2.5.1": f"{retired}^^^WANGHAI^MR", "2.4": f"{retired}^^^HIS^PI"}.get(dialect.version, retired)
    segments = (
        segment("EVN", "A40", stamp(merge.moment)),
        dialect.patient(merge.survivor),
        segment("MRG", number),
    )
    return Draft(merge.moment, merge.survivor.person, "ADT^A40", segments)


def _next_of_kin(dialect: Dialect, known: Registration) -> list[str]:
    if not known.guardian_name:
        return []
    mother = "MTH^母亲^HL70063" if dialect.version == "2.5.1" else "MTH"
    return [segment("NK1", "1", known.guardian_name, mother)]


def _reason(dialect: Dialect, visit: Visit) -> list[str]:
    return [placed("PV2", {3: f"^{text(visit.complaint)}"})] if dialect.version != "2.3.1" else []


def _diagnoses(dialect: Dialect, visit: Visit, kind: str) -> list[str]:
    """DG1: A by the book; B without coding system; C in the old style, method and text."""
    found = []
    moment = stamp(visit.start + timedelta(minutes=20))
    for index, diagnosis in enumerate(visit.diagnoses, start=1):
        if dialect.version == "2.5.1":
            code, method, extra = (
                f"{diagnosis.code}^{diagnosis.name}^I10",
                "",
                dialect.practitioner(visit.practitioner),
            )
        else:
            code, method, extra = (
                f"{diagnosis.code}^{diagnosis.name}",
                "I10",
                dialect.practitioner(visit.practitioner),
            )
        priority = "1" if index == 1 else "2"
        fields = {1: str(index), 2: method, 3: code, 5: moment, 6: kind, 15: priority, 16: extra}
        found.append(placed("DG1", fields))
    return found
