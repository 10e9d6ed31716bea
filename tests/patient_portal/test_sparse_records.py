"""Pages show whatever is valid FHIR, however little of it there is."""

import json
from typing import Any

import pytest

from fhir_profiles.identifier_systems import CITIZEN_ID
from fhir_profiles.validation import issues
from patient_portal.record_pages import person
from patient_portal.rendering import minute
from patient_portal.timeline import visits

UNKNOWN = {
    "extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}
    ]
}
CODE = {"coding": [{"system": "http://loinc.org", "code": "2345-7"}]}
OBSERVATIONS: dict[str, dict[str, Any]] = {
    "nothing but what it must have": {},
    "a range whose ends have no value": {"referenceRange": [{"low": {"unit": "mg"}, "high": {"unit": "mg"}}]},
    "a quantity without a value": {"valueQuantity": {"unit": "mg"}},
    "a value that is withheld": {"_valueString": UNKNOWN},
    "a component without a value": {"component": [{"code": CODE}]},
    "a code that is withheld": {"code": {"coding": [{"_code": UNKNOWN}]}},
    "a date that is withheld": {"_effectiveDateTime": UNKNOWN},
    "a period without a start": {"effectivePeriod": {"end": "2026-01-01"}},
    "an encounter that is nowhere": {"encounter": {"display": "elsewhere"}},
}


@pytest.mark.parametrize("what", OBSERVATIONS)
def test_an_observation_of_which_little_is_known_has_its_line(what: str) -> None:
    resource = {"resourceType": "Observation", "id": "o", "status": "final", "code": CODE} | OBSERVATIONS[
        what
    ]
    assert issues(resource) == []
    (visit,) = visits([json.dumps(resource).encode()], {})
    assert [item.id for item in visit.items] == ["o"]


@pytest.mark.parametrize(
    "patient",
    [
        {},
        {"identifier": [{"system": CITIZEN_ID}]},
        {"identifier": [{"system": CITIZEN_ID, "_value": UNKNOWN}]},
        {"name": [{"given": [None], "_given": [UNKNOWN]}]},
        {"name": [UNKNOWN], "_gender": UNKNOWN, "_birthDate": UNKNOWN},
    ],
)
def test_a_person_of_whom_little_is_known_has_a_head_line(patient: dict[str, Any]) -> None:
    resource = {"resourceType": "Patient", "id": "p"} | patient
    assert issues(resource) == []
    assert person(resource).number == ""


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("2026-01-01T08:30:00+08:00", "2026-01-01 08:30"),
        ("2026-01-01T00:30:00Z", "2026-01-01 08:30"),
        ("2016-12-31T23:59:60Z", "2016-12-31 23:59"),
        ("9999-12-31T23:59:59-14:00", "9999-12-31 23:59"),
        ("2026-01", "2026-01"),
        ("", ""),
    ],
)
def test_any_moment_of_fhir_is_shown_to_the_minute(written: str, shown: str) -> None:
    assert minute(written) == shown
