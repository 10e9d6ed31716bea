"""The exchange Patient: what the exchange itself says of a resident, made from the Patients of all sources.

FHIR R4 Patient.link: https://hl7.org/fhir/R4/patient-definitions.html#Patient.link. Pure and deterministic: the same
source Patients, in whatever order, give the same resource, so that a new version is written only when it changed.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from fhir_profiles import ids
from fhir_profiles.identifier_systems import CITIZEN_ID, HEALTH_CARD
from fhir_profiles.identity_numbers import (
    citizen_birth_date,
    citizen_gender,
    is_citizen_id,
    normal_citizen_id,
)
from record_store.matching_characters import is_han, simplified

EXCHANGE_TAG: Final = {"system": "urn:hie:tag", "code": "exchange"}
_FORMER: Final = frozenset({"old", "maiden", "temp"})


def exchange_patient(resident_id: int, patients: Sequence[dict[str, Any]], *, bucket: int) -> dict[str, Any]:
    """The exchange Patient of a resident out of its source Patients (FHIR R4), without version and time.

    `bucket` is the resident's. The best value of each element wins: a birth date and a sex that a valid citizen number
    confirms, else what most sources say, else the latest; the latest address and phones; Chinese names before pinyin.
    """
    ordered = sorted(patients, key=lambda p: (_updated(p), str(p["id"])), reverse=True)
    numbers = _numbers(ordered, CITIZEN_ID)
    found: dict[str, Any] = {
        "resourceType": "Patient",
        "id": exchange_id(resident_id, bucket),
        "meta": {"tag": [EXCHANGE_TAG]},
        "identifier": [
            {"use": "official", "system": system, "value": value}
            for system, values in ((CITIZEN_ID, numbers), (HEALTH_CARD, _numbers(ordered, HEALTH_CARD)))
            for value in values
        ],
        "active": True,
        "name": _names(ordered),
        "telecom": _distinct(contact for p in ordered for contact in p.get("telecom") or ())[:4],
        "gender": _gender(ordered, numbers),
        "birthDate": _birth_date(ordered, numbers),
        "address": next((p["address"][:1] for p in ordered if p.get("address")), None),
        "link": [
            {"other": {"reference": f"Patient/{identity}"}, "type": "seealso"}
            for identity in sorted(str(p["id"]) for p in patients)
        ],
    }
    deceased = next((p for p in ordered if p.get("deceasedDateTime") or p.get("deceasedBoolean")), None)
    if deceased:
        element = "deceasedDateTime" if deceased.get("deceasedDateTime") else "deceasedBoolean"
        found[element] = deceased[element]
    return {key: value for key, value in found.items() if value}


def retired_patient(
    resident_id: int, survivor_id: int, *, bucket: int, survivor_bucket: int
) -> dict[str, Any]:
    """The exchange Patient of a resident that was merged into another: inactive, replaced by the survivor's."""
    return {
        "resourceType": "Patient",
        "id": exchange_id(resident_id, bucket),
        "meta": {"tag": [EXCHANGE_TAG]},
        "active": False,
        "link": [
            {
                "other": {"reference": f"Patient/{exchange_id(survivor_id, survivor_bucket)}"},
                "type": "replaced-by",
            }
        ],
    }


def exchange_id(resident_id: int, bucket: int) -> str:
    """The id of a resident's exchange Patient, in the resident's bucket."""
    return str(ids.fed(bucket, "exchange", "Patient", str(resident_id)))


def _updated(patient: dict[str, Any]) -> str:
    return str(patient.get("meta", {}).get("lastUpdated") or "")


def _numbers(patients: list[dict[str, Any]], system: str) -> list[str]:
    values = [
        str(identifier["value"])
        for patient in patients
        for identifier in patient.get("identifier") or ()
        if identifier.get("system") == system and identifier.get("value")
    ]
    if system == CITIZEN_ID:
        values = [number for value in values if is_citizen_id(number := normal_citizen_id(value))]
    return [value for value, _ in Counter(values).most_common()]


def _names(patients: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = [name for patient in patients for name in patient.get("name") or ()]
    current = [name for name in names if name.get("use") not in _FORMER] or names
    if not current:
        return []
    votes = Counter(_text(name) for name in current)
    best = max(
        current, key=lambda name: (any(map(is_han, _text(name))), votes[_text(name)], "family" in name)
    )
    others = {
        _text(name): name for name in names if name.get("use") in _FORMER and _text(name) != _text(best)
    }
    return [{**best, "use": "official"}, *others.values()]


def _text(name: dict[str, Any]) -> str:
    text = name.get("text") or " ".join([str(name.get("family") or ""), *map(str, name.get("given") or ())])
    return simplified("".join(text.split()) if any(map(is_han, text)) else text.strip())


def _gender(patients: list[dict[str, Any]], numbers: list[str]) -> str | None:
    stated = Counter(str(p["gender"]) for p in patients if p.get("gender"))
    if numbers and citizen_gender(numbers[0]) in stated:
        return citizen_gender(numbers[0])
    known = Counter({gender: count for gender, count in stated.items() if gender != "unknown"}) or stated
    return known.most_common(1)[0][0] if known else None


def _birth_date(patients: list[dict[str, Any]], numbers: list[str]) -> str | None:
    stated = [str(p["birthDate"]) for p in patients if p.get("birthDate")]
    for number in numbers:
        born = citizen_birth_date(number)
        if born is not None and (not stated or born.isoformat() in stated):
            return born.isoformat()
    votes = Counter(stated)
    return max(votes, key=lambda date: (len(date), votes[date]), default=None)


def _distinct(values: Any) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found
