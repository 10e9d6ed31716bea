"""The maternity hospital: antenatal visits and their blood counts, delivery records, discharge summaries as documents."""

from collections.abc import Iterator
from typing import Final

from hie.operations.city.desks import Desks
from hie.operations.city.events import Birth, Checkup, History
from hie.operations.city.hl7v2_messages import Payload
from hie.operations.city.institutions import MATERNITY, Institution
from hie.operations.city.medicines import DIAGNOSES
from hie.operations.city.shared_documents import Header, diagnosis, document, quantity, result, section, words

_OUTPATIENT: Final = "1.11"
_INPATIENT: Final = "1.12"


def payloads(history: History, desks: Desks, hospital: Institution) -> Iterator[Payload]:
    """All documents in the order of time."""
    made = [payload for checkup in history.checkups for payload in _checkup(checkup, desks, hospital)]
    made += [payload for birth in history.births for payload in _birth(birth, desks, hospital)]
    yield from sorted(made, key=lambda payload: (payload.moment, payload.name))


def _payload(header: Header, sections: list[str]) -> Payload:
    return Payload(header.moment, header.patient.person, document(header, sections), f"{header.number}.xml")


def _checkup(checkup: Checkup, desks: Desks, hospital: Institution) -> Iterator[Payload]:
    known = desks.at(MATERNITY, checkup.person, checkup.moment)
    numbers = (_OUTPATIENT, checkup.number, checkup.practitioner, hospital)
    vitals = checkup.vitals
    sections = [
        section(
            "10154-3", "CHIEF COMPLAINT", words("DE04.01.119.00", "主诉", f"孕{checkup.week}周，常规产前检查")
        ),
        section(
            "8716-3",
            "VITAL SIGNS",
            quantity("DE04.10.174.00", "收缩压", str(vitals.systolic), "mmHg"),
            quantity("DE04.10.176.00", "舒张压", str(vitals.diastolic), "mmHg"),
            quantity("DE04.10.188.00", "体重", vitals.weight, "kg"),
        ),
        section("29548-5", "Diagnosis", diagnosis(DIAGNOSES["antenatal"])),
    ]
    yield _payload(Header(f"RN{checkup.number}", "C0002", checkup.moment, known, *numbers), sections)
    if checkup.week in (12, 26, 36):
        values = [
            section("29548-5", "Diagnosis", diagnosis(DIAGNOSES["antenatal"])),
            section("30954-2", "STUDIES SUMMARY", result("718-7", "血红蛋白", checkup.haemoglobin, "g/L")),
        ]
        yield _payload(Header(f"RL{checkup.number}", "C0007", checkup.moment, known, *numbers), values)


def _birth(birth: Birth, desks: Desks, hospital: Institution) -> Iterator[Payload]:
    mother = desks.at(MATERNITY, birth.mother, birth.admitted)
    stay = f"ZY{birth.mother:05d}{birth.moment:%y%m%d}"
    numbers = (_INPATIENT, stay, birth.practitioner, hospital)
    kind = "C0016" if birth.caesarean else "C0015"
    newborns = [
        entry
        for weight, length, apgar in zip(birth.weights, birth.lengths, birth.apgar, strict=True)
        for entry in (
            quantity("DE04.10.019.00", "新生儿出生体重", str(weight), "g"),
            quantity("DE04.10.018.00", "新生儿出生身长", str(length), "cm"),
            words("DE05.10.001.00", "Apgar评分值", str(apgar)),
        )
    ]
    delivered = DIAGNOSES["caesarean" if birth.caesarean else "delivery"]
    sections = [
        section("57074-7", "labor and delivery process", words("DE04.01.108.00", "孕次", "1")),
        section("57075-4", "newborn delivery information", *newborns),
        section("29548-5", "Diagnosis", diagnosis(delivered)),
    ]
    yield _payload(Header(f"RN{stay}", kind, birth.moment, mother, *numbers), sections)
    summary = [
        section("46241-6", "HOSPITAL ADMISSION DX", diagnosis(DIAGNOSES["antenatal"])),
        section("11535-2", "Discharge Diagnosis", diagnosis(delivered)),
        section(
            "8648-8", "Hospital Course", words("DE05.10.148.00", "入院情况", f"孕{birth.weeks}周，待产入院")
        ),
    ]
    yield _payload(Header(f"RS{stay}", "C0053", birth.discharged, mother, *numbers), summary)
    for order, child in enumerate(birth.children, start=1):
        known = desks.at(MATERNITY, child, birth.moment)
        cot = (_INPATIENT, f"{stay}X{order}", birth.practitioner, hospital)
        course = f"出生体重{birth.weights[order - 1]}g，Apgar评分{birth.apgar[order - 1]}分"
        entries = [
            section("11535-2", "Discharge Diagnosis", diagnosis(DIAGNOSES["newborn"])),
            section("8648-8", "Hospital Course", words("DE05.10.148.00", "入院情况", course)),
        ]
        yield _payload(Header(f"RS{stay}X{order}", "C0053", birth.discharged, known, *cot), entries)
