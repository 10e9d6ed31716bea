"""What happens to a resident, before anybody writes a message about it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from hie.operations.city.institutions import Practitioner
from hie.operations.city.laboratory import Panel, Result
from hie.operations.city.medicines import Diagnosis, Medicine


@dataclass(frozen=True, slots=True)
class Susceptibility:
    """An antibiotic (name, LOINC) against the grown organism: minimal inhibitory concentration in mg/L, and S, I or R."""

    name: str
    loinc: str
    concentration: str
    verdict: Literal["S", "I", "R"]


@dataclass(frozen=True, slots=True)
class Culture:
    """A culture: what grew (code of the local list, name, SNOMED CT) and what stops it."""

    organism_code: str
    organism: str
    snomed: str
    susceptibilities: tuple[Susceptibility, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A laboratory report: its panel, its values, or a culture; `pdf` asks for a printed copy inside the message."""

    number: str
    panel: Panel
    collected: datetime
    reported: datetime
    results: tuple[Result, ...] = ()
    culture: Culture | None = None
    pdf: bool = False


@dataclass(frozen=True, slots=True)
class Prescription:
    """One medicine ordered at a visit; `packages` is what is dispensed."""

    number: str
    medicine: Medicine
    ordered: datetime
    days: int
    packages: int


@dataclass(frozen=True, slots=True)
class Shot:
    """A vaccination. `code` is WS 364 CV08.50.001; `given` is False with a `reason` when it was put off."""

    number: str
    institution: str
    person: int
    code: str
    name: str
    dose: int
    series: int
    moment: datetime
    lot: str
    maker: str
    expires: date
    practitioner: Practitioner
    given: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Vitals:
    """Blood pressure (mmHg), temperature (°C), pulse (/min), height (cm), weight (kg)."""

    systolic: int
    diastolic: int
    temperature: str
    pulse: int
    height: int
    weight: str


@dataclass(frozen=True, slots=True)
class Visit:
    """An encounter at a hospital or clinic. `kind` is O, I or E (HL7 table 0004); `end` is None while it is open."""

    institution: str
    person: int
    number: str
    kind: Literal["O", "I", "E"]
    department: str
    practitioner: Practitioner
    start: datetime
    end: datetime | None
    complaint: str
    diagnoses: tuple[Diagnosis, ...]
    reports: tuple[Report, ...] = ()
    prescriptions: tuple[Prescription, ...] = ()
    shots: tuple[Shot, ...] = ()
    vitals: Vitals | None = None
    bed: str = ""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A follow-up of hypertension or diabetes by the community clinic (national basic public health services)."""

    institution: str
    person: int
    number: str
    disease: Literal["hypertension", "diabetes"]
    moment: datetime
    practitioner: Practitioner
    vitals: Vitals
    way: str
    controlled: bool
    adherent: bool
    medicines: tuple[Medicine, ...]
    next_day: date
    glucose: str = ""
    hba1c: str = ""
    smoking: int = 0
    drinking: int = 0
    sport: int = 3


@dataclass(frozen=True, slots=True)
class Case:
    """A case of a notifiable disease, as the report card tells it. `certainty` is WS 364 CV05.01.002."""

    number: str
    person: int
    disease: str
    diagnosis: Diagnosis
    legal_class: str
    certainty: str
    onset: date
    diagnosed: datetime
    reported: datetime
    hospital: str
    practitioner: Practitioner
    corrects: bool = False


@dataclass(frozen=True, slots=True)
class Birth:
    """A delivery at the maternity hospital: mother and children (person numbers) with weights in g and Apgar scores."""

    mother: int
    children: tuple[int, ...]
    admitted: datetime
    moment: datetime
    discharged: datetime
    caesarean: bool
    weights: tuple[int, ...]
    lengths: tuple[int, ...]
    apgar: tuple[int, ...]
    weeks: int
    practitioner: Practitioner


@dataclass(frozen=True, slots=True)
class Checkup:
    """An antenatal visit at the maternity hospital."""

    number: str
    person: int
    moment: datetime
    week: int
    vitals: Vitals
    haemoglobin: str
    practitioner: Practitioner


@dataclass(frozen=True, slots=True)
class History:
    """Everything that happened, each list in the order it was drawn (by resident, then time)."""

    visits: tuple[Visit, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    cases: tuple[Case, ...] = ()
    shots: tuple[Shot, ...] = ()
    births: tuple[Birth, ...] = ()
    checkups: tuple[Checkup, ...] = ()
