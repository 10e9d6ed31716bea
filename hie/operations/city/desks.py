"""The registration desks: which registration of a resident is in force at an institution at a moment.

A desk may learn of a new address or name (ADT^A08), and now and then registers somebody a second time and merges the
two later (ADT^A40).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Final

from hie.operations.city import cast
from hie.operations.city.events import History
from hie.operations.city.institutions import DISEASE_CONTROL, MATERNITY
from hie.operations.city.people import Person
from hie.operations.city.registrations import Registration, duplicate, register

_MERGING: Final = ("hospital-a", "hospital-b")


@dataclass(frozen=True, slots=True)
class Update:
    """A desk learned something new about a resident when a visit began (A08)."""

    moment: datetime
    registration: Registration


@dataclass(frozen=True, slots=True)
class Merge:
    """Two registrations turned out to be one person (A40); `retired` is no longer used."""

    moment: datetime
    survivor: Registration
    retired: Registration


class Desks:
    """All desks of the city, after five years of visits."""

    def __init__(self, seed: int, people: list[Person], history: History, today: datetime) -> None:
        self._people = {person.number: person for person in people}
        self._versions: dict[tuple[str, int], list[tuple[datetime, Registration]]] = {}
        self._doubles: dict[tuple[str, int, datetime], Registration] = {}
        self.updates: list[Update] = []
        self.merges: list[Merge] = []
        for (institution, number), moments in sorted(_touches(history).items()):
            self._open_file(seed, institution, self._people[number], sorted(set(moments)), today)

    def at(self, institution: str, person: int, moment: datetime) -> Registration:
        """The registration an event that began at `moment` is written under."""
        if double := self._doubles.get((institution, person, moment)):
            return double
        versions = self._versions[institution, person]
        return next((known for since, known in reversed(versions) if since <= moment), versions[0][1])

    def registrations(self) -> list[Registration]:
        """Every registration number ever given, as first written: what the resident index gets to see."""
        firsts = [versions[0][1] for versions in self._versions.values()]
        return firsts + list(self._doubles.values())

    def _open_file(
        self, seed: int, institution: str, person: Person, moments: list[datetime], today: datetime
    ) -> None:
        guardian = self._people[person.guardian].name if person.guardian in self._people else ""
        first = register(seed, institution, person, moments[0].date(), guardian)
        versions = [(moments[0], first)]
        self._versions[institution, person.number] = versions
        random = Random(f"{seed}/desk/{institution}/{person.number}")
        for moment in moments[1:]:
            changed = _learned(person, versions[-1][1], moment)
            if changed is not None and random.random() < 0.6:
                versions.append((moment, changed))
                self.updates.append(Update(moment, changed))
        if institution in _MERGING and len(moments) > 2:
            self._double(random, seed, person, first, moments, today)

    def _double(
        self,
        random: Random,
        seed: int,
        person: Person,
        first: Registration,
        moments: list[datetime],
        today: datetime,
    ) -> None:
        story = person.role == cast.DOUBLED and first.institution == "hospital-a"
        if not story and (person.role or random.random() > 0.06):
            return
        moment = moments[-2] if story else random.choice(moments[1:])
        double = duplicate(seed, first, moment.date())
        self._doubles[first.institution, person.number, moment] = double
        merged = moment + timedelta(days=20, hours=4)
        if merged < today and (story or random.random() < 0.65):
            survivor = self.at(first.institution, person.number, merged)
            self.merges.append(Merge(merged, survivor, double))


def _learned(person: Person, known: Registration, moment: datetime) -> Registration | None:
    """The registration with today's address and name, or None when nothing is new."""
    changes: dict[str, object] = {}
    if "old-address" in known.defects and person.address_on(moment.date()) == person.address:
        changes["address"] = person.address
    if "former-name" in known.defects and person.name_on(moment.date()) == person.name:
        changes["given"] = person.given
    return replace(known, **changes, defects=()) if changes else None  # type: ignore[arg-type]


def _touches(history: History) -> dict[tuple[str, int], list[datetime]]:
    found: dict[tuple[str, int], list[datetime]] = {}
    for institution, person, moment in _moments(history):
        found.setdefault((institution, person), []).append(moment)
    return found


def _moments(history: History) -> Iterator[tuple[str, int, datetime]]:
    for visit in history.visits:
        yield visit.institution, visit.person, visit.start
    for follow_up in history.follow_ups:
        yield follow_up.institution, follow_up.person, follow_up.moment
    for case in history.cases:
        yield DISEASE_CONTROL, case.person, case.reported
    for shot in history.shots:
        yield shot.institution, shot.person, shot.moment
    for checkup in history.checkups:
        yield MATERNITY, checkup.person, checkup.moment
    for birth in history.births:
        yield MATERNITY, birth.mother, birth.admitted
        for child in birth.children:
            yield MATERNITY, child, birth.moment
