"""The residents: persons in households, with numbers nobody else has, and what they tend to suffer from.

Citizen-ID numbers carry the prefix 370200, which no resident gets, and a valid check digit (GB 11643).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random
from typing import Final

from fhir_profiles import identity_numbers
from hie.operations.city import addresses, names
from hie.operations.city.addresses import Address

REGION: Final = "370200"
_ETHNIC: Final = (("01", 930), ("03", 25), ("11", 20), ("10", 10), ("08", 8), ("15", 7))
_OCCUPATIONS: Final = ("13", "17", "21", "24", "27", "54", "51", "70")


@dataclass(frozen=True, slots=True)
class Person:
    """One resident.

    `sex` is M or F. `citizen_id` is empty for newborns not yet registered. `former_name` and `former_address` were true
    before `renamed` and `moved`. `marital` is GB/T 2261.2, `ethnic` GB 3304, `occupation` GB/T 2261.4.
    `conditions` are words of `hie.operations.city.health`. `role` names a member of the story's cast.
    """

    number: int
    household: int
    family: str
    given: str
    sex: str
    birth: date
    citizen_id: str
    card: str
    health_record: str
    phone: str
    address: Address
    ethnic: str = "01"
    marital: str = "10"
    occupation: str = ""
    former_name: str = ""
    renamed: date | None = None
    former_address: Address | None = None
    moved: date | None = None
    guardian: int | None = None
    birth_order: int = 1
    conditions: frozenset[str] = field(default_factory=frozenset)
    role: str = ""

    @property
    def name(self) -> str:
        """The name of today, surname first."""
        return self.family + self.given

    def name_on(self, day: date) -> str:
        """The name on a day of the past."""
        return self.former_name if self.renamed and day < self.renamed else self.name

    def address_on(self, day: date) -> Address:
        """The home on a day of the past."""
        return (
            self.former_address if self.former_address and self.moved and day < self.moved else self.address
        )

    def age_on(self, day: date) -> int:
        """Completed years."""
        return day.year - self.birth.year - ((day.month, day.day) < (self.birth.month, self.birth.day))


@dataclass(frozen=True, slots=True)
class Sketch:
    """What a household knows of a member before numbers are given out. `age` is in days."""

    family: str
    sex: str
    age: int
    place: str
    given: str = ""
    role: str = ""
    conditions: tuple[str, ...] = ()


def residents(seed: int, count: int, today: date, cast: list[list[Sketch]]) -> list[Person]:
    """`count` residents in households, the cast's households first. The last household may be cut short."""
    people: list[Person] = []
    sequences: dict[date, int] = {}
    for household, sketches in enumerate(_households(seed, cast)):
        random = Random(f"{seed}/household/{household}")
        for member in _family(
            random, household, sketches, first=len(people) + 1, today=today, sequences=sequences
        ):
            if len(people) == count:
                return people
            people.append(member)
    return people


def _households(seed: int, cast: list[list[Sketch]]) -> Iterator[list[Sketch]]:
    yield from cast
    index = len(cast)
    while True:
        yield _sketch(Random(f"{seed}/sketch/{index}"))
        index += 1


def _years(random: Random, low: int, high: int) -> int:
    return random.randint(low * 365, high * 365)


def _sketch(random: Random) -> list[Sketch]:
    """A household of a usual shape: a couple with children, elders, somebody alone, three generations."""
    shape = random.choices(("family", "elders", "couple", "single", "three"), (34, 22, 14, 18, 12))[0]
    father, mother = names.surname(random), names.surname(random)
    if shape == "single":
        return [Sketch(father, random.choice("MF"), _years(random, 19, 84), "single")]
    if shape == "elders":
        age = _years(random, 60, 86)
        return [
            Sketch(father, "M", age, "spouse"),
            Sketch(mother, "F", age - random.randint(-400, 1500), "spouse"),
        ]
    age = _years(random, 23, 34) if shape == "couple" else _years(random, 26, 44)
    members = [
        Sketch(father, "M", age, "spouse"),
        Sketch(mother, "F", age - random.randint(-300, 1300), "spouse"),
    ]
    if shape == "couple":
        return members
    for _ in range(random.choices((1, 2), (65, 35))[0]):
        oldest = max(40, min(16 * 365, members[1].age - 22 * 365))
        members.append(Sketch(father, random.choice("MF"), random.randint(20, oldest), "child"))
    if random.random() < 0.06:
        members.append(replace(members[-1], sex=random.choice("MF")))
    if shape == "three":
        members.append(Sketch(mother, "M", age + _years(random, 24, 30), "elder"))
        members.append(Sketch(names.surname(random), "F", age + _years(random, 22, 28), "elder"))
    return members


def _family(
    random: Random,
    household: int,
    sketches: list[Sketch],
    *,
    first: int,
    today: date,
    sequences: dict[date, int],
) -> Iterator[Person]:
    home = addresses.home(random)
    moved = today - timedelta(days=random.randint(200, 1500)) if random.random() < 0.22 else None
    former_home = addresses.home(random) if moved else None
    phone = _phone(random)
    taken: set[str] = set()
    births: list[date] = []
    mother = next((first + i for i, s in enumerate(sketches) if s.place == "spouse" and s.sex == "F"), first)
    for index, sketch in enumerate(sketches):
        birth = today - timedelta(days=sketch.age)
        given = sketch.given or names.given(random, sketch.sex, birth.year)
        while given in taken:
            given = names.given(random, sketch.sex, birth.year)
        taken.add(given)
        child = sketch.place == "child"
        order = births.count(birth) + 1
        births.append(birth)
        unregistered = sketch.age < 60 and not sketch.role.startswith("registered")
        minor = sketch.age < 14 * 365
        yield Person(
            number=first + index,
            household=household,
            family=sketch.family,
            given=given,
            sex=sketch.sex,
            birth=birth,
            citizen_id="" if unregistered else _citizen_id(birth, sketch.sex, sequences),
            card=""
            if unregistered
            else f"A{(first + index) * 7919 + random.randint(0, 7900) + 100000000:09d}",
            health_record=identity_numbers.health_record_number(
                home.district_code, "001", "001", first + index
            ),
            phone=phone if minor else _phone(random),
            address=home,
            ethnic=random.choices([code for code, _ in _ETHNIC], [weight for _, weight in _ETHNIC])[0],
            marital=_marital(random, sketch),
            occupation=_occupation(random, sketch),
            former_address=former_home if not child or (moved and birth < moved) else None,
            moved=moved,
            guardian=mother if child and sketch.age < 18 * 365 else None,
            birth_order=order,
            conditions=frozenset(sketch.conditions),
            role=sketch.role,
        )


def _phone(random: Random) -> str:
    """Eleven digits that start with 100: no operator has numbers there."""
    return f"100{random.randint(0, 99_999_999):08d}"


def _citizen_id(birth: date, sex: str, sequences: dict[date, int]) -> str:
    sequence = sequences[birth] = sequences.get(birth, 0) + 1
    return identity_numbers.citizen_id(REGION, birth, 2 * sequence - 1 if sex == "M" else 2 * sequence)


def _marital(random: Random, sketch: Sketch) -> str:
    if sketch.place == "spouse":
        return "20"
    if sketch.place == "elder":
        return random.choice(("20", "30"))
    return random.choice(("10", "10", "40")) if sketch.age > 22 * 365 else "10"


def _occupation(random: Random, sketch: Sketch) -> str:
    years = sketch.age // 365
    if years < 6:
        return ""
    if years < 20:
        return "31"
    return "80" if years >= 60 else random.choice(_OCCUPATIONS)
