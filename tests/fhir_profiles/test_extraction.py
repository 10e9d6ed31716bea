"""What resources can be found by."""

import gzip
import json
from datetime import UTC, datetime
from decimal import Decimal
from math import inf
from pathlib import Path
from typing import Any

import pytest

from fhir_profiles import resources
from fhir_profiles.extraction import extract
from fhir_profiles.resource_types import NUMBER
from fhir_profiles.ucum import SYSTEM as UCUM

EXAMPLES = Path(__file__).parents[3] / "shared" / "corpora" / "r4-examples" / "examples.ndjson.gz"
LOINC = "http://loinc.org"


def quantity(value: str, unit: str, **more: str) -> dict[str, Any]:
    return {"value": Decimal(value), "unit": unit, "system": UCUM, "code": unit, **more}


HEMOGLOBIN = {
    "resourceType": "Observation",
    "id": "o1",
    "meta": {
        "lastUpdated": "2024-01-01T00:00:00Z",
        "source": "urn:lab#1",
        "profile": ["http://example.org/p"],
        "tag": [{"system": "urn:t", "code": "exchange"}],
        "security": [{"system": "urn:s", "code": "R"}],
    },
    "status": "final",
    "category": [{"coding": [{"system": "urn:c", "code": "laboratory"}]}],
    "code": {
        "coding": [{"system": LOINC, "code": "718-7", "display": "Hemoglobin"}, {"code": "HGB"}],
        "text": "血红蛋白",
    },
    "subject": {"reference": "Patient/p1/_history/3"},
    "encounter": {"reference": "Encounter/e1"},
    "effectiveDateTime": "2024-02-29",
    "performer": [{"reference": "#lab"}, {"reference": "https://other.example/fhir/Practitioner/9"}],
    "valueQuantity": quantity("132.50", "g/L"),
}


def test_a_laboratory_result() -> None:
    out = extract(HEMOGLOBIN)
    assert ("status", "http://hl7.org/fhir/observation-status", "final") in out.tokens
    assert [token for token in out.tokens if token[0] == "code"] == [
        ("code", LOINC, "718-7"),
        ("code", "", "HGB"),
    ]
    assert ("combo-code", LOINC, "718-7") in out.tokens
    assert ("_tag", "urn:t", "exchange") in out.tokens
    assert ("_security", "urn:s", "R") in out.tokens
    assert ("_profile", "http://example.org/p") in out.uris
    assert ("_source", "urn:lab#1") in out.uris
    assert ("code", "hemoglobin") in out.texts
    assert ("code", "血红蛋白") in out.texts
    assert ("value-quantity", UCUM, "g.m-3", 132500.0, 132500.0) in out.quantities
    assert ("value-quantity", "", "", 132.5, 132.5) in out.quantities
    assert [each for each in out.references if each[0] == "performer"] == [
        ("performer", "https://other.example/fhir/Practitioner/9")
    ]
    day = (datetime(2024, 2, 28, 16, tzinfo=UTC), datetime(2024, 2, 29, 16, tzinfo=UTC))
    assert out.dates == [("date", *day)]
    assert out.primary_code == ("code", LOINC, "718-7")
    assert out.primary_date == day
    assert out.primary_value == ("g.m-3", 132500.0)
    assert out.subject == "Patient/p1"
    assert out.encounter == "Encounter/e1"
    assert not [token for token in out.tokens if token[0] in ("_id", "_lastUpdated")]


def test_a_patient() -> None:
    out = extract(
        {
            "resourceType": "Patient",
            "id": "p1",
            "identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": "370200199001010015"}],
            "name": [{"family": "王", "given": ["小明"]}, {"text": "Xiaoming  WANG"}],
            "telecom": [
                {"system": "phone", "value": "+86 532 8888-1234"},
                {"system": "email", "value": "X.Wang@Example.org"},
            ],
            "gender": "male",
            "birthDate": "1990-01-01",
            "deceasedDateTime": "2024-05-01",
            "address": [{"text": "香港中路１号", "city": "青岛市", "line": ["香港中路１号"]}],
            "managingOrganization": {"identifier": {"system": "urn:o", "value": "h1"}},
        }
    )
    assert {value for name, value in out.strings if name == "name"} == {
        "王",
        "小明",
        "王小明",
        "xiaoming wang",
    }
    assert {value for name, value in out.strings if name == "given"} == {"小明"}
    assert {value for name, value in out.strings if name == "address"} == {"香港中路1号", "青岛市"}
    assert ("identifier", "urn:oid:2.16.156.10011.1.3", "370200199001010015") in out.identifiers
    assert ("phone", "", "+8653288881234") in out.identifiers
    assert ("email", "", "x.wang@example.org") in out.identifiers
    assert ("email", "", "+8653288881234") not in out.identifiers
    assert {value for name, _, value in out.identifiers if name == "telecom"} == {
        "+8653288881234",
        "x.wang@example.org",
    }
    assert ("organization:identifier", "urn:o", "h1") in out.identifiers
    assert ("gender", "http://hl7.org/fhir/administrative-gender", "male") in out.tokens
    assert ("deceased", "", "true") in out.tokens
    assert (
        "death-date",
        datetime(2024, 4, 30, 16, tzinfo=UTC),
        datetime(2024, 5, 1, 16, tzinfo=UTC),
    ) in out.dates
    assert out.subject == "Patient/p1"


BLOOD_PRESSURE = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"coding": [{"system": LOINC, "code": "85354-9"}]},
    "effectivePeriod": {"start": "2024-01-01T08:00:00+08:00"},
    "component": [
        {
            "code": {"coding": [{"system": LOINC, "code": "8480-6"}]},
            "valueQuantity": quantity("120", "mm[Hg]"),
        },
        {
            "code": {"coding": [{"system": LOINC, "code": "8462-4"}]},
            "valueQuantity": quantity("80", "mm[Hg]", comparator=">="),
        },
    ],
}


def test_components_open_periods_and_comparators() -> None:
    out = extract(BLOOD_PRESSURE)
    assert [code for name, _, code in out.tokens if name == "component-code"] == ["8480-6", "8462-4"]
    assert out.dates == [("date", datetime(2024, 1, 1, tzinfo=UTC), None)]
    found = [each[3:] for each in out.quantities if each[0] == "component-value-quantity" and each[2] == ""]
    assert found == [(120.0, 120.0), (80.0, inf)]
    assert out.primary_value is None


PRIMARIES: list[tuple[dict[str, Any], str, str]] = [
    (
        {"resourceType": "Condition", "onsetDateTime": "2020-05-01", "code": {"coding": [{"code": "I10"}]}},
        "I10",
        "2020",
    ),
    (
        {"resourceType": "Encounter", "class": {"code": "AMB"}, "period": {"start": "2021-02-02"}},
        "AMB",
        "2021",
    ),
    (
        {
            "resourceType": "MedicationRequest",
            "medicationCodeableConcept": {"coding": [{"code": "C09AA02"}]},
            "authoredOn": "2022-02-02",
        },
        "C09AA02",
        "2022",
    ),
    (
        {
            "resourceType": "Immunization",
            "vaccineCode": {"coding": [{"code": "45"}]},
            "occurrenceDateTime": "2019-02-02",
        },
        "45",
        "2019",
    ),
    (
        {
            "resourceType": "DiagnosticReport",
            "code": {"coding": [{"code": "58410-2"}]},
            "effectiveDateTime": "2018-02-02",
        },
        "58410-2",
        "2018",
    ),
    (
        {
            "resourceType": "Procedure",
            "code": {"coding": [{"code": "47.0"}]},
            "performedPeriod": {"start": "2017-02-02"},
        },
        "47.0",
        "2017",
    ),
    (
        {
            "resourceType": "AllergyIntolerance",
            "code": {"coding": [{"code": "101"}]},
            "recordedDate": "2016-02-02",
        },
        "101",
        "2016",
    ),
    (
        {
            "resourceType": "DocumentReference",
            "type": {"coding": [{"code": "C0001"}]},
            "date": "2015-02-02T00:00:00Z",
        },
        "C0001",
        "2015",
    ),
    (
        {"resourceType": "ServiceRequest", "code": {"coding": [{"code": "x"}]}, "authoredOn": "2014-02-02"},
        "x",
        "2014",
    ),
    (
        {"resourceType": "Composition", "type": {"coding": [{"code": "34133-9"}]}, "date": "2013-02-02"},
        "34133-9",
        "2013",
    ),
]


@pytest.mark.parametrize(
    ("resource", "code", "year"), PRIMARIES, ids=[p[0]["resourceType"] for p in PRIMARIES]
)
def test_each_clinical_type_has_its_primary_code_and_date(
    resource: dict[str, Any], code: str, year: str
) -> None:
    out = extract(resource)
    assert out.primary_code is not None
    assert out.primary_code[2] == code
    assert out.primary_date is not None
    assert out.primary_date[0] is not None
    assert str(out.primary_date[0].year) == year


def test_references_through_patient_reach_only_patients() -> None:
    out = extract({"resourceType": "Observation", "subject": {"reference": "Group/g"}})
    assert out.references == [("subject", "Group/g")]
    assert out.subject is None


def test_numbers_ranges_and_currencies() -> None:
    risk = extract({"resourceType": "RiskAssessment", "prediction": [{"probabilityDecimal": Decimal("0.3")}]})
    assert ("probability", "", "", 0.3, 0.3) in risk.quantities
    condition = extract(
        {"resourceType": "Condition", "onsetRange": {"low": quantity("30", "a"), "high": quantity("40", "a")}}
    )
    assert ("onset-age", "", "", 30.0, 40.0) in condition.quantities
    invoice = extract({"resourceType": "Invoice", "totalNet": {"value": Decimal("9.90"), "currency": "CNY"}})
    assert ("totalnet", "urn:iso:std:iso:4217", "CNY", 9.9, 9.9) in invoice.quantities


def test_extensions_indexes_and_conditions_inside_expressions() -> None:
    document = extract(
        {
            "resourceType": "Bundle",
            "type": "document",
            "entry": [
                {"resource": {"resourceType": "Composition", "id": "c"}},
                {"resource": {"resourceType": "List", "id": "l"}},
            ],
        }
    )
    assert document.references == [("composition", "Composition/c")]
    plan = extract(
        {
            "resourceType": "PlanDefinition",
            "relatedArtifact": [
                {"type": "depends-on", "resource": "http://a|1"},
                {"type": "successor", "resource": "http://b"},
            ],
        }
    )
    assert plan.references == [("depends-on", "http://a"), ("successor", "http://b")]


def test_a_resource_with_nothing_in_it_has_no_values() -> None:
    for resource_type in NUMBER:
        out = extract({"resourceType": resource_type})
        assert [*out.tokens, *out.strings, *out.dates, *out.references] == []


def test_every_official_example_can_be_indexed() -> None:
    if not EXAMPLES.exists():
        pytest.skip("the R4 example corpus is not beside the project")
    with gzip.open(EXAMPLES, "rt", encoding="utf-8") as lines:
        found = [extract(resources.loads(json.loads(line)["text"])) for line in lines]
    assert sum(len(out.tokens) for out in found) > 1500
    for out in found:
        assert all(isinstance(part, str) for token in out.tokens for part in token)
        assert all(low is None or high is None or low <= high for _, low, high in out.dates)
        assert all(low <= high for *_, low, high in out.quantities)
        assert all("/_history/" not in target for _, target in out.references)
