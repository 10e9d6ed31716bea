"""The laboratory: what is measured (LOINC, local code, unit, reference range) and plausible values over years."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random
from typing import Final

from hie.operations.city.health import DIABETES, HEPATITIS_B, HIV, KIDNEY
from hie.operations.city.people import Person


@dataclass(frozen=True, slots=True)
class Analyte:
    """One measured thing. `unit` is UCUM; a range without a lower bound has low = 0."""

    code: str
    name: str
    loinc: str
    unit: str
    low: Decimal
    high: Decimal
    spread: float = 0.12
    """Between people, as a share of the middle of the range."""


@dataclass(frozen=True, slots=True)
class Panel:
    """What is ordered together."""

    code: str
    name: str
    loinc: str
    specimen: str
    analytes: tuple[Analyte, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """One value: a number with its flag (empty, H, L), or words for qualitative analytes."""

    analyte: Analyte
    value: str
    flag: str = ""
    qualitative: bool = False


def _panel(code: str, name: str, loinc: str, specimen: str, rows: str) -> Panel:
    """Rows: `code name loinc unit low high [spread]`, one a line."""
    analytes = []
    for row in rows.strip().splitlines():
        local, label, number, unit, low, high, *spread = row.split()
        share = float(spread[0]) if spread else 0.12
        analytes.append(Analyte(local, label, number, unit, Decimal(low), Decimal(high), share))
    return Panel(code, name, loinc, specimen, tuple(analytes))


BLOOD_COUNT: Final = _panel(
    "XCG",
    "血常规",
    "58410-2",
    "全血",
    """WBC 白细胞计数 6690-2 10*9/L 3.5 9.5
    RBC 红细胞计数 789-8 10*12/L 4.00 5.50 0.06
    HGB 血红蛋白 718-7 g/L 120 165 0.06
    HCT 红细胞压积 4544-3 % 36.0 50.0 0.06
    PLT 血小板计数 777-3 10*9/L 125 350 0.2
    NEUT 中性粒细胞百分比 770-8 % 40.0 75.0
    LYM 淋巴细胞百分比 736-9 % 20.0 50.0 0.16""",
)
LIVER: Final = _panel(
    "GGN",
    "肝功能",
    "24325-3",
    "血清",
    """ALT 丙氨酸氨基转移酶 1742-6 U/L 7 40 0.3
    AST 天门冬氨酸氨基转移酶 1920-8 U/L 13 35 0.25
    TBIL 总胆红素 14631-6 umol/L 3.4 20.5 0.3
    ALB 白蛋白 1751-7 g/L 40.0 55.0 0.06
    GGT γ-谷氨酰转移酶 2324-2 U/L 7 45 0.4""",
)
KIDNEY_FUNCTION: Final = _panel(
    "SGN",
    "肾功能",
    "24362-6",
    "血清",
    """CREA 肌酐 14682-9 umol/L 41 97 0.12
    UREA 尿素 22664-7 mmol/L 2.6 7.5 0.15
    UA 尿酸 14933-6 umol/L 155 428 0.18
    K 钾 2823-3 mmol/L 3.50 5.30 0.05
    NA 钠 2951-2 mmol/L 137.0 147.0 0.012""",
)
LIPIDS: Final = _panel(
    "XZ4",
    "血脂四项",
    "24331-1",
    "血清",
    """TC 总胆固醇 14647-2 mmol/L 3.00 5.20 0.14
    TG 甘油三酯 14927-8 mmol/L 0.45 1.70 0.35
    HDLC 高密度脂蛋白胆固醇 14646-4 mmol/L 1.04 1.80 0.14
    LDLC 低密度脂蛋白胆固醇 22748-8 mmol/L 1.50 3.40 0.2""",
)
SUGAR: Final = _panel(
    "XT",
    "血糖二项",
    "4548-4",
    "血清",
    """GLU 空腹血糖 14771-0 mmol/L 3.90 6.10 0.07
    HBA1C 糖化血红蛋白 4548-4 % 4.0 6.0 0.05""",
)
INFLAMMATION: Final = _panel("CRP", "C反应蛋白", "1988-5", "血清", "CRP C反应蛋白 1988-5 mg/L 0 8.0 0.4")
CD4_COUNT: Final = _panel(
    "CD4", "T淋巴细胞亚群", "24467-3", "全血", "CD4 CD4+T淋巴细胞计数 24467-3 /uL 410 1590 0.2"
)
URINE: Final = Panel("NCG", "尿常规", "24356-8", "尿液", ())
HEPATITIS_MARKERS: Final = Panel("YG5", "乙肝五项", "24363-4", "血清", ())
HIV_SCREEN: Final = Panel("HIVS", "HIV抗原抗体初筛", "56888-1", "血清", ())
INFLUENZA_RNA: Final = Panel("FLU", "甲乙型流感病毒核酸", "92142-9", "鼻咽拭子", ())

_QUALITATIVE: Final = {
    "NCG": (
        ("UPRO", "尿蛋白", "20454-5"),
        ("UGLU", "尿糖", "25428-4"),
        ("UKET", "尿酮体", "2514-8"),
        ("ULEU", "尿白细胞酯酶", "5799-2"),
    ),
    "YG5": (
        ("HBSAG", "乙肝表面抗原", "5196-1"),
        ("HBSAB", "乙肝表面抗体", "22322-2"),
        ("HBEAG", "乙肝e抗原", "13954-3"),
        ("HBEAB", "乙肝e抗体", "22320-6"),
        ("HBCAB", "乙肝核心抗体", "22316-4"),
    ),
    "HIVS": (("HIVAGAB", "HIV抗原抗体", "56888-1"),),
    "FLU": (("FLUA", "甲型流感病毒核酸", "92142-9"), ("FLUB", "乙型流感病毒核酸", "92141-1")),
}


def results(
    seed: int,
    person: Person,
    panel: Panel,
    day: date,
    today: date,
    *,
    illness: float = 0.0,
    positive: str = "",
) -> tuple[Result, ...]:
    """The values of a panel on a day. `illness` 0 to 1 is how ill the visit's cause makes; `positive` names the
    qualitative items (local codes, spaced) that are found."""
    random = Random(f"{seed}/laboratory/{person.number}/{panel.code}/{day}")
    if panel.code in _QUALITATIVE:
        found = set(positive.split())
        return tuple(
            _word(Analyte(c, n, x, "", Decimal(0), Decimal(0)), c in found)
            for c, n, x in _QUALITATIVE[panel.code]
        )
    years_ago = (today - day).days / 365
    levels = f"{seed}/level/{person.number}"
    return tuple(
        _value(
            random, Random(f"{levels}/{analyte.code}"), person, analyte, years_ago=years_ago, illness=illness
        )
        for analyte in panel.analytes
    )


def _word(analyte: Analyte, positive: bool) -> Result:
    return Result(analyte, "阳性(+)" if positive else "阴性(-)", "A" if positive else "", qualitative=True)


def _value(
    random: Random, own: Random, person: Person, analyte: Analyte, *, years_ago: float, illness: float
) -> Result:
    """The person's own level, drifted by their conditions over the years, with the noise of a day."""
    low, high = float(analyte.low), float(analyte.high)
    middle = (low + high) / 2
    level = middle * (1 + own.gauss(0, analyte.spread)) * _drift(person, analyte.code, years_ago, illness)
    level = max(level * (1 + random.gauss(0, analyte.spread / 4)), high * 0.01)
    if analyte.unit == "%":
        level = min(level, 96.0)
    places = -int(analyte.high.as_tuple().exponent)
    value = f"{level:.{places}f}"
    number = Decimal(value)
    flag = "H" if number > analyte.high else "L" if number < analyte.low else ""
    return Result(analyte, value, flag)


def _drift(person: Person, code: str, years_ago: float, illness: float) -> float:
    """Treated diabetes comes down, kidneys fail slowly, treated HIV lets CD4 cells rise, inflammation follows illness."""
    diabetic = DIABETES in person.conditions
    factor = {
        "WBC": 1 + 0.9 * illness,
        "NEUT": 1 + 0.35 * illness,
        "LYM": 1 - 0.45 * illness,
        "CRP": 1 + 14 * illness,
        "GLU": 1.35 + 0.13 * years_ago if diabetic else 1.0,
        "HBA1C": 1.32 + 0.10 * years_ago if diabetic else 1.0,
        "LDLC": 1.15 if diabetic else 1.0,
        "CREA": 2.6 - 0.25 * years_ago if KIDNEY in person.conditions else 1.0,
        "UREA": 1.9 - 0.12 * years_ago if KIDNEY in person.conditions else 1.0,
        "CD4": 0.58 - 0.07 * years_ago if HIV in person.conditions else 1.0,
        "ALT": 1.9 if HEPATITIS_B in person.conditions else 1.0,
        "AST": 1.6 if HEPATITIS_B in person.conditions else 1.0,
        "HGB": 0.94 if person.sex == "F" else 1.04,
    }
    return factor.get(code, 1.0)
