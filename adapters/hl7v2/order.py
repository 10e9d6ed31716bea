"""What the segments of one order group share: ORC, its detail segment, and what hangs on them."""

from dataclasses import dataclass, field
from typing import Any

from adapters.hl7v2.message import Segment

Resource = dict[str, Any]


@dataclass(slots=True)
class Order:
    """One order group while it is read.

    `key` names it inside the patient's record; `request`, `report`, `medication` (a MedicationRequest), `given`
    (Immunization, MedicationAdministration or MedicationDispense) are its resources, `results` its Observations. `timings`
    are TQ1 that came before what they time (OML, OMP).
    """

    orc: Segment | None = None
    detail: Segment | None = None
    key: str = ""
    request: Resource | None = None
    report: Resource | None = None
    medication: Resource | None = None
    given: Resource | None = None
    results: list[Resource] = field(default_factory=list)
    specimens: list[str] = field(default_factory=list)
    parent: Resource | None = None
    last_text: tuple[str, str, str] = ("", "", "")
    dosage: Resource | None = None
    timings: list[Segment] = field(default_factory=list)
