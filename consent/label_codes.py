"""Code sets behind the sensitivity labels. A change of any of them is a new VERSION, so that rows can be labelled again.

ICD-10 ranges follow the chapter titles of the WHO edition (notifiable diseases are `fhir_profiles.notifiable_diseases`);
LOINC codes are the tests a region orders; departments are the names and the codes of the national table of business
departments (CT08.00.002).
"""

import re
from typing import Final

from consent.categories import Label

VERSION: Final = 1

ICD10_RANGES: Final[tuple[tuple[str, str, Label], ...]] = (
    ("A50", "A64", Label.HIV_STD),
    ("B20", "B24", Label.HIV_STD),
    ("F98.7", "F98.7", Label.HIV_STD),
    ("R75", "R75", Label.HIV_STD),
    ("Z11.3", "Z11.4", Label.HIV_STD),
    ("Z20.2", "Z20.6", Label.HIV_STD),
    ("Z21", "Z21", Label.HIV_STD),
    ("F00", "F09", Label.MENTAL),
    ("F20", "F99", Label.MENTAL),
    ("X60", "X84", Label.MENTAL),
    ("Z91.5", "Z91.5", Label.MENTAL),
    ("F10", "F19", Label.SUBSTANCE),
    ("Z50.2", "Z50.3", Label.SUBSTANCE),
    ("Z71.4", "Z71.5", Label.SUBSTANCE),
    ("Z72.1", "Z72.2", Label.SUBSTANCE),
    ("N46", "N46", Label.REPRODUCTIVE),
    ("N97", "N98", Label.REPRODUCTIVE),
    ("O03", "O08", Label.REPRODUCTIVE),
    ("Z30", "Z32", Label.REPRODUCTIVE),
    ("Z64.0", "Z64.0", Label.REPRODUCTIVE),
    ("Q90", "Q99", Label.GENETIC),
    ("Z13.7", "Z13.7", Label.GENETIC),
    ("Z31.5", "Z31.5", Label.GENETIC),
    ("T74", "T74", Label.ABUSE),
    ("Y05", "Y07", Label.ABUSE),
    ("Z61.4", "Z61.6", Label.ABUSE),
)

LOINC: Final[dict[str, Label]] = {
    **dict.fromkeys(
        (
            "7917-8",
            "7918-6",
            "29893-5",
            "30361-0",
            "31201-7",
            "48345-3",
            "56888-1",
            "75622-1",
            "68961-2",
            "25835-0",
        ),
        Label.HIV_STD,
    ),
    **dict.fromkeys(
        ("25836-8", "24012-6", "20447-9", "10351-5", "21009-6", "80203-3", "89374-3"), Label.HIV_STD
    ),
    **dict.fromkeys(
        (
            "20507-0",
            "20508-8",
            "22461-8",
            "22462-6",
            "24110-9",
            "31147-2",
            "5292-8",
            "5393-4",
            "6561-5",
            "47236-5",
        ),
        Label.HIV_STD,
    ),
    **dict.fromkeys(("691-6", "698-1", "21415-5", "43305-2", "21613-5", "43304-5"), Label.HIV_STD),
    **dict.fromkeys(("44249-1", "44261-6", "55758-7", "69737-5", "70274-6"), Label.MENTAL),
    **dict.fromkeys(
        ("3426-4", "3397-7", "3349-8", "19295-5", "5642-4", "5643-2", "3393-6", "3878-6"), Label.SUBSTANCE
    ),
    **dict.fromkeys(("2106-3", "2110-5", "2118-8", "19080-1", "21198-7"), Label.REPRODUCTIVE),
    **dict.fromkeys(("21636-6", "21637-4", "69548-6", "81247-9", "62356-1", "29770-5"), Label.GENETIC),
}

DEPARTMENT_CODES: Final[dict[str, Label]] = {
    "15": Label.MENTAL,
    "15.05": Label.SUBSTANCE,
    "05.04": Label.REPRODUCTIVE,
    "05.05": Label.REPRODUCTIVE,
    "05.06": Label.GENETIC,
    "13.02": Label.HIV_STD,
}
"""The visit itself tells; the longest matching prefix counts."""

DEPARTMENT_WORDS: Final[tuple[tuple[re.Pattern[str], Label], ...]] = (
    (re.compile("精神|心理|心身|psych"), Label.MENTAL),
    (re.compile("戒毒|药物依赖|成瘾|addict"), Label.SUBSTANCE),
    (re.compile("生殖|计划生育|不孕|infertil|family planning"), Label.REPRODUCTIVE),
    (re.compile("遗传|产前诊断|genetic"), Label.GENETIC),
    (re.compile("艾滋|^性病|hiv"), Label.HIV_STD),
)

MIXED_DEPARTMENT: Final = re.compile("皮肤性病|性病|感染|传染|泌尿男|男科|法医|危机|venere|infectious")
"""Departments where some visits tell and others do not: what they send under unknown codes is labelled."""

TEXT_WORDS: Final[tuple[tuple[re.Pattern[str], Label], ...]] = (
    (
        re.compile(r"艾滋|人类免疫缺陷病毒|梅毒|淋病|尖锐湿疣|生殖器疱疹|\bhiv\b|syphilis|gonorrh"),
        Label.HIV_STD,
    ),
    (
        re.compile("精神分裂|抑郁|躁狂|双相|焦虑障碍|焦虑症|强迫症|自杀|自伤|schizophren|depressi|bipolar"),
        Label.MENTAL,
    ),
    (re.compile("吸毒|毒品|海洛因|冰毒|美沙酮|酒精依赖|酒依赖|heroin|methadone|opioid use"), Label.SUBSTANCE),
    (
        re.compile("人工流产|药物流产|人流术|不孕症|不育症|避孕|试管婴儿|abortion|infertility"),
        Label.REPRODUCTIVE,
    ),
    (re.compile("染色体异常|基因检测|遗传咨询|brca[12]|huntington|亨廷顿"), Label.GENETIC),
    (re.compile("家庭暴力|家暴|性侵|虐待|sexual assault|domestic violence"), Label.ABUSE),
    (
        re.compile(
            "奥氮平|利培酮|氯氮平|喹硫平|阿立哌唑|碳酸锂|舍曲林|帕罗西汀|氟西汀|文拉法辛|olanzapine|sertraline"
        ),
        Label.MENTAL,
    ),
    (
        re.compile("齐多夫定|拉米夫定/|替诺福韦/|多替拉韦|依非韦伦|克力芝|efavirenz|dolutegravir|zidovudine"),
        Label.HIV_STD,
    ),
    (re.compile("米非司酮|炔雌醇|左炔诺孕酮|mifepristone|levonorgestrel"), Label.REPRODUCTIVE),
    (re.compile("纳曲酮|丁丙诺啡|naltrexone|buprenorphine"), Label.SUBSTANCE),
)
"""Diagnoses and medicines by name: half of what arrives has no code that anybody else knows."""
