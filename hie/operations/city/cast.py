"""The cast of the story that the demonstration tells: residents made by hand, first in every city.

Their names, ages and conditions are fixed; numbers and addresses come from the seed. A city smaller than the cast
has only its first members.
"""

from typing import Final

from hie.operations.city.health import DEPRESSION, DIABETES, HIV, HYPERTENSION, INFLUENZA, TUBERCULOSIS
from hie.operations.city.people import Sketch

WALKER: Final = "walker"
"""Has results at hospital A, an open stay at hospital B, a notifiable case, a visit to psychiatry to hide."""
WIFE: Final = "wife"
DOCTOR: Final = "doctor"
"""Works at hospital B, where the walker lies; a resident like everybody."""
OFFICER: Final = "officer"
"""Works at the disease-control centre."""
AGENT: Final = "agent"
"""Helps residents at the first community clinic, with their card beside her."""
MOTHER: Final = "mother"
FATHER: Final = "father"
NEWBORN: Final = "newborn"
"""Without identity number or card; known under a provisional name at the maternity hospital."""
TWIN_ONE: Final = "twin-one"
TWIN_TWO: Final = "twin-two"
GUARDED: Final = "guarded"
"""Lives with HIV; treated at hospital B."""
RARE_NAME: Final = "rare-name"
"""A character that needs four bytes in GB18030 and in UTF-8."""
MISTYPED: Final = "mistyped"
"""Her number was typed wrong at a clinic, and her card and phone are missing there."""
DOUBLED: Final = "doubled"
"""Registered twice at hospital A, merged later (ADT^A40)."""
NAMESAKE_ONE: Final = "namesake-one"
NAMESAKE_TWO: Final = "namesake-two"
"""Same name and sex, birth dates a month apart: two people."""


def households() -> list[list[Sketch]]:
    """The cast's households. Ages in days before the city's day."""
    return [
        [
            Sketch(
                "于", "M", 24861, "spouse", "海珅", WALKER, (HYPERTENSION, DIABETES, DEPRESSION, INFLUENZA)
            ),
            Sketch("孙", "F", 22005, "spouse", "丽华", WIFE, (DIABETES,)),
        ],
        [Sketch("林", "F", 15190, "single", "若兰", DOCTOR, ())],
        [Sketch("杜", "M", 17730, "single", "文博", OFFICER, ())],
        [Sketch("程", "F", 11120, "single", "海燕", AGENT, ())],
        [
            Sketch("陈", "M", 12790, "spouse", "宇航", FATHER, ()),
            Sketch("李", "F", 12050, "spouse", "晓梅", MOTHER, ()),
            Sketch("陈", "F", 24, "child", "小满", NEWBORN, ()),
        ],
        [Sketch("周", "M", 16480, "single", "建文", GUARDED, (HIV,))],
        [Sketch("吴", "M", 20130, "single", "志强", DOUBLED, (HYPERTENSION,))],
        [Sketch("赵", "F", 30120, "single", "桂兰", MISTYPED, (HYPERTENSION,))],
        [
            Sketch("王", "M", 14200, "spouse", "磊", "twins-father", ()),
            Sketch("何", "F", 13650, "spouse", "静", "twins-mother", ()),
            Sketch("王", "F", 2730, "child", "一诺", TWIN_ONE, ()),
            Sketch("王", "F", 2730, "child", "一然", TWIN_TWO, ()),
        ],
        [Sketch("刘", "M", 18400, "single", "𬭎", RARE_NAME, (TUBERCULOSIS,))],
        [Sketch("王", "F", 13325, "single", "芳", NAMESAKE_ONE, ())],
        [Sketch("王", "F", 13356, "single", "芳", NAMESAKE_TWO, ())],
    ]
