"""The vaccination centre: a batch of vaccinations a month as JSON."""

import json
from collections.abc import Iterator
from typing import Final

from hie.operations.city.desks import Desks
from hie.operations.city.events import History, Shot
from hie.operations.city.hl7v2_messages import Payload
from hie.operations.city.institutions import VACCINATION, Institution
from hie.operations.city.registrations import Registration

_INTO_SKIN: Final = ("02",)
_BY_MOUTH: Final = ("03",)


def payloads(history: History, desks: Desks, centre: Institution) -> Iterator[Payload]:
    """The batches in the order of their months."""
    months: dict[str, list[Shot]] = {}
    for shot in sorted(history.shots, key=lambda shot: (shot.moment, shot.number)):
        if shot.institution == VACCINATION:
            months.setdefault(f"{shot.moment:%Y%m}", []).append(shot)
    for month, shots in months.items():
        last = shots[-1].moment
        batch = {
            "orgCode": centre.code,
            "orgName": centre.name,
            "batchNo": f"YM{month}-01",
            "sendTime": f"{last:%Y-%m-%d}T17:30:00",
            "records": [_record(shot, desks.at(VACCINATION, shot.person, shot.moment)) for shot in shots],
        }
        content = json.dumps(batch, ensure_ascii=False, indent=1).encode()
        yield Payload(last, 0, content, f"YM{month}-01")


def _person(known: Registration) -> dict[str, object]:
    return {
        "personId": known.patient_number,
        "healthRecordNo": known.health_record,
        "name": known.name,
        "sex": "1" if known.sex == "M" else "2",
        "birthDate": f"{known.birth:%Y-%m-%d}",
        "idType": "01" if known.citizen_id else "",
        "idNo": known.citizen_id,
        "guardianName": known.guardian_name,
        "guardianRelation": "52" if known.guardian_name else "",
        "phone": known.phone,
        "address": known.address_text,
    }


def _record(shot: Shot, known: Registration) -> dict[str, object]:
    record: dict[str, object] = {
        "recordId": shot.number,
        "person": _person(known),
        "status": "1" if shot.given else "2",
        "vaccineCode": shot.code,
        "vaccineName": shot.name,
        "doseNumber": shot.dose,
        "seriesDoses": shot.series,
        "inoculateTime": f"{shot.moment:%Y-%m-%d %H:%M:%S}",
        "doctorNo": shot.practitioner.code,
        "doctorName": shot.practitioner.name,
    }
    if not shot.given:
        return record | {"reason": shot.reason}
    route, site = (
        ("1", "口腔")
        if shot.code in _BY_MOUTH
        else ("402" if shot.code in _INTO_SKIN else "403", "左上臂三角肌")
    )
    return record | {
        "batchNo": shot.lot,
        "manufacturer": shot.maker,
        "expiryDate": f"{shot.expires:%Y-%m-%d}",
        "site": site,
        "route": route,
        "doseQuantity": 0.1 if shot.code in _INTO_SKIN else 0.5,
        "doseUnit": "ml",
        "adverseReaction": {"date": "", "description": ""},
    }
