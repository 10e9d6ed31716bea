"""Units as laboratories and forms write them, as UCUM codes (https://ucum.org)."""

import unicodedata
from typing import Final

from fhir_profiles.ucum import code_for

UCUM: Final = "http://unitsofmeasure.org"

_CODES: Final = {
    "%": "%", "mmhg": "mm[Hg]", "mm[hg]": "mm[Hg]", "kpa": "kPa", "次/min": "/min", "次/分": "/min", "次/分钟": "/min",
    "bpm": "/min", "/min": "/min", "℃": "Cel", "°c": "Cel", "c": "Cel", "cel": "Cel", "kg": "kg", "g": "g", "mg": "mg",
    "ug": "ug", "μg": "ug", "cm": "cm", "mm": "mm", "m": "m", "kg/m2": "kg/m2", "kg/m²": "kg/m2", "kg/㎡": "kg/m2",
    "mmol/l": "mmol/L", "umol/l": "umol/L", "μmol/l": "umol/L", "nmol/l": "nmol/L", "pmol/l": "pmol/L",
    "g/l": "g/L", "mg/l": "mg/L", "ug/l": "ug/L", "ng/l": "ng/L", "pg/l": "pg/L", "mg/dl": "mg/dL", "g/dl": "g/dL",
    "ug/ml": "ug/mL", "ng/ml": "ng/mL", "pg/ml": "pg/mL", "ug/dl": "ug/dL", "ng/dl": "ng/dL",
    "u/l": "U/L", "iu/l": "[IU]/L", "iu/ml": "[IU]/mL", "miu/l": "m[IU]/L", "miu/ml": "m[IU]/mL", "u/ml": "U/mL",
    "10^9/l": "10*9/L", "10*9/l": "10*9/L", "10e9/l": "10*9/L", "x10^9/l": "10*9/L", "×10^9/l": "10*9/L",
    "10^12/l": "10*12/L", "10*12/l": "10*12/L", "x10^12/l": "10*12/L", "×10^12/l": "10*12/L",
    "10^6/l": "10*6/L", "10*6/l": "10*6/L", "fl": "fL", "pg": "pg", "l/l": "L/L", "ml": "mL", "l": "L", "dl": "dL",
    "mm/h": "mm/h", "sec": "s", "s": "s", "秒": "s", "min": "min", "分钟": "min", "h": "h", "小时": "h",
    "d": "d", "天": "d", "日": "d", "周": "wk", "月": "mo", "岁": "a", "年": "a", "mmol": "mmol", "iu": "[IU]",
    "u": "U", "ml/min": "mL/min", "mg/24h": "mg/(24.h)", "支/d": "{支}/d", "支/日": "{支}/d", "两/日": "{两}/d",
    "次/周": "/wk", "分/次": "min", "g/d": "g/d", "片": "{片}", "粒": "{粒}", "盒": "{盒}", "支": "{支}", "瓶": "{瓶}",
    "袋": "{袋}", "次": "{次}",
}  # fmt: skip


def ucum(unit: str) -> str:
    """The UCUM code of a unit as written, empty where it isn't known."""
    written = "".join(unit.split())
    known = _CODES.get(written.lower()) or _CODES.get(unicodedata.normalize("NFKC", written).lower())
    return known or code_for(written) or ""
