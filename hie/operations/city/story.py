"""What the story needs to have happened to its cast, on top of their ordinary lives."""

from dataclasses import replace
from datetime import datetime, time, timedelta

from hie.operations.city import cast, vaccination
from hie.operations.city.chart import Chart
from hie.operations.city.episodes import EPISODES, STAYS


def live(chart: Chart) -> None:
    """Events that stand a fixed number of days before the city's day, so that the demonstration can point at them."""
    chapter = _CHAPTERS.get(chart.person.role)
    if chapter is not None:
        chapter(chart)


def _ago(chart: Chart, days: int, hour: int = 9, minute: int = 20) -> datetime:
    return datetime.combine(chart.today - timedelta(days=days), time(hour, minute))


def _walker(chart: Chart) -> None:
    """Results of the clinic day at A three days ago, one printed; psychiatry at A; since yesterday in a bed at B."""
    chart.outpatient("hospital-a", EPISODES["depression"], _ago(chart, 410))
    visit = chart.outpatient("hospital-a", EPISODES["diabetes"], _ago(chart, 3, 8, 40))
    chart.print_report(visit)
    chart.outpatient("hospital-c", EPISODES["knee"], _ago(chart, 150))
    chart.shots.append(vaccination.shot(chart, "hospital-a", vaccination.FLU, 1, _ago(chart, 45).date()))
    stay = replace(STAYS["heart-failure"], prescribed=STAYS["heart-failure"].prescribed[:2])
    chart.inpatient("hospital-b", stay, _ago(chart, 1, 10, 5), 1, is_open=True)


def _at_work(chart: Chart) -> None:
    """A check-up each, so that the exchange knows the people who work with it."""
    chart.outpatient("hospital-a", EPISODES["check"], _ago(chart, 260 + chart.person.number))


def _guarded(chart: Chart) -> None:
    chart.outpatient("hospital-a", EPISODES["check"], _ago(chart, 35))


def _doubled(chart: Chart) -> None:
    """Three visits to A: the second under a second number, merged afterwards."""
    chart.inpatient("hospital-a", STAYS["appendicitis"], _ago(chart, 700, 21), 5)
    for days in (300, 120, 40):
        chart.outpatient("hospital-a", EPISODES["hypertension"], _ago(chart, days))


def _mistyped(chart: Chart) -> None:
    chart.clinic = "clinic-csv"
    chart.outpatient("hospital-a", EPISODES["coronary"], _ago(chart, 200))
    chart.clinic_visit(EPISODES["cold"], _ago(chart, 90))


def _mother(chart: Chart) -> None:
    chart.outpatient("hospital-a", EPISODES["cold"], _ago(chart, 500))


def _newborn(chart: Chart) -> None:
    chart.outpatient("hospital-c", EPISODES["child-cold"], _ago(chart, 2))


def _seen_everywhere(chart: Chart) -> None:
    """The same morning at hospital A, days apart at hospital B: whom a careless index takes for one person."""
    chart.outpatient("hospital-a", EPISODES["dermatitis"], _ago(chart, 60, 9, 10 + chart.person.number % 7))
    chart.outpatient("hospital-b", EPISODES["cold"], _ago(chart, 30, 9, 10 + chart.person.number % 7))


def _child(chart: Chart) -> None:
    chart.outpatient("hospital-a", EPISODES["child-cold"], _ago(chart, 20, 10, chart.person.number % 9))
    chart.outpatient("hospital-b", EPISODES["child-cold"], _ago(chart, 170, 10, chart.person.number % 9))


_CHAPTERS = {
    cast.WALKER: _walker,
    cast.DOCTOR: _at_work,
    cast.OFFICER: _at_work,
    cast.AGENT: _at_work,
    cast.GUARDED: _guarded,
    cast.DOUBLED: _doubled,
    cast.MISTYPED: _mistyped,
    cast.MOTHER: _mother,
    cast.NEWBORN: _newborn,
    cast.TWIN_ONE: _child,
    cast.TWIN_TWO: _child,
    cast.NAMESAKE_ONE: _seen_everywhere,
    cast.NAMESAKE_TWO: _seen_everywhere,
    cast.RARE_NAME: _seen_everywhere,
}
