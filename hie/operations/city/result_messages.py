"""ORU^R01: chemistry, blood counts, qualitative findings, cultures with susceptibilities, one printed copy inside."""

import base64
from decimal import Decimal
from typing import Final

from hie.operations.city import printed_reports
from hie.operations.city.events import Culture, Report, Visit
from hie.operations.city.hl7v2_dialects import Dialect, placed, stamp, text
from hie.operations.city.hl7v2_messages import Draft
from hie.operations.city.laboratory import Analyte, Panel, Result
from hie.operations.city.registrations import Registration

_NONE: Final = Decimal(0)
_ARROWS: Final = {"H": "↑", "L": "↓", "A": "*", "": ""}
_SPECIMENS: Final = {
    "全血": "119297000^Blood specimen^SCT",
    "血清": "119364003^Serum specimen^SCT",
    "尿液": "122575003^Urine specimen^SCT",
    "清洁中段尿": "122575003^Urine specimen^SCT",
    "痰液": "119334006^Sputum specimen^SCT",
    "鼻咽拭子": "258500001^Nasopharyngeal swab^SCT",
}


def of_report(dialect: Dialect, visit: Visit, report: Report, known: Registration) -> Draft:
    """One report, one message."""
    segments = (
        [dialect.patient(known), dialect.visit(visit, report.reported)]
        if dialect.version != "2.3.1"
        else [dialect.patient(known)]
    )
    segments += [
        placed(
            "ORC",
            {1: "RE", 2: _order(report), 3: report.number, 12: dialect.practitioner(visit.practitioner)},
        )
    ]
    segments += [_request(dialect, visit, report, report.panel, 1)]
    if report.culture:
        segments += _culture(dialect, visit, report, report.culture)
    else:
        segments += [
            _observation(dialect, report, index, result)
            for index, result in enumerate(report.results, start=1)
        ]
    if report.pdf:
        segments.append(_copy(report, len(report.results) + 1, known))
    if dialect.version == "2.5.1":
        local = f"{report.panel.specimen}^^L"
        segments.append(
            placed("SPM", {1: "1", 2: f"S{report.number}", 4: _SPECIMENS.get(report.panel.specimen, local)})
        )
    return Draft(report.reported, visit.person, "ORU^R01", tuple(segments))


def _order(report: Report) -> str:
    return "SQ" + report.number[2:]


def _code(dialect: Dialect, item: Panel | Analyte) -> str:
    """A: LOINC first, the local code second. B: local first. C: the local code alone, LOINC where it fits."""
    if dialect.version == "2.5.1":
        return f"{item.loinc}^{item.name}^LN^{item.code}^{item.name}^L"
    if dialect.version == "2.4":
        return f"{item.code}^{item.name}^L^{item.loinc}^^LN"
    return f"{item.code}^{item.name}^^{item.loinc}^^LN"


def _request(dialect: Dialect, visit: Visit, report: Report, panel: Panel, number: int) -> str:
    fields = {
        1: str(number),
        2: _order(report),
        3: report.number if number == 1 else f"{report.number}-{number}",
        4: _code(dialect, panel),
        7: stamp(report.collected),
        16: dialect.practitioner(visit.practitioner),
        22: stamp(report.reported),
        24: "MB" if report.culture else "HM" if panel.code == "XCG" else "CH",
        25: "F",
    }
    if dialect.version != "2.5.1":
        fields[15] = panel.specimen
    return placed("OBR", fields)


def _observation(dialect: Dialect, report: Report, index: int, result: Result) -> str:
    analyte = result.analyte
    flag = _ARROWS[result.flag] if dialect.version == "2.3.1" else result.flag
    if dialect.version == "2.5.1" and not result.qualitative:
        flag = flag or "N"
    unit = text(analyte.unit.replace("*", "^") if dialect.version == "2.4" else analyte.unit)
    fields = {
        1: str(index),
        2: "ST" if result.qualitative else "NM",
        3: _code(dialect, analyte),
        4: "1" if dialect.version == "2.3.1" else "",
        5: result.value,
        6: f"{unit}^^UCUM" if unit and dialect.version == "2.5.1" else unit,
        7: "阴性" if result.qualitative else _range(dialect, analyte),
        8: flag,
        11: "F",
        14: stamp(report.collected),
    }
    return placed("OBX", fields)


def _range(dialect: Dialect, analyte: Analyte) -> str:
    if not analyte.low:
        return f"0～{analyte.high}" if dialect.version == "2.3.1" else f"<{analyte.high}"
    return f"{analyte.low}{'～' if dialect.version == '2.3.1' else '-'}{analyte.high}"


def _culture(dialect: Dialect, visit: Visit, report: Report, culture: Culture) -> list[str]:
    """The organism under the culture's OBR; its susceptibilities under an OBR of their own that points back (OBR-26, 29)."""
    by_the_book = dialect.version == "2.5.1"
    named = Analyte(report.panel.code, "培养结果", report.panel.loinc, "", _NONE, _NONE)
    local = f"{culture.organism_code}^{culture.organism}^L"
    grown = f"{culture.snomed}^{culture.organism}^SCT^{local}" if by_the_book else local
    organism = {
        1: "1",
        2: "CE",
        3: _code(dialect, named),
        4: "1",
        5: grown,
        8: "A",
        11: "F",
        14: stamp(report.reported),
    }
    segments = [placed("OBX", organism)]
    panel = Panel("YM", "药物敏感试验", "50545-3", report.panel.specimen, ())
    request = _request(dialect, visit, report, panel, 2).split("|")
    request += [""] * (30 - len(request))
    request[26] = f"{_code(dialect, named).replace('^', '&')}^1^{culture.organism}"
    request[29] = f"{_order(report)}^{report.number}"
    segments.append("|".join(request).rstrip("|"))
    for index, test in enumerate(culture.susceptibilities, start=1):
        drug = Analyte(f"YM{test.loinc.split('-')[0]}", test.name, test.loinc, "mg/L", _NONE, _NONE)
        comparator = test.concentration.rstrip("0123456789.")
        number = test.concentration[len(comparator) :]
        value = f"{comparator}^{number}" if comparator and by_the_book else test.concentration
        kind = "SN" if comparator and by_the_book else "ST" if comparator else "NM"
        fields = {
            1: str(index),
            2: kind,
            3: _code(dialect, drug),
            4: "1",
            5: value,
            6: "mg/L",
            8: test.verdict,
            11: "F",
        }
        segments.append(placed("OBX", fields))
    return segments


def _copy(report: Report, index: int, known: Registration) -> str:
    content = base64.b64encode(printed_reports.pdf(report, known.patient_number)).decode("ascii")
    fields = {1: str(index), 2: "ED", 3: "PDF^检验报告单^L", 5: f"^application^pdf^Base64^{content}", 11: "F"}
    return placed("OBX", fields)
