"""Files of people with a known truth, read as FHIR Patients: what `hie residents score` runs the index on.

Columns that are understood: record_id; name, or surname and given names; sex; birth_date (ISO, YYYYMMDD or
MM/DD/YYYY); national_id, card_no, ssn; phone; address, or its parts. A column for the truth is never read.
"""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

from fhir_profiles import resources
from fhir_profiles.identifier_systems import CITIZEN_ID, HEALTH_CARD
from record_store.matching_features import SOCIAL_SECURITY

RECORD: Final = "urn:x-match:record"
_SYSTEMS: Final = {
    "national_id": CITIZEN_ID,
    "card_no": HEALTH_CARD,
    "ssn": SOCIAL_SECURITY,
    "soc_sec_id": SOCIAL_SECURITY,
}
_SEX: Final = {"m": "male", "male": "male", "f": "female", "female": "female"}


def sample(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """(record id, Patient) of each row of a CSV file, or of each Patient of an NDJSON file. Raises ValueError."""
    if path.suffix == ".ndjson":
        yield from _patients(path)
        return
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        if "record_id" not in (rows.fieldnames or ()):
            raise ValueError("the file has no column record_id")
        for row in rows:
            yield row["record_id"], _patient(row)


def _patients(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with path.open("rb") as file:
        for line in file:
            patient = resources.loads(line)
            records = [i["value"] for i in patient.get("identifier", ()) if i.get("system") == RECORD]
            if not records:
                raise ValueError(f"a Patient has no identifier of the system {RECORD}")
            patient["identifier"] = [i for i in patient["identifier"] if i.get("system") != RECORD]
            yield records[0], patient


def _patient(row: dict[str, str]) -> dict[str, Any]:
    patient: dict[str, Any] = {
        "resourceType": "Patient",
        "identifier": [{"system": system, "value": row[c]} for c, system in _SYSTEMS.items() if row.get(c)],
        "name": [_name(row)],
    }
    if sex := _SEX.get((row.get("sex") or "").lower()):
        patient["gender"] = sex
    if born := _date(row.get("birth_date") or row.get("date_of_birth") or ""):
        patient["birthDate"] = born
    if row.get("phone"):
        patient["telecom"] = [{"system": "phone", "value": row["phone"]}]
    street = (
        row.get("street_number"),
        row.get("street_name") or row.get("address_1"),
        row.get("unit_number"),
    )
    line = " ".join(part for part in street if part)
    if row.get("address") or line:
        postal_code = row.get("zipcode") or row.get("postcode") or ""
        address = {
            "text": row.get("address") or "",
            "line": [line] if line else [],
            "postalCode": postal_code,
        }
        patient["address"] = [{key: value for key, value in address.items() if value}]
    return patient


def _name(row: dict[str, str]) -> dict[str, Any]:
    given = (
        row.get("given_name") or row.get("first_name"),
        row.get("middle_initial") or row.get("middle_name"),
    )
    name = {
        "text": row.get("name") or "",
        "family": row.get("surname") or row.get("last_name") or "",
        "given": [part for part in given if part],
    }
    return {key: value for key, value in name.items() if value}


def _date(text: str) -> str:
    text = text.split(".", maxsplit=1)[0]
    if text.isdecimal() and len(text) == 8:
        month_first = "" if 1800 <= int(text[:4]) <= 2200 else text
        text = f"{text[4:]}-{text[:2]}-{text[2:4]}" if month_first else f"{text[:4]}-{text[4:6]}-{text[6:]}"
    elif len(text) == 10 and text[2] == "/":
        text = f"{text[6:]}-{text[:2]}-{text[3:5]}"
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""
