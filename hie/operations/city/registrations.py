"""How each institution knows a resident: its own number for them, and what its registration desk got wrong.

The same people appear in several institutions with differing data: an old address, no identity number, a digit
typed wrong, a name that sounds the same, a former name. This is what the resident index works on.
"""

from dataclasses import dataclass, replace
from datetime import date
from random import Random
from typing import Final

from hie.operations.city import addresses, cast, names
from hie.operations.city.people import Person

_NUMBER_FORMS: Final = {
    "hospital-a": "WH{:07d}",
    "hospital-b": "{:010d}",
    "hospital-c": "SL{:06d}",
    "clinic-csv": "W{:06d}",
    "clinic-view": "S{:06d}",
    "disease-control": "K{:06d}",
    "vaccination": "ET{:06d}",
    "maternity": "MM{:06d}",
}
_LOOSE_DESKS: Final = {"clinic-csv": 1.6, "clinic-view": 1.3, "hospital-c": 1.2}
"""How much more often than at hospital A something goes wrong."""


@dataclass(frozen=True, slots=True)
class Registration:
    """A resident as one institution has them on file. `defects` says what differs from the truth, in words."""

    institution: str
    person: int
    patient_number: str
    since: date
    family: str
    given: str
    sex: str
    birth: date
    citizen_id: str
    card: str
    health_record: str
    phone: str
    address: addresses.Address
    short_address: bool
    marital: str
    ethnic: str
    occupation: str
    guardian_name: str
    defects: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.family + self.given

    @property
    def address_text(self) -> str:
        """The address in one line, the way this institution writes it."""
        return addresses.abbreviated(self.address) if self.short_address else self.address.text


def register(seed: int, institution: str, person: Person, since: date, guardian_name: str) -> Registration:
    """The registration made at the first visit, on `since`."""
    random = Random(f"{seed}/registration/{institution}/{person.number}")
    name = person.name_on(since)
    truth = Registration(
        institution=institution,
        person=person.number,
        patient_number=_NUMBER_FORMS[institution].format(person.number * 10 + random.randint(1, 4)),
        since=since,
        family=name[: len(person.family)],
        given=name[len(person.family) :],
        sex=person.sex,
        birth=person.birth,
        citizen_id=person.citizen_id if (since - person.birth).days > 60 else "",
        card=person.card if random.random() < 0.7 else "",
        health_record=person.health_record if institution.startswith("clinic") else "",
        phone=person.phone,
        address=person.address_on(since),
        short_address=random.random() < 0.3,
        marital=person.marital,
        ethnic=person.ethnic,
        occupation=person.occupation,
        guardian_name=guardian_name,
        defects=_time_worn(person, since),
    )
    if institution == "maternity" and (since - person.birth).days < 8 and guardian_name:
        child = "之女" if person.sex == "F" else "之子"
        order = "" if person.birth_order == 1 else "二"
        family, rest = guardian_name[:1], guardian_name[1:]
        return replace(truth, family=family, given=f"{rest}{child}{order}", defects=("provisional-name",))
    if person.role:
        return _as_told(random, truth, person)
    return _mistaken(random, truth, _LOOSE_DESKS.get(institution, 1.0))


def duplicate(seed: int, registration: Registration, since: date) -> Registration:
    """A second registration of the same person at the same institution: no number, no card, another phone."""
    random = Random(f"{seed}/duplicate/{registration.institution}/{registration.person}")
    return replace(
        registration,
        patient_number=_NUMBER_FORMS[registration.institution].format(
            registration.person * 10 + random.randint(5, 9)
        ),
        since=since,
        citizen_id="",
        card="",
        phone=f"100{random.randint(0, 99_999_999):08d}" if random.random() < 0.5 else registration.phone,
        defects=("duplicate", "no-id"),
    )


def _time_worn(person: Person, since: date) -> tuple[str, ...]:
    worn = []
    if person.name_on(since) != person.name:
        worn.append("former-name")
    if person.address_on(since) != person.address:
        worn.append("old-address")
    return tuple(worn)


def _as_told(random: Random, truth: Registration, person: Person) -> Registration:
    """What the story wants of its cast."""
    if person.role == cast.MISTYPED and truth.institution.startswith("clinic"):
        wrong = _digit_typed_wrong(random, truth.citizen_id)
        return replace(truth, citizen_id=wrong, card="", phone="", defects=(*truth.defects, "wrong-id"))
    if person.role == cast.MOTHER and truth.institution == "hospital-a":
        given = names.homophone(random, truth.given)
        return replace(truth, given=given, citizen_id="", defects=(*truth.defects, "homophone", "no-id"))
    if person.role == cast.WALKER:
        return replace(truth, card=person.card)
    return truth


def _mistaken(random: Random, truth: Registration, looseness: float) -> Registration:
    """At most two mistakes, so that everybody stays recognisable to a careful reader."""
    wrong = truth
    found = list(truth.defects)

    def happens(share: float) -> bool:
        return random.random() < share * looseness and len(found) - len(truth.defects) < 2

    if happens(0.10) and truth.citizen_id:
        wrong = replace(wrong, citizen_id="")
        found.append("no-id")
    elif happens(0.025) and truth.citizen_id:
        wrong = replace(wrong, citizen_id=_digit_typed_wrong(random, truth.citizen_id))
        found.append("wrong-id")
    if happens(0.03):
        given = names.homophone(random, wrong.given)
        if given != wrong.given:
            wrong = replace(wrong, given=given)
            found.append("homophone")
    if happens(0.02):
        wrong = replace(wrong, birth=_birth_typed_wrong(wrong.birth))
        found.append("wrong-birth-date")
    if happens(0.02):
        wrong = replace(wrong, family=names.traditional(wrong.family), given=names.traditional(wrong.given))
        found.append("traditional")
    if happens(0.10):
        wrong = replace(
            wrong, phone="" if random.random() < 0.5 else f"100{random.randint(0, 99_999_999):08d}"
        )
        found.append("other-phone")
    return replace(wrong, defects=tuple(found))


def _digit_typed_wrong(random: Random, number: str) -> str:
    """Two neighbouring digits of the sequence swapped, or one replaced: the check digit no longer fits."""
    place = random.randint(14, 16)
    other = random.choice([digit for digit in "0123456789" if digit != number[place]])
    return number[:place] + other + number[place + 1 :]


def _birth_typed_wrong(birth: date) -> date:
    """Day and month exchanged where that is a date, else the next day."""
    if birth.day <= 12 and birth.day != birth.month:
        return birth.replace(day=birth.month, month=birth.day)
    return birth.replace(day=birth.day % 28 + 1)
