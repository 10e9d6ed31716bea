"""Pregnancy and birth at the maternity hospital: antenatal visits, the delivery, the newborn."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from random import Random

from hie.operations.city.chart import YEARS
from hie.operations.city.events import Birth, Checkup, Vitals
from hie.operations.city.institutions import MATERNITY, Institution
from hie.operations.city.people import Person


def deliveries(
    seed: int, people: list[Person], today: date, city: Mapping[str, Institution]
) -> tuple[list[Checkup], list[Birth]]:
    """Antenatal visits and births of all children born in the city in the last five years whose mother lives here."""
    checkups: list[Checkup] = []
    births: list[Birth] = []
    known = {person.number: person for person in people}
    nurseries: dict[tuple[int, date], list[Person]] = {}
    for person in people:
        if person.guardian in known and (today - person.birth).days < 365 * YEARS:
            nurseries.setdefault((person.guardian, person.birth), []).append(person)
    for (mother, birth), children in nurseries.items():
        random = Random(f"{seed}/maternity/{mother}/{birth}")
        weeks = random.randint(37, 41)
        checkups.extend(_checkups(random, known[mother], birth, weeks, city[MATERNITY]))
        births.append(_birth(random, mother, birth, children, weeks=weeks, hospital=city[MATERNITY]))
    return checkups, births


def _checkups(
    random: Random, mother: Person, birth: date, weeks: int, hospital: Institution
) -> list[Checkup]:
    found = []
    for index, week in enumerate((12, 20, 26, 32, 36), start=1):
        day = birth - timedelta(weeks=weeks - week, days=random.randint(0, 5))
        vitals = Vitals(
            random.randint(102, 128),
            random.randint(62, 82),
            "36.6",
            random.randint(72, 92),
            162,
            f"{52 + week * 0.32:.1f}",
        )
        found.append(
            Checkup(
                number=f"CJ{mother.number:05d}{birth:%y%m}{index}",
                person=mother.number,
                moment=datetime.combine(day, time(random.randint(8, 11), random.randint(0, 59))),
                week=week,
                vitals=vitals,
                haemoglobin=f"{random.gauss(128 - week * 0.5, 5):.0f}",
                practitioner=random.choice(hospital.departments["obstetrics"].practitioners),
            )
        )
    return found


def _birth(
    random: Random, mother: int, birth: date, children: list[Person], *, weeks: int, hospital: Institution
) -> Birth:
    moment = datetime.combine(birth, time(random.randint(1, 22), random.randint(0, 59)))
    caesarean = random.random() < 0.35 or len(children) > 1
    return Birth(
        mother=mother,
        children=tuple(child.number for child in children),
        admitted=moment - timedelta(hours=random.randint(5, 20)),
        moment=moment,
        discharged=moment + timedelta(days=4 if caesarean else 2, hours=6),
        caesarean=caesarean,
        weights=tuple(random.randint(2450, 3900) - (500 if len(children) > 1 else 0) for _ in children),
        lengths=tuple(random.randint(47, 52) for _ in children),
        apgar=tuple(random.choice((8, 9, 9, 10)) for _ in children),
        weeks=weeks,
        practitioner=random.choice(hospital.departments["obstetrics"].practitioners),
    )
