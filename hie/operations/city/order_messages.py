"""Prescriptions: RDE^O11 from A, OMP^O09 from B, RDE^O01 from C; all medicines of a visit in one message."""

from typing import Final

from hie.operations.city.events import Prescription, Visit
from hie.operations.city.hl7v2_dialects import Dialect, placed, stamp
from hie.operations.city.hl7v2_messages import Draft
from hie.operations.city.medicines import TIMING_WORDS, Medicine
from hie.operations.city.registrations import Registration

EVENTS: Final = {"2.5.1": "RDE^O11", "2.4": "OMP^O09", "2.3.1": "RDE^O01"}
_ROUTES: Final = {
    "1": ("PO", "口服"),
    "401": ("SC", "皮下注射"),
    "404": ("IV", "静脉滴注"),
    "5": ("IH", "吸入用药"),
}


def of_visit(dialect: Dialect, visit: Visit, known: Registration) -> list[Draft]:
    """The visit's prescription message; none where nothing was prescribed."""
    if not visit.prescriptions:
        return []
    ordered = visit.prescriptions[0].ordered
    segments = [dialect.patient(known), dialect.visit(visit, ordered)]
    for prescription in visit.prescriptions:
        segments += _order(dialect, visit, prescription)
    return [Draft(ordered, visit.person, EVENTS[dialect.version], tuple(segments))]


def _order(dialect: Dialect, visit: Visit, prescription: Prescription) -> list[str]:
    medicine = prescription.medicine
    who = dialect.practitioner(visit.practitioner)
    timing = f"^{medicine.timing}^D{prescription.days}^{stamp(prescription.ordered)}"
    order = {1: "NW", 2: prescription.number, 7: timing, 9: stamp(prescription.ordered), 12: who}
    route = _route(dialect, medicine)
    drug = _drug(dialect, medicine)
    if dialect.version == "2.4":
        details = {
            1: drug,
            2: medicine.dose,
            4: medicine.unit,
            5: medicine.form,
            7: f"^{TIMING_WORDS[medicine.timing]}",
            11: str(prescription.packages),
            12: medicine.package,
        }
        return [placed("ORC", order), placed("RXO", details), route]
    encoded = {
        1: timing if dialect.version == "2.3.1" else "",
        2: drug,
        3: medicine.dose,
        5: medicine.unit,
        6: medicine.form,
        7: f"^{TIMING_WORDS[medicine.timing]}",
        10: str(prescription.packages),
        11: medicine.package,
        13: who,
        15: prescription.number,
    }
    if dialect.version == "2.3.1":
        return [placed("ORC", order), placed("RXE", encoded), route]
    del order[7]
    timed = {
        1: "1",
        2: f"{medicine.dose}^{medicine.unit}",
        3: medicine.timing,
        6: f"{prescription.days}^d",
        7: stamp(prescription.ordered),
    }
    return [placed("ORC", order), placed("RXE", encoded), placed("TQ1", timed), route]


def _drug(dialect: Dialect, medicine: Medicine) -> str:
    local = f"{medicine.code}^{medicine.name} {medicine.strength}"
    if dialect.version == "2.5.1":
        return f"{medicine.atc}^{medicine.name}^WC^{local}^L"
    return f"{local}^L^{medicine.atc}^^WC" if dialect.version == "2.4" else f"{local}^L"


def _route(dialect: Dialect, medicine: Medicine) -> str:
    code, name = _ROUTES[medicine.route]
    return placed("RXR", {1: f"{code}^{name}^HL70162" if dialect.version == "2.5.1" else f"{code}^{name}"})
