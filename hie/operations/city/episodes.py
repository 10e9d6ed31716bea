"""The usual reasons to see a doctor: complaint, diagnosis, department, tests and medicines of each."""

from dataclasses import dataclass
from typing import Final

from hie.operations.city import laboratory
from hie.operations.city.laboratory import Panel


@dataclass(frozen=True, slots=True)
class Episode:
    """One kind of visit. `prescribed` pairs a medicine with days; `illness` (0 to 1) moves the inflammation values."""

    complaint: str
    diagnoses: tuple[str, ...]
    department: str
    prescribed: tuple[tuple[str, int], ...] = ()
    panels: tuple[Panel, ...] = ()
    illness: float = 0.0
    positive: str = ""
    culture: str = ""


_COUNT: Final = laboratory.BLOOD_COUNT
_FEVER: Final = (laboratory.BLOOD_COUNT, laboratory.INFLAMMATION)

EPISODES: Final = {
    "cold": Episode("鼻塞、咽痛2天", ("cold",), "internal", (("ibuprofen", 3),), (_COUNT,), 0.15),
    "child-cold": Episode("发热1天，流涕", ("cold",), "paediatrics", (("ibuprofen", 3),), (_COUNT,), 0.25),
    "bronchitis": Episode(
        "咳嗽、咳痰5天", ("bronchitis",), "respiratory", (("amoxicillin", 7), ("ambroxol", 7)), _FEVER, 0.4
    ),
    "gastritis": Episode(
        "上腹部隐痛2周", ("gastritis",), "gastroenterology", (("omeprazole", 14),), (_COUNT,)
    ),
    "enteritis": Episode("腹泻、腹痛1天", ("enteritis",), "emergency", (("levofloxacin", 3),), _FEVER, 0.35),
    "back-pain": Episode("腰痛1周，活动受限", ("back-pain",), "orthopaedics", (("celecoxib", 7),)),
    "knee": Episode(
        "右膝关节疼痛半年", ("knee",), "orthopaedics", (("celecoxib", 14),), (laboratory.KIDNEY_FUNCTION,)
    ),
    "contusion": Episode("跌倒致膝部疼痛2小时", ("contusion",), "emergency", (("celecoxib", 5),)),
    "dermatitis": Episode("皮肤红斑伴瘙痒1周", ("dermatitis",), "internal"),
    "urinary": Episode(
        "尿频、尿急、尿痛3天",
        ("urinary",),
        "internal",
        (("levofloxacin", 7),),
        (laboratory.URINE,),
        0.3,
        "ULEU",
        "urine",
    ),
    "check": Episode(
        "健康体检",
        ("check",),
        "internal",
        (),
        (
            _COUNT,
            laboratory.LIVER,
            laboratory.KIDNEY_FUNCTION,
            laboratory.LIPIDS,
            laboratory.SUGAR,
            laboratory.URINE,
        ),
    ),
    "hypertension": Episode(
        "头晕，复查血压",
        ("hypertension",),
        "cardiology",
        (("amlodipine", 28), ("valsartan", 28)),
        (laboratory.KIDNEY_FUNCTION, laboratory.LIPIDS),
    ),
    "coronary": Episode(
        "活动后胸闷1月",
        ("coronary", "hypertension"),
        "cardiology",
        (("aspirin", 30), ("atorvastatin", 28)),
        (laboratory.LIPIDS, laboratory.LIVER),
    ),
    "diabetes": Episode(
        "口渴、多尿，复查血糖",
        ("diabetes",),
        "endocrinology",
        (("metformin", 28), ("acarbose", 28)),
        (laboratory.SUGAR, laboratory.KIDNEY_FUNCTION),
    ),
    "kidney": Episode(
        "双下肢浮肿，复查肾功能",
        ("kidney",),
        "internal",
        (("valsartan", 28),),
        (laboratory.KIDNEY_FUNCTION, laboratory.URINE),
        positive="UPRO",
    ),
    "lung": Episode("活动后气促，复诊", ("lung",), "respiratory", (("tiotropium", 30),), (_COUNT,), 0.1),
    "depression": Episode(
        "情绪低落、失眠2月", ("depression", "anxiety"), "psychiatry", (("sertraline", 28),)
    ),
    "hiv": Episode(
        "抗病毒治疗随访",
        ("hiv",),
        "infectious",
        (("antiretroviral", 90),),
        (laboratory.CD4_COUNT, laboratory.LIVER),
    ),
    "hepatitis-b": Episode(
        "乙肝复查",
        ("hepatitis-b",),
        "infectious",
        (("tenofovir", 90),),
        (laboratory.LIVER, laboratory.HEPATITIS_MARKERS),
        positive="HBSAG HBEAB HBCAB",
    ),
    "influenza": Episode(
        "高热、全身酸痛1天",
        ("influenza",),
        "infectious",
        (("oseltamivir", 5),),
        (_COUNT, laboratory.INFLUENZA_RNA),
        0.1,
        "FLUA",
    ),
    "hand-foot-mouth": Episode("发热伴手足皮疹1天", ("hand-foot-mouth",), "paediatrics", (), (_COUNT,), 0.2),
    "tuberculosis-control": Episode(
        "抗结核治疗复查", ("tuberculosis",), "infectious", (("tuberculosis", 30),), (laboratory.LIVER, _COUNT)
    ),
    "dog-bite": Episode("被犬咬伤1小时", ("dog-bite",), "emergency"),
}

STAYS: Final = {
    "pneumonia": Episode(
        "发热、咳嗽、气促4天",
        ("pneumonia",),
        "respiratory",
        (("ceftriaxone", 7), ("ambroxol", 7)),
        _FEVER,
        0.9,
        "",
        "sputum",
    ),
    "lung-acute": Episode(
        "咳喘加重3天",
        ("lung-acute",),
        "respiratory",
        (("ceftriaxone", 7), ("tiotropium", 30)),
        _FEVER,
        0.7,
        "",
        "sputum",
    ),
    "tuberculosis": Episode(
        "咳嗽、低热、消瘦2月",
        ("tuberculosis",),
        "infectious",
        (("tuberculosis", 30),),
        (laboratory.BLOOD_COUNT, laboratory.LIVER, laboratory.INFLAMMATION),
        0.4,
        "",
        "mycobacteria",
    ),
    "appendicitis": Episode(
        "转移性右下腹痛12小时",
        ("appendicitis",),
        "surgery",
        (("cefuroxime", 5),),
        (_COUNT, laboratory.INFLAMMATION),
        0.9,
    ),
    "fracture": Episode(
        "摔伤致前臂肿痛3小时", ("fracture",), "orthopaedics", (("celecoxib", 10),), (_COUNT,), 0.2
    ),
    "heart-failure": Episode(
        "胸闷、气促加重3天",
        ("heart-failure", "hypertension", "diabetes"),
        "cardiology",
        (("valsartan", 28), ("atorvastatin", 28), ("aspirin", 30)),
        (_COUNT, laboratory.KIDNEY_FUNCTION, laboratory.LIVER, laboratory.SUGAR),
        0.2,
    ),
    "diabetic-kidney": Episode(
        "血糖控制不佳，泡沫尿",
        ("diabetic-kidney", "diabetes"),
        "endocrinology",
        (("glargine", 14), ("valsartan", 28)),
        (laboratory.SUGAR, laboratory.KIDNEY_FUNCTION, laboratory.LIPIDS, laboratory.URINE),
        0.0,
        "UPRO UGLU",
    ),
}
"""Reasons to be admitted."""
