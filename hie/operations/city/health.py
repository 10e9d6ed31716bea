"""What the residents tend to suffer from: conditions by age and sex, drawn once for each person."""

from dataclasses import replace
from datetime import date
from random import Random
from typing import Final

from hie.operations.city import names
from hie.operations.city.people import Person

HYPERTENSION: Final = "hypertension"
DIABETES: Final = "diabetes"
KIDNEY: Final = "kidney"
LUNG: Final = "lung"
DEPRESSION: Final = "depression"
HIV: Final = "hiv"
TUBERCULOSIS: Final = "tuberculosis"
HEPATITIS_B: Final = "hepatitis-b"
INFLUENZA: Final = "influenza"
HAND_FOOT_MOUTH: Final = "hand-foot-mouth"
FRACTURE: Final = "fracture"
APPENDICITIS: Final = "appendicitis"

_SHARES: Final = (
    # condition, youngest, oldest, share
    (HYPERTENSION, 35, 59, 0.24),
    (HYPERTENSION, 60, 120, 0.55),
    (DIABETES, 35, 59, 0.11),
    (DIABETES, 60, 120, 0.22),
    (KIDNEY, 60, 120, 0.07),
    (LUNG, 55, 120, 0.10),
    (DEPRESSION, 16, 120, 0.05),
    (HIV, 20, 55, 0.02),
    (TUBERCULOSIS, 18, 90, 0.025),
    (HEPATITIS_B, 25, 75, 0.05),
    (INFLUENZA, 1, 90, 0.12),
    (HAND_FOOT_MOUTH, 1, 7, 0.35),
    (FRACTURE, 5, 90, 0.06),
    (APPENDICITIS, 8, 60, 0.04),
)


def endowed(seed: int, person: Person, today: date) -> Person:
    """The person with conditions, and now and then with a name of earlier days. The cast keeps what the story gave it."""
    random = Random(f"{seed}/health/{person.number}")
    age = person.age_on(today)
    drawn = {name for name, low, high, share in _SHARES if low <= age <= high and random.random() < share}
    rename = random.random() < 0.03 and age >= 25
    years_ago = random.randint(1, 4)
    other = names.given(random, person.sex, person.birth.year)
    if person.role:
        return person
    if rename and other != person.given:
        renamed = today.replace(year=today.year - years_ago, day=1)
        return replace(
            person, conditions=frozenset(drawn), former_name=person.family + other, renamed=renamed
        )
    return replace(person, conditions=frozenset(drawn))
