"""Resources made to hurt: each gets its answer soon, and no exception."""

import time
from decimal import Decimal
from typing import Any

import pytest

from fhir_profiles import resources
from fhir_profiles.explanation import MOST
from fhir_profiles.extraction import extract
from fhir_profiles.validation import issues
from tests.fhir_profiles.defects import OBSERVATION, PATIENT, changed

HUGE = Decimal("1E+999999999")
UCUM = {"code": "1", "system": "http://unitsofmeasure.org"}


def nested(levels: int) -> dict[str, Any]:
    text = '{"url":"u","valueString":"x"}'
    for _ in range(levels):
        text = f'{{"url":"u","extension":[{text}]}}'
    found: dict[str, Any] = resources.loads(f'{{"resourceType":"Patient","extension":[{text}]}}')
    return found


HOSTILE: list[tuple[str, dict[str, Any]]] = [
    ("a number too large to write out", changed(PATIENT, multipleBirthInteger=HUGE)),
    ("a quantity too large to write out", changed(OBSERVATION, valueQuantity={"value": HUGE})),
    (
        "a count too large to write out",
        changed(PATIENT, extension=[{"url": "u", "valueCount": {"value": HUGE, **UCUM}}]),
    ),
    ("an integer beyond 32 bits", changed(PATIENT, multipleBirthInteger=10**4000)),
    ("a deep resource", nested(300)),
    ("a large attachment", changed(PATIENT, photo=[{"contentType": "a/b", "data": "QUJD" * 500_000 + "A"}])),
    ("a long text", changed(PATIENT, name=[{"text": "王 x" * 500_000}])),
    ("a long date", changed(PATIENT, birthDate="1" * 500_000)),
    ("a long code", changed(PATIENT, language="a " * 200_000)),
    ("a long reference", changed(OBSERVATION, subject={"reference": "a" * 500_000})),
    (
        "a long unit",
        changed(OBSERVATION, valueQuantity={"value": 1, "system": UCUM["system"], "code": "(" * 100_000}),
    ),
    (
        "a unit with a large exponent",
        changed(OBSERVATION, valueQuantity={"value": 1, "system": UCUM["system"], "code": "10*999999999"}),
    ),
    (
        "a narrative that almost fits",
        changed(PATIENT, text={"status": "empty", "div": "<div>" + "<p id='a'>x</p>" * 50_000 + "<q"}),
    ),
    (
        "blanks inside an element",
        changed(PATIENT, text={"status": "empty", "div": "<div " + " " * 100_000 + "!"}),
    ),
    ("many extensions", changed(PATIENT, extension=[{"url": "u", "valueString": "x"}] * 50_000)),
    ("a resource type that is a list", {"resourceType": ["Patient"]}),
    (
        "contained things that are no resources",
        changed(PATIENT, contained=[1, None, [], {"resourceType": []}]),
    ),
    (
        "entries that are no entries",
        {"resourceType": "Bundle", "type": "batch", "entry": [1, None, {"resource": 5}]},
    ),
]


@pytest.mark.parametrize("resource", [each[1] for each in HOSTILE], ids=[each[0] for each in HOSTILE])
def test_hostile_content_gets_its_answer_soon(resource: dict[str, Any]) -> None:
    started = time.perf_counter()
    found = issues(resource)
    if not found:
        extract(resource)
    assert time.perf_counter() - started < 5


def test_only_so_many_faults_are_told() -> None:
    assert len(issues(changed(PATIENT, name=[{"nick": "x"}] * 5_000))) == MOST


def test_a_name_of_an_element_is_repeated_only_where_it_can_be_one() -> None:
    found = issues(changed(PATIENT, **{"王小明 370200199001010015": 1}))
    assert [issue.expression for issue in found] == ["Patient"]


@pytest.mark.parametrize("system", [{}, [], [{}], 5, None, True])
@pytest.mark.parametrize("member", ["system", "code"])
def test_a_bound_coding_of_no_text_is_explained(member: str, system: Any) -> None:
    coding = {"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"} | {
        member: system
    }
    resource = {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [coding]},
        "subject": {"reference": "Patient/1"},
    }
    assert any(issue.expression.startswith("Condition.clinicalStatus") for issue in issues(resource))
