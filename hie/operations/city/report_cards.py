"""The disease-control centre: infectious-disease report cards as XML, written as a string into a SOAP body."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final
from xml.sax.saxutils import escape

from hie.operations.city.desks import Desks
from hie.operations.city.events import Case, History
from hie.operations.city.hl7v2_messages import Payload
from hie.operations.city.institutions import DISEASE_CONTROL, Institution
from hie.operations.city.registrations import Registration

_PEOPLE: Final = {
    "31": "03",
    "13": "14",
    "17": "14",
    "21": "14",
    "24": "09",
    "27": "11",
    "54": "07",
    "51": "16",
}
"""Occupation (GB/T 2261.4) to the card's group of people (WS 364 CV02.01.202)."""
_SOAP: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>\n'
    '<ReportCard xmlns="urn:hie:public-health"><content>{content}</content></ReportCard>\n'
    "</soapenv:Body></soapenv:Envelope>\n"
)


def payloads(history: History, desks: Desks, city: dict[str, Institution]) -> Iterator[Payload]:
    """One call for each card, in the order of reporting."""
    for case in sorted(history.cases, key=lambda case: (case.reported, case.number)):
        known = desks.at(DISEASE_CONTROL, case.person, case.reported)
        content = _message(_card(case, known, city), case, city[DISEASE_CONTROL])
        yield Payload(case.reported, case.person, _SOAP.format(content=escape(content)).encode(), case.number)


def _message(card: str, case: Case, centre: Institution) -> str:
    sent = case.reported + timedelta(minutes=12)
    head = f"<JGDM>{centre.code}</JGDM><JGMC>{centre.name}</JGMC><FSSJ>{sent:%Y-%m-%d %H:%M:%S}</FSSJ>"
    declaration = '<?xml version="1.0" encoding="UTF-8"?>'
    return f"{declaration}\n<InfectiousReportCards>\n <Head>{head}</Head>\n <Card>{card}</Card>\n</InfectiousReportCards>\n"


def _card(case: Case, known: Registration, city: dict[str, Institution]) -> str:
    hospital = city[case.hospital]
    age = case.onset.year - known.birth.year
    small = "01" if 3 <= age < 7 else "02"
    fields = {
        "KPBH": case.number,
        "BKLB": "2" if case.corrects else "1",
        "HZXM": known.name,
        "JZXM": known.guardian_name if age < 14 else "",
        "ZJLX": "01" if known.citizen_id else "99",
        "ZJHM": known.citizen_id,
        "XB": "1" if known.sex == "M" else "2",
        "CSRQ": f"{known.birth:%Y-%m-%d}",
        "GZDW": "",
        "LXDH": known.phone,
        "BRSY": "1",
        "XZZDM": known.address.district_code,
        "XZZ": known.address.text,
        "RQFL": small
        if age < 7
        else _PEOPLE.get(known.occupation, "15" if known.occupation == "80" else "16"),
        "BLFL": case.certainty,
        "JXMX": "2" if case.diagnosis.code.startswith("B18") else "",
        "FBRQ": f"{case.onset:%Y-%m-%d}",
        "ZDSJ": f"{case.diagnosed:%Y-%m-%d %H:%M:%S}",
        "SWRQ": "",
        "CRBLB": case.legal_class,
        "JBDM": case.diagnosis.code[:5],
        "JBMC": case.disease,
        "DZBM": "",
        "TKYY": "",
        "BGDWDM": hospital.code,
        "BGDW": hospital.name,
        "BGYS": case.practitioner.name,
        "TKRQ": f"{case.reported:%Y-%m-%d}",
        "BZ": "",
    }
    return "".join(
        f"<{name}>{escape(value)}</{name}>" if value else f"<{name}/>" for name, value in fields.items()
    )
