"""Microbiology: what is cultured, what grows, and which antibiotics still stop it."""

from random import Random
from typing import Final, Literal

from hie.operations.city.events import Culture, Susceptibility
from hie.operations.city.laboratory import Panel

PANELS: Final = {
    "urine": Panel("NPY", "尿培养及药敏", "630-4", "清洁中段尿", ()),
    "sputum": Panel("TPY", "痰培养及药敏", "6460-0", "痰液", ()),
    "mycobacteria": Panel("FZPY", "分枝杆菌培养", "543-9", "痰液", ()),
}

_CIPROFLOXACIN = ("环丙沙星", "185-9")
_CEFTRIAXONE = ("头孢曲松", "141-2")
_AMIKACIN = ("阿米卡星", "12-5")
_MEROPENEM = ("美罗培南", "6652-2")
_RIFAMPIN = ("利福平", "428-3")

_ORGANISMS: Final = {
    "urine": (
        ("ECO", "大肠埃希菌", "112283007", (_CIPROFLOXACIN, _CEFTRIAXONE, _AMIKACIN, _MEROPENEM)),
        ("KPN", "肺炎克雷伯菌", "56415008", (_CIPROFLOXACIN, _CEFTRIAXONE, _AMIKACIN, _MEROPENEM)),
    ),
    "sputum": (
        ("SPN", "肺炎链球菌", "9861002", (_CEFTRIAXONE, _MEROPENEM)),
        ("KPN", "肺炎克雷伯菌", "56415008", (_CIPROFLOXACIN, _CEFTRIAXONE, _AMIKACIN, _MEROPENEM)),
        ("PAE", "铜绿假单胞菌", "52499004", (_CIPROFLOXACIN, _AMIKACIN, _MEROPENEM)),
    ),
    "mycobacteria": (("MTB", "结核分枝杆菌", "113861009", (_RIFAMPIN,)),),
}
_VERDICTS: Final[tuple[Literal["S", "I", "R"], ...]] = ("S", "I", "R")
_CONCENTRATIONS: Final = {"S": ("<=0.25", "0.5", "<=1"), "I": ("2", "4"), "R": (">=4", ">=8", "32")}


def grown(random: Random, kind: str) -> Culture:
    """What grew in a culture of `kind`, with its susceptibilities."""
    code, name, snomed, antibiotics = random.choice(_ORGANISMS[kind])
    tests = []
    for antibiotic, loinc in antibiotics:
        verdict = random.choices(_VERDICTS, (70, 8, 22))[0]
        tests.append(Susceptibility(antibiotic, loinc, random.choice(_CONCENTRATIONS[verdict]), verdict))
    return Culture(code, name, snomed, tuple(tests))
