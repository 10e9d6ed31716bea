"""A shared document in the shape of WS/T 500: CDA R2 extended as the standard extends it, built from its parts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from xml.sax.saxutils import escape

from hie.operations.city.addresses import CITY, PROVINCE
from hie.operations.city.institutions import Institution, Practitioner
from hie.operations.city.medicines import Diagnosis
from hie.operations.city.registrations import Registration

_ELEMENTS: Final = 'codeSystem="2.16.156.10011.2.2.1" codeSystemName="卫生信息数据元目录"'
_SEX: Final = {"M": ("1", "男性"), "F": ("2", "女性")}
_TITLES: Final = {
    "C0002": ("22", "门（急）诊病历"),
    "C0007": ("27", "检验报告"),
    "C0015": ("35", "阴道分娩记录"),
    "C0016": ("36", "剖宫产记录"),
    "C0053": ("73", "出院小结"),
}


@dataclass(frozen=True, slots=True)
class Header:
    """What stands above the body: the document's number and kind, about whom, by whom, when, for which visit."""

    number: str
    kind: str
    moment: datetime
    patient: Registration
    visit_root: str
    visit: str
    author: Practitioner
    custodian: Institution


def document(header: Header, sections: list[str]) -> bytes:
    """The whole document in UTF-8."""
    template, title = _TITLES[header.kind]
    stamp = f"{header.moment:%Y%m%d%H%M%S}"
    body = "".join(f"<component>{section}</component>" for section in sections)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
        '<realmCode code="CN"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_MT000040"/>'
        f'<templateId root="2.16.156.10011.2.1.1.{template}"/>\n'
        f'<id root="2.16.156.10011.1.1" extension="{header.number}"/>'
        f'<code code="{header.kind}" codeSystem="2.16.156.10011.2.4" codeSystemName="卫生信息共享文档规范编码体系"/>'
        f'<title>{title}</title>\n<effectiveTime value="{stamp}"/>'
        '<confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25" displayName="正常访问保密级别"/>'
        '<languageCode code="zh-CN"/><setId/><versionNumber/>\n'
        f"{_patient(header)}\n{_author(header, stamp)}\n{_custodian(header)}\n"
        f"<component><structuredBody>{body}</structuredBody></component>\n</ClinicalDocument>\n"
    ).encode()


def section(code: str, display: str, *entries: str) -> str:
    """A section with its LOINC code."""
    inside = "".join(f"<entry>{entry}</entry>" for entry in entries)
    coded = f'<code code="{code}" displayName="{display}" codeSystem="2.16.840.1.113883.6.1" codeSystemName="LOINC"/>'
    return f"<section>{coded}<text/>{inside}</section>"


def words(element: str, display: str, value: str) -> str:
    """A data element with a text."""
    return _observation(element, display, f'<value xsi:type="ST">{escape(value)}</value>')


def quantity(element: str, display: str, value: str, unit: str) -> str:
    """A data element with a physical quantity."""
    return _observation(element, display, f'<value xsi:type="PQ" value="{value}" unit="{unit}"/>')


def diagnosis(found: Diagnosis) -> str:
    """A diagnosis by its ICD-10 code."""
    coded = f'code="{found.code}" displayName="{found.name}" codeSystem="2.16.156.10011.2.3.3.11.3"'
    return _observation(
        "DE05.01.024.00", "诊断代码", f'<value xsi:type="CD" {coded} codeSystemName="诊断代码表（ICD-10）"/>'
    )


def result(loinc: str, name: str, value: str, unit: str) -> str:
    """One measured value of a laboratory report: item, number, unit."""
    number = _inner("DE04.30.015.00", "检验定量结果", f'<value xsi:type="REAL" value="{value}"/>')
    measure = _inner("DE04.30.016.00", "检验定量结果计量单位", f'<value xsi:type="ST">{unit}</value>')
    item = f'<value xsi:type="CD" code="{loinc}" codeSystem="2.16.840.1.113883.6.1" displayName="{name}"/>'
    inside = f'<code code="DE04.30.019.00" displayName="检验项目代码" {_ELEMENTS}/>{item}{number}{measure}'
    return (
        '<organizer classCode="CLUSTER" moodCode="EVN"><statusCode/><component>'
        f'<observation classCode="OBS" moodCode="EVN">{inside}</observation></component></organizer>'
    )


def _inner(element: str, display: str, value: str) -> str:
    return f'<entryRelationship typeCode="COMP">{_observation(element, display, value)}</entryRelationship>'


def _observation(element: str, display: str, value: str) -> str:
    code = f'<code code="{element}" {_ELEMENTS} displayName="{display}"/>'
    return f'<observation classCode="OBS" moodCode="EVN">{code}{value}</observation>'


def _patient(header: Header) -> str:
    known = header.patient
    ids = f'<id root="2.16.156.10011.1.13" extension="{known.patient_number}"/>'
    ids += f'<id root="2.16.156.10011.{header.visit_root}" extension="{header.visit}"/>'
    if known.card:
        ids += f'<id root="2.16.156.10011.1.19" extension="{known.card}"/>'
    home = known.address
    address = (
        f'<addr use="H"><houseNumber>{home.house}</houseNumber><streetName>{home.street}</streetName>'
        f"<township>{home.township}</township><county>{home.district}</county><city>{CITY}</city>"
        f"<state>{PROVINCE}</state><postalCode>{home.postcode}</postalCode></addr>"
    )
    telecom = f'<telecom value="{known.phone}"/>' if known.phone else ""
    number = f'<id root="2.16.156.10011.1.3" extension="{known.citizen_id}"/>' if known.citizen_id else ""
    code, display = _SEX[known.sex]
    sex = f'code="{code}" codeSystem="2.16.156.10011.2.3.3.4" codeSystemName="生理性别代码表" displayName="{display}"'
    return (
        f'<recordTarget typeCode="RCT" contextControlCode="OP"><patientRole classCode="PAT">{ids}{address}{telecom}'
        f'<patient classCode="PSN" determinerCode="INSTANCE">{number}<name>{escape(known.name)}</name>'
        f'<administrativeGenderCode {sex}/><birthTime value="{known.birth:%Y%m%d}"/></patient></patientRole></recordTarget>'
    )


def _author(header: Header, stamp: str) -> str:
    return (
        f'<author typeCode="AUT" contextControlCode="OP"><time value="{stamp}"/><assignedAuthor classCode="ASSIGNED">'
        f'<id root="2.16.156.10011.1.7" extension="{header.author.code}"/>'
        f'<assignedPerson classCode="PSN" determinerCode="INSTANCE"><name>{header.author.name}</name></assignedPerson>'
        "</assignedAuthor></author>"
    )


def _custodian(header: Header) -> str:
    return (
        '<custodian typeCode="CST"><assignedCustodian classCode="ASSIGNED"><representedCustodianOrganization '
        f'classCode="ORG" determinerCode="INSTANCE"><id root="2.16.156.10011.1.5" extension="{header.custodian.code}"/>'
        f"<name>{header.custodian.name}</name></representedCustodianOrganization></assignedCustodian></custodian>"
    )
