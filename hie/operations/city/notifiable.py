"""Notifiable diseases: the visit, the finding, and the report card the hospital owes the disease-control centre."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from hie.operations.city.chart import Chart
from hie.operations.city.episodes import EPISODES, STAYS
from hie.operations.city.events import Case, Visit
from hie.operations.city.health import HAND_FOOT_MOUTH, HEPATITIS_B, HIV, INFLUENZA, TUBERCULOSIS
from hie.operations.city.medicines import DIAGNOSES

_WINTER: Final = (11, 12, 1, 2, 3)
_SUMMER: Final = (5, 6, 7, 8, 9)


@dataclass(frozen=True, slots=True)
class Disease:
    """Name on the card, class of the law (1 甲, 2 乙, 3 丙), certainty (WS 364 CV05.01.002), days from onset to doctor."""

    name: str
    legal_class: str
    certainty: str
    delay: int


DISEASES: Final = {
    INFLUENZA: Disease("流行性感冒", "3", "3", 1),
    HAND_FOOT_MOUTH: Disease("手足口病", "3", "2", 2),
    TUBERCULOSIS: Disease("肺结核", "2", "3", 45),
    HEPATITIS_B: Disease("乙型病毒性肝炎", "2", "3", 30),
    HIV: Disease("艾滋病", "2", "3", 60),
}


def live(chart: Chart) -> None:
    """The visit where the disease is found and its card; hepatitis B and HIV are found at an earlier visit."""
    conditions = chart.person.conditions
    for condition, months in ((INFLUENZA, _WINTER), (HAND_FOOT_MOUTH, _SUMMER)):
        day = chart.some_day(months) if condition in conditions else None
        if day is not None:
            visit = chart.outpatient(chart.usual_hospital(), EPISODES[condition], chart.office_hour(day))
            report(chart, condition, visit)
    if TUBERCULOSIS in conditions:
        _tuberculosis(chart)
    for condition in (HEPATITIS_B, HIV):
        if condition in conditions:
            first = min(
                (visit for visit in chart.visits if visit.department == "infectious"),
                key=lambda v: v.start,
                default=None,
            )
            if first is not None:
                report(chart, condition, first)


def report(chart: Chart, condition: str, visit: Visit) -> None:
    """The card: within a day of the diagnosis; now and then corrected a day later."""
    disease = DISEASES[condition]
    diagnosed = visit.start + timedelta(minutes=55)
    case = Case(
        number=chart.number("CRB"),
        person=chart.person.number,
        disease=disease.name,
        diagnosis=DIAGNOSES[condition],
        legal_class=disease.legal_class,
        certainty=disease.certainty,
        onset=diagnosed.date() - timedelta(days=disease.delay),
        diagnosed=diagnosed,
        reported=diagnosed + timedelta(hours=chart.random.randint(1, 20)),
        hospital=visit.institution,
        practitioner=visit.practitioner,
    )
    chart.cases.append(case)


def _tuberculosis(chart: Chart) -> None:
    day = chart.some_day()
    if day is None or (chart.today - day).days < 230:
        day = chart.today - timedelta(days=300)
    hour = datetime.combine(day, time(10, chart.random.randint(0, 59)))
    report(chart, TUBERCULOSIS, chart.inpatient(chart.hospital, STAYS["tuberculosis"], hour, 14))
    for month in range(1, 7):
        again = chart.office_hour(day + timedelta(days=14 + 30 * month))
        chart.outpatient(chart.hospital, EPISODES["tuberculosis-control"], again)
