"""VXU^V04: what the hospitals vaccinate: flu for elders, rabies after a bite."""

from typing import Final

from hie.operations.city.events import Shot
from hie.operations.city.hl7v2_dialects import Dialect, placed, stamp
from hie.operations.city.hl7v2_messages import Draft
from hie.operations.city.registrations import Registration

_CVX: Final = {
    "14": ("88", "influenza, unspecified formulation"),
    "20": ("90", "rabies, unspecified formulation"),
}


def of_shot(dialect: Dialect, shot: Shot, known: Registration) -> Draft:
    """One vaccination, one message."""
    department = dialect.institution.departments["vaccination"]
    moment = stamp(shot.moment)
    cvx, english = _CVX[shot.code]
    given = {
        1: "0",
        2: str(shot.dose),
        3: moment,
        4: moment,
        5: f"{shot.code}^{shot.name}^L^{cvx}^{english}^CVX",
        6: "0.5",
        7: "mL^^UCUM" if dialect.version == "2.5.1" else "ml",
        10: dialect.practitioner(shot.practitioner),
        11: f"^^^{dialect.facility}" if dialect.version == "2.5.1" else department.name,
        15: shot.lot,
        16: f"{shot.expires:%Y%m%d}",
        17: f"^{shot.maker}",
        20: "CP",
        21: "A",
    }
    segments = [dialect.patient(known)]
    if dialect.version == "2.5.1":
        segments.append(placed("ORC", {1: "RE", 3: shot.number}))
    segments += [placed("RXA", given), placed("RXR", {1: "IM^肌肉注射", 2: "LD^左上臂"})]
    return Draft(shot.moment, shot.person, "VXU^V04", tuple(segments))
