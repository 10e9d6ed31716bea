"""Chronic disease: regular visits to the hospital, quarterly follow-ups by the clinic, the bad turns in between."""

from datetime import date, datetime, time, timedelta
from typing import Literal

from hie.operations.city import laboratory
from hie.operations.city.chart import Chart
from hie.operations.city.episodes import EPISODES, STAYS
from hie.operations.city.events import FollowUp
from hie.operations.city.health import DEPRESSION, DIABETES, HEPATITIS_B, HIV, HYPERTENSION, KIDNEY, LUNG
from hie.operations.city.medicines import MEDICINES, Medicine

_EVERY_DAYS = (
    (HYPERTENSION, 400),
    (DIABETES, 280),
    (KIDNEY, 200),
    (LUNG, 300),
    (HEPATITIS_B, 300),
    (HIV, 180),
)


def live(chart: Chart) -> None:
    """Visits and follow-ups of those who have a chronic disease."""
    conditions = chart.person.conditions
    for condition, every in _EVERY_DAYS:
        if condition in conditions:
            institution = "hospital-b" if condition == HIV else chart.hospital
            _return(chart, condition, every, institution)
    if DEPRESSION in conditions:
        _spell(chart)
    for disease in (HYPERTENSION, DIABETES):
        if disease in conditions and (chart.person.role or chart.random.random() < 0.65):
            _follow(chart, "hypertension" if disease == HYPERTENSION else "diabetes")
    if LUNG in conditions:
        _admit(chart, "lung-acute", 8)
    if DIABETES in conditions and KIDNEY in conditions:
        _admit(chart, "diabetic-kidney", 10)
    if HYPERTENSION in conditions and chart.person.age_on(chart.today) > 70 and chart.random.random() < 0.35:
        _admit(chart, "heart-failure", 9)


def _return(chart: Chart, condition: str, every: int, institution: str) -> None:
    day = chart.begin + timedelta(days=chart.random.randint(10, every))
    while (chart.today - day).days > 4:
        chart.outpatient(institution, EPISODES[condition], chart.office_hour(day))
        day += timedelta(days=int(every * chart.random.uniform(0.75, 1.3)))


def _spell(chart: Chart) -> None:
    """Three to five visits to psychiatry, four weeks apart."""
    day = chart.some_day()
    for _ in range(chart.random.randint(3, 5)):
        if day is None or (chart.today - day).days < 4:
            return
        chart.outpatient(chart.hospital, EPISODES["depression"], chart.office_hour(day))
        day += timedelta(days=28)


def _admit(chart: Chart, key: str, nights: int) -> None:
    day = chart.some_day()
    if day is not None and (chart.today - day).days > nights + 2:
        hour = datetime.combine(day, time(chart.random.randint(7, 20), chart.random.randint(0, 59)))
        chart.inpatient(chart.hospital, STAYS[key], hour, nights)


def _follow(chart: Chart, disease: Literal["hypertension", "diabetes"]) -> None:
    """Four times a year in the national programme; clinics and residents manage somewhat fewer."""
    day = chart.begin + timedelta(days=chart.random.randint(5, 90))
    smoking = chart.random.choice((0, 0, 0, 10, 20)) if chart.person.sex == "M" else 0
    while (chart.today - day).days > 4:
        day = _follow_up(chart, disease, day, smoking)


def _follow_up(chart: Chart, disease: Literal["hypertension", "diabetes"], day: date, smoking: int) -> date:
    controlled = chart.random.random() < 0.8
    moment = chart.office_hour(day)
    next_day = day + timedelta(days=chart.random.randint(80, 130) if controlled else 14)
    glucose = hba1c = ""
    if disease == "diabetes":
        values = laboratory.results(chart.seed, chart.person, laboratory.SUGAR, day, chart.today)
        glucose = f"{float(values[0].value):.1f}"
        hba1c = values[1].value if chart.random.random() < 0.5 else ""
    chart.follow_ups.append(
        FollowUp(
            institution="clinic-csv",
            person=chart.person.number,
            number=chart.number("GXY" if disease == "hypertension" else "TNB"),
            disease=disease,
            moment=moment,
            practitioner=chart.staff("clinic-csv", "general"),
            vitals=chart.vitals(day, controlled=controlled),
            way=chart.random.choice("1123"),
            controlled=controlled,
            adherent=chart.random.random() < 0.85,
            medicines=_medicines(disease),
            next_day=next_day,
            glucose=glucose,
            hba1c=hba1c,
            smoking=smoking,
            drinking=chart.random.choice((0, 0, 1)),
            sport=chart.random.randint(0, 7),
        )
    )
    return next_day


def _medicines(disease: str) -> tuple[Medicine, ...]:
    keys = ("nifedipine",) if disease == "hypertension" else ("metformin", "acarbose")
    return tuple(MEDICINES[key] for key in keys)
