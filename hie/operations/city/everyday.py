"""Everyday illness: what brings anybody to a hospital or clinic now and then, by age."""

from datetime import datetime, time

from hie.operations.city import vaccination
from hie.operations.city.chart import YEARS, Chart
from hie.operations.city.episodes import EPISODES, STAYS
from hie.operations.city.health import APPENDICITIS, FRACTURE

_YOUNG = ("child-cold", "child-cold", "enteritis", "dermatitis", "contusion")
_GROWN = (
    "cold",
    "bronchitis",
    "gastritis",
    "enteritis",
    "back-pain",
    "contusion",
    "dermatitis",
    "urinary",
    "check",
    "check",
)
_OLD = (
    "cold",
    "bronchitis",
    "gastritis",
    "knee",
    "knee",
    "back-pain",
    "urinary",
    "check",
    "check",
    "coronary",
)
_AT_CLINICS = ("child-cold", "cold", "bronchitis", "gastritis", "enteritis", "back-pain", "dermatitis")


def live(chart: Chart) -> None:
    """Visits of five ordinary years."""
    age = chart.person.age_on(chart.today)
    reasons = _YOUNG if age < 14 else _GROWN if age < 58 else _OLD
    yearly = 0.55 if age < 14 else 0.4 if age < 40 else 0.6 if age < 58 else 0.9
    share = (chart.today - chart.begin).days / (365 * YEARS)
    for _ in range(_times(chart, yearly * YEARS * share)):
        _visit(chart, chart.random.choice(reasons), at_clinic=False)
    for _ in range(_times(chart, 0.35 * YEARS * share)):
        _visit(chart, chart.random.choice([key for key in reasons if key in _AT_CLINICS]), at_clinic=True)
    if FRACTURE in chart.person.conditions:
        _stay(chart, "fracture", 5)
    if APPENDICITIS in chart.person.conditions:
        _stay(chart, "appendicitis", 6)
    if age >= 60 and chart.random.random() < 0.2:
        _stay(chart, "pneumonia", chart.random.randint(6, 11))


def _times(chart: Chart, mean: float) -> int:
    """A whole number whose mean is `mean`."""
    return sum(chart.random.random() < mean / 8 for _ in range(8)) if mean < 8 else round(mean)


def _visit(chart: Chart, key: str, *, at_clinic: bool) -> None:
    day = chart.some_day()
    if day is None:
        return
    episode = EPISODES[key]
    if at_clinic:
        chart.clinic_visit(episode, chart.office_hour(day))
    elif episode.department == "emergency":
        hour = datetime.combine(day, time(chart.random.randint(0, 23), chart.random.randint(0, 59)))
        bitten = key == "contusion" and chart.random.random() < 0.3
        hospital = chart.usual_hospital()
        chart.outpatient(hospital, EPISODES["dog-bite"] if bitten else episode, hour, "E")
        if bitten:
            vaccination.after_bite(chart, hospital, day)
    else:
        visit = chart.outpatient(chart.usual_hospital(), episode, chart.office_hour(day))
        if key == "check" and visit.institution == "hospital-a":
            chart.print_report(visit)


def _stay(chart: Chart, key: str, nights: int) -> None:
    day = chart.some_day()
    if day is not None and (chart.today - day).days > nights + 2:
        start = datetime.combine(day, time(chart.random.randint(1, 22), chart.random.randint(0, 59)))
        chart.inpatient(chart.usual_hospital(), STAYS[key], start, nights)
