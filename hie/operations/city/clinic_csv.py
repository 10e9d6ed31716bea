"""The first clinic: CSV in GB18030, one file a month and table, dropped in a folder.

Visits under pinyin column names, follow-ups of hypertension and diabetes under Chinese ones. Who types decides how a
date or a sex looks: codes and words, four ways to write a day.
"""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Final

from hie.operations.city.desks import Desks
from hie.operations.city.events import FollowUp, History, Visit, Vitals
from hie.operations.city.hl7v2_messages import Payload
from hie.operations.city.medicines import DAILY
from hie.operations.city.registrations import Registration

KEY: Final = "clinic-csv"
VISITS: Final = "JZLSH HZID GRDAH XM XBDM CSRQ ZJLX ZJHM LXDH XZZ JZRQ JZLX KSMC YSGH YSXM ZS ZDBM ZDMC SSY SZY TW XL GXSJ"
_PERSON: Final = "随访编号 患者ID 档案编号 姓名 性别 出生日期 身份证号 联系电话 随访日期 随访方式 症状"
_MEASURED: Final = "收缩压 舒张压 身高 体重 体质指数"
_HABITS: Final = "日吸烟量 日饮酒量 每周运动次数 每次运动分钟"
_MEDICINES: Final = "药物名称1 用法1 药物名称2 用法2 药物名称3 用法3"
_END: Final = "转诊原因 转诊机构 下次随访日期 随访医生 录入时间"
HYPERTENSION: Final = (
    f"{_PERSON} {_MEASURED} 心率 其他体征 {_HABITS} 摄盐情况 心理调整 遵医行为 辅助检查 服药依从性 "
    f"药物不良反应 随访分类 {_MEDICINES} {_END}"
)
DIABETES: Final = (
    f"{_PERSON} {_MEASURED} 足背动脉搏动 其他体征 {_HABITS} 主食 心理调整 遵医行为 空腹血糖 糖化血红蛋白 糖化检查日期 服药依从性 "
    f"药物不良反应 低血糖反应 随访分类 {_MEDICINES} 胰岛素种类 胰岛素用法 {_END}"
)
_WAYS: Final = {"1": "门诊", "2": "家庭", "3": "电话"}

Row = dict[str, str]


def payloads(history: History, desks: Desks) -> Iterator[Payload]:
    """The files in the order of their months."""
    rows: dict[tuple[str, str], list[tuple[datetime, Row]]] = {}
    for visit in history.visits:
        if visit.institution == KEY:
            row = _visit(visit, desks.at(KEY, visit.person, visit.start))
            rows.setdefault((f"{visit.start:%Y%m}", "visits"), []).append((visit.start, row))
    for follow_up in history.follow_ups:
        known = desks.at(KEY, follow_up.person, follow_up.moment)
        row = (
            _hypertension(follow_up, known)
            if follow_up.disease == "hypertension"
            else _diabetes(follow_up, known)
        )
        rows.setdefault((f"{follow_up.moment:%Y%m}", follow_up.disease), []).append((follow_up.moment, row))
    columns = {"visits": VISITS, "hypertension": HYPERTENSION, "diabetes": DIABETES}
    for (month, table), found in sorted(rows.items()):
        found.sort(key=lambda item: (item[0], *item[1].values()))
        content = _file(columns[table].split(), [row for _, row in found])
        yield Payload(found[-1][0], 0, content, f"{table}_{month}.csv")


def _file(columns: list[str], rows: list[Row]) -> bytes:
    target = io.StringIO(newline="")
    writer = csv.DictWriter(target, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return target.getvalue().encode("gb18030")


def _typist(code: str) -> tuple[Callable[[date], str], bool]:
    """How somebody writes days, and whether they write words where codes are asked for."""
    forms: tuple[Callable[[date], str], ...] = (
        lambda day: f"{day:%Y-%m-%d}",
        lambda day: f"{day.year}/{day.month}/{day.day}",
        lambda day: f"{day:%Y%m%d}",
        lambda day: f"{day.year}.{day.month}.{day.day}",
    )
    index = int(code[-2:])
    return forms[index % 4], index % 3 == 0


def _visit(visit: Visit, known: Registration) -> Row:
    day, words = _typist(visit.practitioner.code)
    diagnosis, vitals = visit.diagnoses[0], visit.vitals
    row = {
        "JZLSH": visit.number,
        "HZID": known.patient_number,
        "GRDAH": known.health_record,
        "XM": known.name,
        "XBDM": _sex(known, words),
        "CSRQ": day(known.birth),
        "ZJLX": ("身份证" if words else "01") if known.citizen_id else "99",
        "ZJHM": known.citizen_id,
        "LXDH": known.phone,
        "XZZ": known.address_text,
        "JZRQ": f"{day(visit.start)} {visit.start:%H:%M}",
        "JZLX": "1",
        "KSMC": "儿科" if visit.department == "paediatrics" else "全科",
        "YSGH": visit.practitioner.code,
        "YSXM": visit.practitioner.name,
        "ZS": visit.complaint,
        "ZDBM": diagnosis.code,
        "ZDMC": diagnosis.name,
        "GXSJ": f"{visit.end or visit.start:%Y-%m-%d %H:%M:%S}",
    }
    if vitals:
        row |= {"TW": vitals.temperature, "XL": str(vitals.pulse)}
        if visit.department != "paediatrics":
            row |= {"SSY": str(vitals.systolic), "SZY": str(vitals.diastolic)}
    return row


def _sex(known: Registration, words: bool) -> str:
    if words:
        return "男" if known.sex == "M" else "女"
    return "1" if known.sex == "M" else "2"


def _follow_up(item: FollowUp, known: Registration) -> Row:
    day, words = _typist(item.practitioner.code)
    row = {
        "随访编号": item.number,
        "患者ID": known.patient_number,
        "档案编号": known.health_record,
        "姓名": known.name,
        "性别": _sex(known, words),
        "出生日期": day(known.birth),
        "身份证号": known.citizen_id,
        "联系电话": known.phone,
        "随访日期": day(item.moment),
        "随访方式": _WAYS[item.way] if words else item.way,
        "症状": "1" if item.controlled else "2",
        "日吸烟量": str(item.smoking),
        "日饮酒量": str(item.drinking),
        "每周运动次数": str(item.sport),
        "每次运动分钟": "30" if item.sport else "0",
        "心理调整": "1",
        "遵医行为": "1" if item.adherent else "2",
        "服药依从性": "1" if item.adherent else "2",
        "药物不良反应": "1",
        "随访分类": "1" if item.controlled else "2",
        "下次随访日期": day(item.next_day),
        "随访医生": item.practitioner.name,
        "录入时间": f"{item.moment:%Y-%m-%d} 17:10:00",
    }
    for index, medicine in enumerate(item.medicines, start=1):
        row[f"药物名称{index}"] = medicine.name
        row[f"用法{index}"] = f"每日{DAILY[medicine.timing]}次 每次{medicine.dose}{medicine.unit}"
    return row | _body(item.vitals, words)


def _body(vitals: Vitals, words: bool) -> Row:
    systolic = str(vitals.systolic)
    index = float(vitals.weight) / (vitals.height / 100) ** 2
    return {
        "收缩压": systolic.translate(_FULL_WIDTH) if words else systolic,
        "舒张压": str(vitals.diastolic),
        "身高": str(vitals.height),
        "体重": vitals.weight,
        "体质指数": f"{index:.1f}",
    }


_FULL_WIDTH: Final = str.maketrans("0123456789", "０１２３４５６７８９")


def _hypertension(item: FollowUp, known: Registration) -> Row:
    return _follow_up(item, known) | {
        "心率": str(item.vitals.pulse),
        "摄盐情况": "1" if item.controlled else "2",
    }


def _diabetes(item: FollowUp, known: Registration) -> Row:
    checked = {"糖化血红蛋白": item.hba1c, "糖化检查日期": f"{item.moment:%Y-%m-%d}"} if item.hba1c else {}
    return (
        _follow_up(item, known)
        | checked
        | {"足背动脉搏动": "1", "主食": "250", "空腹血糖": item.glucose, "低血糖反应": "1"}
    )
