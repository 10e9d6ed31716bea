"""A first map for a sample: every column with a guess at what it is, for a person to correct.

Guessed from names (pinyin initials, Chinese and English words) and from the values. What isn't guessed stands as a
comment, so that nothing is overlooked.
"""

import re
from collections.abc import Iterable

from adapters.content import kind
from adapters.feeds.dates import fhir_date
from adapters.feeds.payload import Payload
from adapters.feeds.record import Record
from adapters.source import Source
from fhir_profiles.outcome import Invalid

_KINDS = {
    "text": "csv",
    "dbf": "dbf",
    "sql": "sql",
    "soap": "soap",
    "xml": "soap",
    "json": "json",
    "fhir": "json",
}
_GUESSES: list[tuple[str, str, str]] = [
    (
        r"^(hzid|brid|brbh|patient_?id|patientid|患者id|病人id|personid|(个人|病人|患者)(编号|号|号码)|健康卡号)$",
        "patient",
        "",
    ),
    (
        r"^(zjhm|sfzh|sfzhm|id_?card|idno|身份证号?码?)$",
        "identifier",
        '{ as = "identifier", from = "%s", system = "citizen-id" }',
    ),
    (r"^(xm|hzxm|brxm|name|patient_?name|姓名|患者姓名)$", "name", '{ as = "name", from = "%s" }'),
    (
        r"^(xb|xbdm|sex|gender|性别)$",
        "gender",
        '{ as = "code", from = "%s", map = "sex", default = "unknown" }',
    ),
    (r"^(csrq|birth_?date|birthday|出生日期)$", "birthDate", '{ as = "date", from = "%s" }'),
    (r"^(lxdh|dh|phone|tel|联系电话|电话)$", "telecom", '{ as = "telecom", from = "%s" }'),
    (r"^(xzz|dz|address|地址|现住址)$", "address", '{ as = "address", from = "%s" }'),
    (r"^(jzlsh|mzh|visit_?id|encounter_?id|就诊流水号|流水号|就诊号|门诊号|挂号(号|编号))$", "visit", ""),
    (r"^(jzrq|jzsj|visit_?(date|time)|就诊日期|就诊时间|日期|时间)$", "visit-date", ""),
    (r"^(zdbm|zddm|icd|icd10|diagnosis_?code|诊断编码|诊断代码|诊断码)$", "diagnosis-code", ""),
    (r"^(zdmc|zd|diagnosis|诊断名称|诊断)$", "diagnosis-name", ""),
]
_MEASURES: list[tuple[str, str, str]] = [
    (r"ssy|收缩压|高压|systolic", "mmHg", "8480-6"),
    (r"szy|舒张压|低压|diastolic", "mmHg", "8462-4"),
    (r"tw|体温|temperature", "℃", "8310-5"),
    (r"xl|ml|心率|脉率|脉搏|heart_?rate|pulse", "次/min", "8867-4"),
    (r"hx|呼吸|呼吸频率", "次/min", "9279-1"),
    (r"sg|身高|height", "cm", "8302-2"),
    (r"tz|体重|weight", "kg", "29463-7"),
    (r"bmi|tzzs|体质指数", "kg/m2", "39156-5"),
    (r"kfxt|空腹血糖", "mmol/L", "76629-5"),
]
_LISTS = frozenset({"identifier", "name", "telecom", "address"})


def written(payload: bytes, name: str, source: Source) -> str:
    """The text of a map for a sample. Raises Invalid where the sample can't be read."""
    reader, path, records = _read(payload, source)
    sample = [record for record, _ in zip(records, range(200), strict=False)]
    if not sample:
        raise Invalid("The sample holds no record.", reason="empty")
    columns = list(dict.fromkeys(column for record in sample for column in record.values))
    meaning: dict[str, str] = {}
    for column in columns:
        for pattern, what, _ in _GUESSES:
            if re.match(pattern, column.rpartition("/")[2].lower()) and what not in meaning:
                meaning[what] = column
                break
    patient = meaning.get("patient") or meaning.get("identifier") or columns[0]
    return "\n".join(
        [
            f'name = "{name}"',
            'version = "1"',
            f'title = "{name}"',
            "",
            "[reader]",
            f'kind = "{reader}"',
            *([f'record = "{path}"'] if path else []),
            "",
            "[[table]]",
            'name = "record"',
            f"columns = [{', '.join(_quoted(column) for column in columns[:4])}]",
            f"patient = {_quoted(patient)}",
            "",
            *_patient(meaning, patient),
            *_visit(meaning),
            *_rest(columns, set(meaning.values()), sample, meaning),
        ]
    )


def _read(payload: bytes, source: Source) -> tuple[str, str, Iterable[Record]]:
    found = _KINDS.get(kind(payload))
    if found is None:
        raise Invalid("The sample is no table, XML or JSON.", reason="content")
    if found == "csv":
        first = payload.split(b"\n", 1)[0]
        found = "tsv" if first.count(b"\t") > first.count(b",") else "csv"
    opened = Payload(payload, source)
    whole = list(opened.records({"kind": found}))
    path = next(
        (path for record in whole for path, inner in record.lists.items() if _names_somebody(inner)), ""
    )
    return found, path, list(opened.records({"kind": found, "record": path})) if path else whole


def _names_somebody(records: list[Record]) -> bool:
    """Whether repeated records are about a person each, or only parts of the record around them."""
    names = {column.rpartition("/")[2].lower() for record in records for column in record.values}
    people = [pattern for pattern, what, _ in _GUESSES if what in ("patient", "identifier", "name")]
    return any(re.match(pattern, name) for pattern in people for name in names)


def _patient(meaning: dict[str, str], patient: str) -> list[str]:
    lines = ["[[table.resource]]", 'type = "Patient"', "[table.resource.elements]"]
    identifiers = (
        [f'{{ as = "identifier", from = {_quoted(patient)} }}']
        if patient != meaning.get("identifier")
        else []
    )
    for _, what, template in _GUESSES:
        if what not in meaning or not template:
            continue
        made = template.replace('"%s"', _quoted(meaning[what]))
        if what == "identifier":
            identifiers.append(made)
        else:
            lines.append(f"{what} = [{made}]" if what in _LISTS else f"{what} = {made}")
    return [*lines[:3], f"identifier = [{', '.join(identifiers)}]", *lines[3:], ""]


def _visit(meaning: dict[str, str]) -> list[str]:
    if "visit" not in meaning:
        return []
    visit, date = _quoted(meaning["visit"]), meaning.get("visit-date")
    lines = ["[[table.resource]]", 'type = "Encounter"', f"key = {visit}", "[table.resource.elements]"]
    lines += [f'identifier = [{{ as = "identifier", from = {visit} }}]', 'status = "=finished"']
    system = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    lines += [f'class = {{ system = "={system}", code = "=AMB" }}', 'subject = "@patient"']
    if date:
        lines.append(f'period = {{ as = "period", from = {_quoted(date)} }}')
    lines.append("")
    if "diagnosis-code" in meaning or "diagnosis-name" in meaning:
        code, shown = meaning.get("diagnosis-code"), meaning.get("diagnosis-name")
        display = f", display = {_quoted(shown)}" if shown else ""
        lines += ["[[table.resource]]", 'type = "Condition"', f"key = {visit}", "[table.resource.elements]"]
        lines.append(f'code = {{ as = "diagnosis", from = {_quoted(code or shown or "")}{display} }}')
        lines += [
            'subject = "@patient"',
            f'encounter = {{ as = "reference", type = "Encounter", key = {visit} }}',
            "",
        ]
    return lines


def _rest(columns: list[str], known: set[str], sample: list[Record], meaning: dict[str, str]) -> list[str]:
    """Numbers become observations, the rest a comment that says what was seen."""
    numbers, remarks = [], []
    for column in columns:
        values = [value for record in sample if (value := record.values.get(column))]
        if column in known or not values:
            continue
        distinct = set(values)
        if all(re.fullmatch(r"[<>]?\d{1,4}(\.\d+)?", value) for value in values) and len(distinct) > 1:
            numbers.append(_measure(column))
        elif all(fhir_date(value) for value in values):
            remarks.append(f"# {column}: dates")
        elif len(distinct) <= 12 and all(len(value) <= 12 for value in distinct):
            remarks.append(
                f"# {column}: codes or words ({len(distinct)} different): add [codes.NAME] and use it with map"
            )
        else:
            remarks.append(f"# {column}: text")
    lines = _observations(numbers, meaning) if numbers else []
    if remarks:
        lines += ["# Not mapped yet. Map each column, or name it under ignore with the reason:", *remarks, ""]
    return lines


def _measure(column: str) -> str:
    name = column.rpartition("/")[2].lower()
    for pattern, unit, loinc in _MEASURES:
        if re.fullmatch(pattern, name):
            return f'  {{ from = {_quoted(column)}, unit = "{unit}", loinc = "{loinc}" }},'
    return f'  {{ from = {_quoted(column)} }},  # unit = "...", loinc = "..."'


def _observations(numbers: list[str], meaning: dict[str, str]) -> list[str]:
    """One list of observations, with the visit and its date where they are known."""
    visit, date = meaning.get("visit"), meaning.get("visit-date")
    key = visit or meaning.get("patient") or meaning.get("identifier") or "..."
    lines = [
        "[[table.observations]]",
        'preset = "observation"',
        f"key = {_quoted(key)}",
        "list = [",
        *numbers,
        "]",
        "",
    ]
    lines += ["[preset.observation]", 'status = "=final"', 'subject = "@patient"']
    if visit:
        lines.append(f'encounter = {{ as = "reference", type = "Encounter", key = {_quoted(visit)} }}')
    if date:
        lines.append(f'effectiveDateTime = {{ as = "dateTime", from = {_quoted(date)} }}')
    return [*lines, ""]


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
