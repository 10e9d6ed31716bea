"""A resident's chart while the history is being drawn: hands out numbers and turns episodes into visits."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Literal

from hie.operations.city import cultures, laboratory
from hie.operations.city.episodes import Episode
from hie.operations.city.events import Case, FollowUp, Prescription, Report, Shot, Visit, Vitals
from hie.operations.city.health import HYPERTENSION
from hie.operations.city.institutions import Institution, Practitioner
from hie.operations.city.medicines import DAILY, DIAGNOSES, MEDICINES, Medicine
from hie.operations.city.people import Person

YEARS = 5


class Chart:
    """One resident's events. `hospital` and `clinic` are where they usually go."""

    def __init__(self, seed: int, person: Person, today: date, city: Mapping[str, Institution]) -> None:
        self.seed, self.person, self.today, self.city = seed, person, today, city
        self.random = Random(f"{seed}/history/{person.number}")
        household = Random(f"{seed}/habits/{person.household}")
        self.hospital = household.choice(("hospital-a", "hospital-b", "hospital-c"))
        self.clinic = household.choice(("clinic-csv", "clinic-view"))
        self.begin = max(today - timedelta(days=365 * YEARS), person.birth)
        self.visits: list[Visit] = []
        self.follow_ups: list[FollowUp] = []
        self.cases: list[Case] = []
        self.shots: list[Shot] = []
        self._last = 0

    def number(self, prefix: str) -> str:
        """A number that nothing else in the city has."""
        self._last += 1
        return f"{prefix}{self.person.number:05d}{self._last:03d}"

    def some_day(self, months: tuple[int, ...] = ()) -> date | None:
        """A day of the period, in one of the months where some are named; None when the person is too young for one."""
        span = (self.today - self.begin).days - 10
        if span < 1:
            return None
        for _ in range(60):
            day = self.begin + timedelta(days=self.random.randint(0, span))
            if not months or day.month in months:
                return day
        return None

    def office_hour(self, day: date) -> datetime:
        """A moment of a working day, on that day or the Monday after a weekend."""
        day += timedelta(days=(7 - day.weekday()) % 7 if day.weekday() > 4 else 0)
        return datetime.combine(
            day, time(self.random.choice((8, 9, 9, 10, 10, 13, 14, 15)), self.random.randint(0, 59))
        )

    def usual_hospital(self) -> str:
        """The household's hospital, and now and then another."""
        return (
            self.hospital
            if self.random.random() < 0.72
            else self.random.choice(("hospital-a", "hospital-b", "hospital-c"))
        )

    def staff(self, institution: str, department: str) -> Practitioner:
        """Somebody of a department."""
        return self.random.choice(self.city[institution].departments[department].practitioners)

    def outpatient(
        self, institution: str, episode: Episode, start: datetime, kind: Literal["O", "E"] = "O"
    ) -> Visit:
        """A visit that ends the same day."""
        practitioner = self.staff(institution, episode.department)
        reports = tuple(
            self._report(panel, episode, start + timedelta(minutes=25)) for panel in episode.panels
        )
        if episode.culture:
            reports += (self._culture(episode.culture, start + timedelta(minutes=30)),)
        same_day = [report.reported for report in reports if not report.culture]
        end = max([start + timedelta(minutes=self.random.randint(15, 50)), *same_day]) + timedelta(minutes=12)
        visit = Visit(
            institution=institution,
            person=self.person.number,
            number=self.number("MZ"),
            kind=kind,
            department=episode.department,
            practitioner=practitioner,
            start=start,
            end=end,
            complaint=episode.complaint,
            diagnoses=tuple(DIAGNOSES[key] for key in episode.diagnoses),
            reports=reports,
            prescriptions=self._prescriptions(episode, end - timedelta(minutes=8)),
            vitals=self.vitals(start.date(), episode.illness),
        )
        self.visits.append(visit)
        return visit

    def inpatient(
        self, institution: str, episode: Episode, start: datetime, nights: int, *, is_open: bool = False
    ) -> Visit:
        """A stay; tests on the first day and again before the end, where it has ended."""
        practitioner = self.staff(institution, episode.department)
        reports = [self._report(panel, episode, start + timedelta(minutes=70)) for panel in episode.panels]
        if episode.culture:
            reports.append(self._culture(episode.culture, start + timedelta(hours=2)))
        if not is_open and nights > 3:
            later = start + timedelta(days=nights - 1)
            reports += [self._report(panel, episode, later, share=0.25) for panel in episode.panels[:2]]
        visit = Visit(
            institution=institution,
            person=self.person.number,
            number=self.number("ZY"),
            kind="I",
            department=episode.department,
            practitioner=practitioner,
            start=start,
            end=None if is_open else start + timedelta(days=nights, hours=self.random.randint(0, 4)),
            complaint=episode.complaint,
            diagnoses=tuple(DIAGNOSES[key] for key in episode.diagnoses),
            reports=tuple(reports),
            prescriptions=self._prescriptions(episode, start + timedelta(hours=3)),
            vitals=self.vitals(start.date(), episode.illness),
            bed=f"{self.random.randint(1, 48):02d}",
        )
        self.visits.append(visit)
        return visit

    def clinic_visit(self, episode: Episode, start: datetime) -> Visit:
        """A visit to the household's community clinic: no laboratory there."""
        child = self.person.age_on(start.date()) < 14
        department = "paediatrics" if child else "general"
        end = start + timedelta(minutes=self.random.randint(12, 40))
        visit = Visit(
            institution=self.clinic,
            person=self.person.number,
            number=self.number("M"),
            kind="O",
            department=department,
            practitioner=self.staff(self.clinic, department),
            start=start,
            end=end,
            complaint=episode.complaint,
            diagnoses=tuple(DIAGNOSES[key] for key in episode.diagnoses),
            prescriptions=self._prescriptions(episode, end - timedelta(minutes=5)),
            vitals=self.vitals(start.date(), episode.illness),
        )
        self.visits.append(visit)
        return visit

    def print_report(self, visit: Visit) -> None:
        """Let the last report of a visit carry its printed copy."""
        printed = replace(visit.reports[-1], pdf=True)
        self.visits[self.visits.index(visit)] = replace(visit, reports=(*visit.reports[:-1], printed))

    def vitals(self, day: date, illness: float = 0.0, controlled: bool = True) -> Vitals:
        """Blood pressure by condition, temperature by illness, body by age and sex."""
        own = Random(f"{self.seed}/body/{self.person.number}")
        age, man = self.person.age_on(day), self.person.sex == "M"
        grown = own.gauss(172 if man else 160, 5)
        height = grown if age >= 18 else 50 + (grown - 50) * (age / 18) ** 0.75
        index = own.gauss(24, 2.4) if age >= 18 else own.gauss(16.5, 1)
        pressure = 118 if HYPERTENSION not in self.person.conditions else 134 if controlled else 158
        pressure = pressure - max(0, 16 - age) * 2
        systolic = int(self.random.gauss(pressure, 6))
        weight = Decimal(str(round(index * (height / 100) ** 2, 1)))
        temperature = 36.5 + 2.2 * illness + self.random.uniform(-0.2, 0.3)
        pulse = int(self.random.gauss(76 + max(0, 8 - age) * 5 + 14 * illness, 6))
        diastolic = int(systolic * self.random.uniform(0.58, 0.66))
        return Vitals(systolic, diastolic, f"{temperature:.1f}", pulse, round(height), str(weight))

    def _report(
        self, panel: laboratory.Panel, episode: Episode, collected: datetime, share: float = 1.0
    ) -> Report:
        values = laboratory.results(
            self.seed,
            self.person,
            panel,
            collected.date(),
            self.today,
            illness=episode.illness * share,
            positive=episode.positive,
        )
        reported = collected + timedelta(minutes=self.random.randint(35, 110))
        return Report(self.number("BG"), panel, collected, reported, values)

    def _culture(self, kind: str, collected: datetime) -> Report:
        days = 28 if kind == "mycobacteria" else 3
        reported = min(collected + timedelta(days=days, hours=5), datetime.combine(self.today, time(1)))
        return Report(
            self.number("BG"),
            cultures.PANELS[kind],
            collected,
            reported,
            culture=cultures.grown(self.random, kind),
        )

    def _prescriptions(self, episode: Episode, moment: datetime) -> tuple[Prescription, ...]:
        return tuple(
            Prescription(self.number("CF"), MEDICINES[key], moment, days, _packages(MEDICINES[key], days))
            for key, days in episode.prescribed
        )


def _packages(medicine: Medicine, days: int) -> int:
    return max(1, round(DAILY[medicine.timing] * days / 21))
