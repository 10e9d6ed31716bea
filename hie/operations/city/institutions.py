"""The institutions of the demonstration city: who sends which feed, with departments and practitioners.

All invented. Codes are unified social credit codes (GB 32100) of the region 370200 with valid check characters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from fhir_profiles import identity_numbers
from hie.operations.city import names


@dataclass(frozen=True, slots=True)
class Practitioner:
    """Somebody who treats: the institution's staff number and a name."""

    code: str
    name: str
    surname: str


@dataclass(frozen=True, slots=True)
class Department:
    """A department with the code its institution gives it."""

    code: str
    name: str
    practitioners: tuple[Practitioner, ...]


@dataclass(frozen=True, slots=True)
class Institution:
    """One organisation of the city; `departments` by a word that is the same everywhere (`cardiology`)."""

    key: str
    code: str
    name: str
    departments: Mapping[str, Department]


HOSPITALS: Final = ("hospital-a", "hospital-b", "hospital-c")
CLINICS: Final = ("clinic-csv", "clinic-view")
DISEASE_CONTROL: Final = "disease-control"
VACCINATION: Final = "vaccination"
MATERNITY: Final = "maternity"

_DEPARTMENTS: Final = {
    "general": "全科医学科",
    "internal": "普通内科",
    "cardiology": "心血管内科",
    "endocrinology": "内分泌科",
    "respiratory": "呼吸与危重症医学科",
    "gastroenterology": "消化内科",
    "surgery": "普通外科",
    "orthopaedics": "骨科",
    "paediatrics": "儿科",
    "obstetrics": "产科",
    "neonatology": "新生儿科",
    "infectious": "感染性疾病科",
    "psychiatry": "精神心理科",
    "emergency": "急诊科",
    "laboratory": "检验科",
    "vaccination": "预防接种门诊",
    "child-health": "儿童保健科",
}
_FULL = tuple(key for key in _DEPARTMENTS if key not in ("general", "neonatology", "child-health"))
_ROSTER: Final = (
    ("hospital-a", "00000010", "青岛望海综合医院", _FULL),
    ("hospital-b", "00000011", "青岛听涛人民医院", _FULL),
    ("hospital-c", "00000012", "青岛松岭医院", _FULL),
    ("clinic-csv", "00000020", "石榴街道社区卫生服务中心", ("general", "paediatrics", "child-health")),
    ("clinic-view", "00000021", "云岭街道社区卫生服务中心", ("general", "paediatrics", "child-health")),
    (DISEASE_CONTROL, "00000030", "青岛市滨海疾病预防控制中心", ("infectious",)),
    (VACCINATION, "00000031", "青岛市滨海预防接种中心", ("vaccination",)),
    (
        MATERNITY,
        "00000040",
        "青岛木棉妇幼保健院",
        ("obstetrics", "neonatology", "laboratory", "child-health"),
    ),
)


def institutions(seed: int) -> dict[str, Institution]:
    """All institutions by key; only the practitioners' names depend on the seed."""
    return {key: _institution(seed, key, stem, name, departments) for key, stem, name, departments in _ROSTER}


def _institution(seed: int, key: str, stem: str, name: str, departments: tuple[str, ...]) -> Institution:
    random = Random(f"{seed}/staff/{key}")
    code = identity_numbers.social_credit_code("1", "2", "370200", stem)
    rooms = {}
    for index, word in enumerate(departments, start=1):
        staff = tuple(_practitioner(random, f"D{index:02d}{place:02d}") for place in range(1, 4))
        rooms[word] = Department(f"{index:02d}01", _DEPARTMENTS[word], staff)
    return Institution(key, code, name, rooms)


def _practitioner(random: Random, code: str) -> Practitioner:
    surname = names.surname(random)
    return Practitioner(
        code, surname + names.given(random, random.choice("MF"), random.randint(1962, 1996)), surname
    )
