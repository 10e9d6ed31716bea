"""How the three hospitals write HL7v2: version, character set, and their habits in PID and PV1.

Hospital A follows the book (2.5.1, UTF-8). Hospital B sends 2.4 in GB18030 and writes the character set one field
early, into MSH-17. Hospital C sends 2.3.1: bare numbers, sex in Chinese, whole addresses in one component.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hie.operations.city.addresses import CITY, PROVINCE
from hie.operations.city.events import Visit
from hie.operations.city.institutions import Department, Institution, Practitioner
from hie.operations.city.registrations import Registration

_CITIZEN_ID: Final = "2.16.156.10011.1.3"
_CARD: Final = "2.16.156.10011.1.19"
_ETHNIC_NAMES: Final = {
    "01": "汉族",
    "03": "回族",
    "11": "满族",
    "10": "朝鲜族",
    "08": "壮族",
    "15": "土家族",
}
_MARITAL_LETTERS: Final = {"10": "S", "20": "M", "30": "W", "40": "D"}
_MARITAL_NAMES: Final = {"10": "未婚", "20": "已婚", "30": "丧偶", "40": "离婚"}
_ESCAPES: Final = str.maketrans({"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"})


def text(value: str) -> str:
    """Free text, delimiters escaped (chapter 2 §2.7)."""
    return value.translate(_ESCAPES)


def stamp(moment: datetime) -> str:
    """A DTM to the second, without offset."""
    return moment.strftime("%Y%m%d%H%M%S")


def segment(name: str, *fields: str) -> str:
    """One segment, trailing empty fields dropped."""
    return "|".join((name, *fields)).rstrip("|")


@dataclass(frozen=True, slots=True)
class Dialect:
    """One hospital's way of writing. `application` and `facility` are MSH-3 and MSH-4."""

    institution: Institution
    version: str
    codec: str
    application: str
    facility: str
    structures: bool
    """Whether MSH-9 names the structure."""

    def header(self, moment: datetime, event: str, structure: str, control_id: str) -> str:
        """MSH."""
        kind = f"{event}^{structure}" if self.structures else event
        named = ("gb18030", "") if self.version == "2.4" else ("CHN", "UNICODE UTF-8")
        if self.version == "2.3.1":
            named = ("", "")
        start = (
            "^~\\&",
            self.application,
            self.facility,
            "HIE",
            "QINGDAO",
            stamp(moment),
            "",
            kind,
            control_id,
            "P",
        )
        return segment("MSH", *start, self.version, "", "", "AL", "NE", *named)

    def patient(self, known: Registration) -> str:
        """PID."""
        writer = {"2.5.1": _pid_by_the_book, "2.4": _pid_24, "2.3.1": _pid_231}[self.version]
        return writer(known)

    def visit(self, visit: Visit, sent: datetime) -> str:
        """PV1 as it is known when the message is sent: the discharge time where the visit has ended by then."""
        department = self.institution.departments[visit.department]
        ended = stamp(visit.end) if visit.end and visit.end <= sent else ""
        ward = "9" if visit.kind == "I" else ""
        fields = {
            1: "1",
            2: visit.kind,
            3: self._location(department, visit.bed, ward),
            7: self.practitioner(visit.practitioner),
            10: department.code,
            19: visit.number,
            44: stamp(visit.start),
            45: ended,
        }
        if visit.kind == "I" and ended:
            fields[36] = "1" if self.version == "2.3.1" else "01"
        return placed("PV1", fields)

    def _location(self, department: Department, bed: str, ward: str) -> str:
        if self.version == "2.4":
            return f"{department.name}^{ward}^{bed}" if bed else department.name
        return f"{department.code}^{ward}^{bed}^{self.facility}^^^^^{department.name}"

    def practitioner(self, who: Practitioner) -> str:
        """XCN."""
        if self.version == "2.5.1":
            return f"{who.code}^{who.surname}^{who.name[len(who.surname) :]}"
        return f"{who.code}^{who.name}"


def placed(name: str, fields: dict[int, str]) -> str:
    """A segment from fields by their number."""
    return segment(name, *(fields.get(number, "") for number in range(1, max(fields) + 1)))


def _pid_by_the_book(known: Registration) -> str:
    numbers = [f"{known.patient_number}^^^WANGHAI^MR"]
    if known.citizen_id:
        numbers.append(f"{known.citizen_id}^^^&{_CITIZEN_ID}&ISO^NI")
    if known.card:
        numbers.append(f"{known.card}^^^&{_CARD}&ISO^HC")
    line, home = text(known.address.line), known.address
    address = f"{line}^^{CITY}^{PROVINCE}^{home.postcode}^CHN^H^{text(known.address_text)}^{home.district}"
    marital = f"{_MARITAL_LETTERS[known.marital]}^{_MARITAL_NAMES[known.marital]}^HL70002"
    return placed(
        "PID",
        {
            1: "1",
            3: "~".join(numbers),
            5: f"{known.family}^{known.given}^^^^^L",
            7: known.birth.strftime("%Y%m%d"),
            8: known.sex,
            11: address,
            13: f"^PRN^CP^^^^{known.phone}" if known.phone else "",
            16: marital,
            22: f"{known.ethnic}^{_ETHNIC_NAMES[known.ethnic]}^GB3304",
        },
    )


def _pid_24(known: Registration) -> str:
    numbers = [f"{known.patient_number}^^^HIS^PI"]
    if known.citizen_id:
        numbers.append(f"{known.citizen_id}^^^{_CITIZEN_ID}^NI")
    if known.card:
        numbers.append(f"{known.card}^^^{_CARD}^HC")
    return placed(
        "PID",
        {
            1: "1",
            3: "~".join(numbers),
            5: known.name,
            7: known.birth.strftime("%Y%m%d"),
            8: known.sex,
            10: known.ethnic,
            11: f"{text(known.address_text)}^^{CITY}^{PROVINCE}^{known.address.postcode}^CHN",
            13: known.phone,
            16: _MARITAL_LETTERS[known.marital],
        },
    )


def _pid_231(known: Registration) -> str:
    return placed(
        "PID",
        {
            1: "1",
            2: known.card,
            3: known.patient_number,
            5: known.name,
            7: known.birth.strftime("%Y%m%d") + "000000",
            8: "男" if known.sex == "M" else "女",
            11: text(known.address_text),
            13: f"^^^^^^^^{known.phone}" if known.phone else "",
            16: _MARITAL_LETTERS[known.marital],
            19: known.citizen_id,
        },
    )


def dialects(city: dict[str, Institution]) -> dict[str, Dialect]:
    """The hospitals' dialects by institution."""
    return {
        "hospital-a": Dialect(city["hospital-a"], "2.5.1", "utf-8", "HIS", "WANGHAI", structures=True),
        "hospital-b": Dialect(
            city["hospital-b"], "2.4", "gb18030", "TINGTAO-HIS", "TINGTAO", structures=False
        ),
        "hospital-c": Dialect(city["hospital-c"], "2.3.1", "gb18030", "SL-HIS", "SONGLING", structures=False),
    }
