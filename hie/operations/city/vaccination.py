"""Vaccination: the national schedule of children, flu shots of elders, rabies vaccine after a bite.

National immunisation schedule as commonly published: vaccine, doses, months of age.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from hie.operations.city.chart import Chart
from hie.operations.city.events import Shot


@dataclass(frozen=True, slots=True)
class Vaccine:
    """Code of WS 364 CV08.50.001, name, doses in the series, the months of age at which the schedule gives them."""

    code: str
    name: str
    series: int
    months: tuple[int, ...] = ()


SCHEDULE: Final = (
    Vaccine("01", "乙型肝炎疫苗", 3, (0, 1, 6)),
    Vaccine("02", "卡介苗", 1, (0,)),
    Vaccine("03", "脊髓灰质炎疫苗", 4, (2, 3, 4, 48)),
    Vaccine("04", "百白破疫苗", 4, (3, 4, 5, 18)),
    Vaccine("11", "麻腮风疫苗", 2, (8, 18)),
    Vaccine("06", "乙脑减毒活疫苗", 2, (8, 24)),
    Vaccine("07", "A群流脑多糖疫苗", 2, (6, 9)),
    Vaccine("15", "甲肝减毒活疫苗", 1, (18,)),
)
FLU: Final = Vaccine("14", "流感病毒裂解疫苗", 1)
RABIES: Final = Vaccine("20", "人用狂犬病疫苗", 4)
_MAKERS: Final = ("海珠生物制品研究所", "云岭疫苗有限公司", "蓝鲸生物技术有限公司")


def live(chart: Chart) -> None:
    """Vaccinations of five years. The first hepatitis B and BCG doses are given where the child is born."""
    for vaccine in SCHEDULE:
        for dose, month in enumerate(vaccine.months, start=1):
            day = chart.person.birth + timedelta(
                days=round(month * 30.44) + (chart.random.randint(0, 12) if month else 0)
            )
            if chart.begin <= day and (chart.today - day).days > 2:
                _given(chart, vaccine, dose, day)
    age = chart.person.age_on(chart.today)
    place = chart.random.choice(("vaccination", "vaccination", chart.hospital))
    if age >= 60 and chart.random.random() < 0.55:
        for year in range(chart.today.year - 4, chart.today.year + 1):
            day = date(year, 10, chart.random.randint(8, 28))
            if chart.begin <= day and (chart.today - day).days > 2:
                chart.shots.append(shot(chart, place, FLU, 1, day))


def after_bite(chart: Chart, institution: str, day: date) -> None:
    """Rabies vaccine on days 0, 3, 7 and 14, at the hospital that treated the bite."""
    for dose, days in enumerate((0, 3, 7, 14), start=1):
        if (chart.today - day).days > days + 1:
            chart.shots.append(shot(chart, institution, RABIES, dose, day + timedelta(days=days)))


def _given(chart: Chart, vaccine: Vaccine, dose: int, day: date) -> None:
    if (day - chart.person.birth).days > 5 and chart.random.random() < 0.04:
        chart.shots.append(shot(chart, "vaccination", vaccine, dose, day, reason="发热，暂缓接种"))
        day += timedelta(days=14)
        if (chart.today - day).days < 2:
            return
    chart.shots.append(shot(chart, "vaccination", vaccine, dose, day))


def shot(chart: Chart, institution: str, vaccine: Vaccine, dose: int, day: date, *, reason: str = "") -> Shot:
    """One vaccination at an institution that vaccinates; `reason` makes it one that was put off."""
    department = "vaccination"
    moment = datetime.combine(day, time(chart.random.randint(8, 15), chart.random.randint(0, 59)))
    return Shot(
        number=chart.number("YM"),
        institution=institution,
        person=chart.person.number,
        code=vaccine.code,
        name=vaccine.name,
        dose=dose,
        series=vaccine.series,
        moment=moment,
        lot=f"{day.year}{chart.random.randint(1, 12):02d}{chart.random.choice('ABC')}{chart.random.randint(1, 40):02d}",
        maker=chart.random.choice(_MAKERS),
        expires=day.replace(day=1) + timedelta(days=500),
        practitioner=chart.staff(institution, department),
        given=not reason,
        reason=reason,
    )
