"""The second clinic: four views of its database, pulled by their update time.

A small PostgreSQL schema stands for the clinic's system: tables of its own behind views named as such systems name
them. `gxsj` is when a row was last touched.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

from hie.operations.city.desks import Desks
from hie.operations.city.events import History, Visit
from hie.operations.city.hl7v2_messages import Payload
from hie.operations.city.institutions import Institution
from hie.operations.city.medicines import TIMING_WORDS
from hie.operations.city.registrations import Registration

KEY: Final = "clinic-view"
SCHEMA: Final = "clinic"
VIEWS: Final = ("v_mz_jzjl", "v_mz_zdmx", "v_mz_cfmx", "v_mz_tzjl")

_COLUMNS: Final = {
    "v_mz_jzjl": (
        "jzlsh text primary key, yljgdm text, hzid text, xm text, xbdm text, csrq text, zjlx text, zjhm text, lxdh text, "
        "xzz text, jzksdm text, jzksmc text, jzysgh text, jzysxm text, jzrq timestamp, jzlx text, zs text, zdbm text, "
        "zdmc text, fyze numeric(10,2), gxsj timestamp"
    ),
    "v_mz_zdmx": (
        "zdlsh text primary key, jzlsh text, hzid text, zdxh integer, zdlx text, zdbm text, zdmc text, zdrq timestamp, "
        "zdysgh text, zdysxm text, gxsj timestamp"
    ),
    "v_mz_cfmx": (
        "cfmxlsh text primary key, cfh text, jzlsh text, hzid text, ypbm text, ypmc text, ypgg text, yf text, "
        "dcyl numeric(10,3), dcyldw text, pcdm text, pcmc text, ts integer, zl integer, zldw text, kfrq timestamp, "
        "kfysgh text, kfysxm text, gxsj timestamp"
    ),
    "v_mz_tzjl": (
        "tzlsh text primary key, jzlsh text, hzid text, clsj timestamp, tw numeric(4,1), ml integer, hx integer, ssy integer, "
        "szy integer, sg numeric(5,1), tz numeric(5,1), xybhd integer, gxsj timestamp"
    ),
}

_TIMING_CODES: Final = {"qn": "qd", "prn": ""}
"""What the clinic's own code list has no code for; the words beside the code say it."""

Row = dict[str, Any]


def schema_sql() -> list[str]:
    """The clinic's schema: one table and one view over it for each of `VIEWS`, and an index on the update time."""
    statements = [f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"]
    for view, columns in _COLUMNS.items():
        table = f"{SCHEMA}.{view.removeprefix('v_')}"
        statements += [
            f"CREATE TABLE IF NOT EXISTS {table} ({columns})",
            f"CREATE INDEX IF NOT EXISTS {view.removeprefix('v_')}_gxsj ON {table} (gxsj)",
            f"CREATE OR REPLACE VIEW {SCHEMA}.{view} AS SELECT * FROM {table}",
        ]
    return statements


def rows(seed: int, history: History, desks: Desks, clinic: Institution) -> dict[str, list[Row]]:
    """The rows of each view in the order of their update time; moments are datetimes without a zone."""
    found: dict[str, list[Row]] = {view: [] for view in VIEWS}
    for visit in history.visits:
        if visit.institution == KEY:
            known = desks.at(KEY, visit.person, visit.start)
            touched = (visit.end or visit.start) + timedelta(minutes=4)
            found["v_mz_jzjl"].append(_visit(seed, visit, known, clinic, touched))
            found["v_mz_zdmx"] += _diagnoses(visit, known, touched)
            found["v_mz_cfmx"] += _medicines(visit, known, touched)
            found["v_mz_tzjl"] += _vitals(visit, known, touched)
    return {
        view: sorted(of_view, key=lambda row: str((row["gxsj"], *row.values())))
        for view, of_view in found.items()
    }


def payloads(found: dict[str, list[Row]]) -> Iterator[Payload]:
    """The same rows as JSON, one array a view: what a pull gives to the translation."""
    for view, of_view in found.items():
        if of_view:
            content = json.dumps(of_view, ensure_ascii=False, default=_plain).encode()
            yield Payload(of_view[-1]["gxsj"], 0, content, f"{view}.json")


def _plain(value: object) -> object:
    return (
        float(value)
        if isinstance(value, Decimal)
        else value.isoformat()
        if isinstance(value, datetime)
        else str(value)
    )


def _visit(seed: int, visit: Visit, known: Registration, clinic: Institution, touched: datetime) -> Row:
    department = clinic.departments[visit.department]
    diagnosis = visit.diagnoses[0]
    fee = Random(f"{seed}/fee/{visit.number}").randint(1500, 26000)
    return {
        "jzlsh": visit.number,
        "yljgdm": clinic.code,
        "hzid": known.patient_number,
        "xm": known.name,
        "xbdm": "1" if known.sex == "M" else "2",
        "csrq": f"{known.birth:%Y%m%d}",
        "zjlx": "01" if known.citizen_id else "",
        "zjhm": known.citizen_id,
        "lxdh": known.phone,
        "xzz": known.address_text,
        "jzksdm": department.code,
        "jzksmc": department.name,
        "jzysgh": visit.practitioner.code,
        "jzysxm": visit.practitioner.name,
        "jzrq": visit.start,
        "jzlx": "1",
        "zs": visit.complaint,
        "zdbm": diagnosis.code,
        "zdmc": diagnosis.name,
        "fyze": Decimal(fee) / 100,
        "gxsj": touched,
    }


def _diagnoses(visit: Visit, known: Registration, touched: datetime) -> Iterator[Row]:
    for index, diagnosis in enumerate(visit.diagnoses, start=1):
        yield {
            "zdlsh": f"Z{visit.number}-{index}",
            "jzlsh": visit.number,
            "hzid": known.patient_number,
            "zdxh": index,
            "zdlx": "1" if index == 1 else "2",
            "zdbm": diagnosis.code,
            "zdmc": diagnosis.name,
            "zdrq": visit.start + timedelta(minutes=10),
            "zdysgh": visit.practitioner.code,
            "zdysxm": visit.practitioner.name,
            "gxsj": touched,
        }


def _medicines(visit: Visit, known: Registration, touched: datetime) -> Iterator[Row]:
    for prescription in visit.prescriptions:
        medicine = prescription.medicine
        yield {
            "cfmxlsh": f"{prescription.number}-1",
            "cfh": prescription.number,
            "jzlsh": visit.number,
            "hzid": known.patient_number,
            "ypbm": f"X{medicine.atc}",
            "ypmc": medicine.name,
            "ypgg": medicine.strength,
            "yf": medicine.route,
            "dcyl": Decimal(medicine.dose),
            "dcyldw": medicine.unit,
            "pcdm": _TIMING_CODES.get(medicine.timing, medicine.timing),
            "pcmc": TIMING_WORDS[medicine.timing],
            "ts": prescription.days,
            "zl": prescription.packages,
            "zldw": medicine.package,
            "kfrq": prescription.ordered,
            "kfysgh": visit.practitioner.code,
            "kfysxm": visit.practitioner.name,
            "gxsj": touched,
        }


def _vitals(visit: Visit, known: Registration, touched: datetime) -> Iterator[Row]:
    vitals = visit.vitals
    if vitals is None:
        return
    child = visit.department == "paediatrics"
    yield {
        "tzlsh": f"T{visit.number}",
        "jzlsh": visit.number,
        "hzid": known.patient_number,
        "clsj": visit.start + timedelta(minutes=5),
        "tw": Decimal(vitals.temperature),
        "ml": vitals.pulse,
        "hx": 24 if child else 18,
        "ssy": None if child else vitals.systolic,
        "szy": None if child else vitals.diastolic,
        "sg": Decimal(vitals.height),
        "tz": Decimal(vitals.weight),
        "xybhd": 98,
        "gxsj": touched,
    }
