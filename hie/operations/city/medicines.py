"""Medicines that are prescribed, and diagnoses with their codes (ICD-10, national clinical version)."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Medicine:
    """One product: local code, name, strength as printed, ATC, dose with UCUM unit, route (WS 364 CV06.00.102), timing."""

    code: str
    name: str
    strength: str
    atc: str
    dose: str
    unit: str
    route: str
    form: str
    timing: str
    package: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A diagnosis as the front desk codes it."""

    code: str
    name: str


_MEDICINES: Final = """
    amlodipine 苯磺酸氨氯地平片 5mg*7片 C08CA01 5 mg 1 片剂 qd 盒
    nifedipine 硝苯地平缓释片 20mg*30片 C08CA05 20 mg 1 片剂 bid 盒
    valsartan 缬沙坦胶囊 80mg*7粒 C09CA03 80 mg 1 胶囊剂 qd 盒
    metformin 盐酸二甲双胍片 0.5g*20片 A10BA02 0.5 g 1 片剂 tid 盒
    acarbose 阿卡波糖片 50mg*30片 A10BF01 50 mg 1 片剂 tid 盒
    glargine 甘精胰岛素注射液 300U/3ml A10AE04 12 [iU] 401 注射剂 qn 支
    atorvastatin 阿托伐他汀钙片 20mg*7片 C10AA05 20 mg 1 片剂 qn 盒
    aspirin 阿司匹林肠溶片 100mg*30片 B01AC06 100 mg 1 片剂 qd 盒
    amoxicillin 阿莫西林胶囊 0.25g*24粒 J01CA04 0.5 g 1 胶囊剂 tid 盒
    cefuroxime 头孢呋辛酯片 0.25g*12片 J01DC02 0.25 g 1 片剂 bid 盒
    ceftriaxone 注射用头孢曲松钠 1.0g J01DD04 2 g 404 注射剂 qd 支
    levofloxacin 左氧氟沙星片 0.5g*4片 J01MA12 0.5 g 1 片剂 qd 盒
    oseltamivir 磷酸奥司他韦胶囊 75mg*10粒 J05AH02 75 mg 1 胶囊剂 bid 盒
    ambroxol 盐酸氨溴索口服液 100ml R05CB06 10 mL 1 口服液 tid 瓶
    ibuprofen 布洛芬混悬液 100ml M01AE01 5 mL 1 混悬液 prn 瓶
    celecoxib 塞来昔布胶囊 0.2g*6粒 M01AH01 0.2 g 1 胶囊剂 bid 盒
    omeprazole 奥美拉唑肠溶胶囊 20mg*14粒 A02BC01 20 mg 1 胶囊剂 qd 盒
    sertraline 盐酸舍曲林片 50mg*14片 N06AB06 50 mg 1 片剂 qd 盒
    tenofovir 富马酸替诺福韦二吡呋酯片 300mg*30片 J05AF07 300 mg 1 片剂 qd 瓶
    antiretroviral 拉米夫定替诺福韦片 600mg*30片 J05AR12 1 {tbl} 1 片剂 qd 瓶
    tuberculosis 异福胺片 0.5g*60片 J04AM05 4 {tbl} 1 片剂 qd 盒
    tiotropium 噻托溴铵粉吸入剂 18ug*10粒 R03BB04 18 ug 5 吸入剂 qd 盒
    iron 琥珀酸亚铁片 0.1g*24片 B03AA03 0.1 g 1 片剂 bid 盒
    folate 叶酸片 0.4mg*31片 B03BB01 0.4 mg 1 片剂 qd 盒
"""
_DIAGNOSES: Final = """
    hypertension I10.x00x002 高血压病
    hypertension-3 I10.x00x032 高血压病3级（极高危）
    diabetes E11.900 2型糖尿病
    diabetic-kidney E11.200 2型糖尿病性肾病
    kidney N18.900 慢性肾脏病
    lung J44.900 慢性阻塞性肺疾病
    lung-acute J44.100 慢性阻塞性肺疾病急性加重
    depression F32.900 抑郁发作
    anxiety F41.900 焦虑状态
    hiv B20.900 人类免疫缺陷病毒病
    tuberculosis A15.000 肺结核，痰镜检证实
    hepatitis-b B18.100 慢性乙型病毒性肝炎
    influenza J10.100 流行性感冒伴呼吸道表现
    hand-foot-mouth B08.400 手足口病
    cold J06.900 急性上呼吸道感染
    bronchitis J20.900 急性支气管炎
    pneumonia J18.900 肺炎
    gastritis K29.500 慢性胃炎
    enteritis A09.900 感染性腹泻
    appendicitis K35.800 急性阑尾炎
    urinary N39.000 泌尿道感染
    fracture S52.500 桡骨远端骨折
    contusion S80.000 膝部挫伤
    back-pain M54.500 腰痛
    knee M17.900 膝关节骨性关节病
    dermatitis L30.900 湿疹
    coronary I25.100 冠状动脉粥样硬化性心脏病
    heart-failure I50.900 心力衰竭
    check Z00.000 健康体检
    dog-bite T14.100 犬咬伤
    antenatal Z34.900 正常妊娠监督
    delivery O80.000 单胎顺产
    caesarean O82.000 择期剖宫产术的分娩
    newborn Z38.000 单胎活产婴儿
    jaundice P59.900 新生儿黄疸
"""

MEDICINES: Final = {
    key: Medicine(f"YP{index:04d}", *rest)
    for index, (key, *rest) in enumerate((row.split() for row in _MEDICINES.strip().splitlines()), start=1)
}
DIAGNOSES: Final = {
    key: Diagnosis(code, name) for key, code, name in (row.split() for row in _DIAGNOSES.strip().splitlines())
}

DAILY: Final = {"qd": 1, "qn": 1, "bid": 2, "tid": 3, "qid": 4, "prn": 2}
"""Doses a day of a timing word (prn: at most)."""
TIMING_WORDS: Final = {
    "qd": "每日一次",
    "qn": "每晚一次",
    "bid": "每日两次",
    "tid": "每日三次",
    "qid": "每日四次",
    "prn": "必要时",
}
