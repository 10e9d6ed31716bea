"""Sensitivity labels: codes, names, departments, and their inheritance."""

from typing import Any
from uuid import UUID

import pytest

from consent.categories import Label
from consent.labels import label_batch, labels, visits_of_batch
from consent.relabel import spread
from record_store.database import cursor, unit_of_work
from tests.conftest import Database
from tests.record_store.drafts import ENCOUNTER, PATIENT, draft, identity, rows, store
from tests.record_store.drafts import observation as glucose

ICD10 = "http://hl7.org/fhir/sid/icd-10"


def condition(code: str = "", system: str = ICD10, text: str = "", **more: Any) -> dict[str, Any]:
    concept: dict[str, Any] = {"text": text} if text else {}
    if code:
        concept["coding"] = [{"system": system, "code": code}]
    return {"resourceType": "Condition", "id": "c", "code": concept, **more}


def observation(code: str, system: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": "o",
        "code": {"coding": [{"system": system, "code": code}]},
        **more,
    }


def encounter(department: str) -> dict[str, Any]:
    return {"resourceType": "Encounter", "id": "e", "serviceType": {"text": department}}


IN_VISIT = {"encounter": {"reference": "Encounter/e"}}

CODES = [
    (condition("B20.1"), Label.HIV_STD | Label.NOTIFIABLE),
    (condition("Z21"), Label.HIV_STD | Label.NOTIFIABLE),
    (condition("A51.0"), Label.HIV_STD | Label.NOTIFIABLE),
    (condition("A60.0"), Label.HIV_STD),
    (condition("A15.0"), Label.NOTIFIABLE),
    (condition("F32.9"), Label.MENTAL),
    (condition("F10.2"), Label.SUBSTANCE),
    (condition("F20.0", system="urn:local:diagnoses"), Label.MENTAL),
    (condition("O04.9"), Label.REPRODUCTIVE),
    (condition("T74.1"), Label.ABUSE),
    (condition("J18.9"), 0),
    (condition("I10"), 0),
    (condition(text="抑郁发作"), Label.MENTAL),
    (condition(text="高血压2级"), 0),
    (observation("56888-1", "http://loinc.org"), Label.HIV_STD),
    (observation("2339-0", "http://loinc.org"), 0),
    (observation("B20", "urn:local:lab"), 0),
]


@pytest.mark.parametrize(("resource", "expected"), CODES)
def test_a_code_or_a_name_gives_its_labels(resource: dict[str, Any], expected: int) -> None:
    assert labels(resource) == int(expected)


def test_everything_of_a_visit_to_psychiatry_is_labelled() -> None:
    glucose = observation("2339-0", "http://loinc.org", **IN_VISIT)
    assert label_batch([encounter("精神科"), glucose]) == [Label.MENTAL, Label.MENTAL]


def test_a_stored_visit_passes_its_labels_on() -> None:
    glucose = observation("2339-0", "http://loinc.org", **IN_VISIT)
    assert label_batch([glucose], stored={"Encounter/e": int(Label.MENTAL | Label.NOTIFIABLE)}) == [
        Label.MENTAL
    ]


def test_unknown_codes_of_a_mixed_department_are_labelled_and_known_ones_are_not() -> None:
    local = observation("X-17", "urn:local:lab", **IN_VISIT)
    glucose = observation("2339-0", "http://loinc.org", **IN_VISIT)
    assert label_batch([encounter("皮肤性病科"), local, glucose]) == [
        0,
        Label.UNKNOWN_SENSITIVE_DEPARTMENT,
        0,
    ]


def test_a_report_takes_the_labels_of_its_results_and_gives_them_only_its_own() -> None:
    hiv = {**observation("56888-1", "http://loinc.org"), "id": "hiv"}
    glucose = {**observation("2339-0", "http://loinc.org"), "id": "glucose"}
    report = {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "code": {"text": "检验报告"},
        "result": [{"reference": "Observation/hiv"}, {"reference": "Observation/glucose"}],
    }
    assert label_batch([report, hiv, glucose]) == [Label.HIV_STD, Label.HIV_STD, 0]


def test_a_document_and_its_binary_carry_the_union_of_what_they_hold() -> None:
    depression = {**condition("F32.9"), "id": "f"}
    document = {
        "resourceType": "DocumentReference",
        "id": "d",
        "content": [{"attachment": {"url": "Binary/b"}}],
        "context": {"related": [{"reference": "Condition/f"}]},
    }
    binary = {"resourceType": "Binary", "id": "b"}
    assert label_batch([document, binary, depression]) == [Label.MENTAL] * 3


def test_a_report_card_makes_its_patient_part_of_the_statutory_report() -> None:
    card = condition("A15.0", category=[{"coding": [{"code": "notifiable-report"}]}])
    patient = {"resourceType": "Patient", "id": "p"}
    sender = {"resourceType": "Organization", "id": "o"}
    assert label_batch([card, patient, sender]) == [Label.NOTIFIABLE, Label.NOTIFIABLE, 0]


def test_an_ordinary_notifiable_diagnosis_leaves_its_patient_unlabelled() -> None:
    assert label_batch([condition("A15.0"), {"resourceType": "Patient", "id": "p"}]) == [Label.NOTIFIABLE, 0]


def test_the_national_report_card_document_is_recognised() -> None:
    card = {
        "resourceType": "Composition",
        "id": "k",
        "type": {"coding": [{"system": "urn:oid:2.16.156.10011.2.4", "code": "HSDB03.02"}]},
    }
    assert label_batch([card, {"resourceType": "Patient", "id": "p"}]) == [Label.NOTIFIABLE] * 2


@pytest.mark.parametrize("status", ["refuted", "entered-in-error"])
def test_what_was_taken_back_is_not_reported(status: str) -> None:
    assert labels(condition("A15.0", verificationStatus={"coding": [{"code": status}]})) == 0


def test_a_relatives_illness_is_nobodys_report() -> None:
    history = {
        "resourceType": "FamilyMemberHistory",
        "id": "f",
        "condition": [{"code": condition("A15.0")["code"]}],
    }
    assert labels(history) == 0


def test_attachments_and_results_belong_to_the_visit_of_what_holds_them() -> None:
    batch = [
        {"resourceType": "Binary", "id": "pdf"},
        {"resourceType": "DocumentReference", "id": "d", "context": {"encounter": [{"reference": "Encounter/e"}]},
         "content": [{"attachment": {"url": "Binary/pdf"}}]},
        {"resourceType": "DiagnosticReport", "id": "r", "result": [{"reference": "Observation/o"}], **IN_VISIT},
        {"resourceType": "Observation", "id": "o"},
        {"resourceType": "Observation", "id": "other", "encounter": {"reference": "Encounter/e2"}},
        {"resourceType": "Provenance", "id": "v", "target": [{"reference": "Observation/o"}]},
        {"resourceType": "Patient", "id": "p"},
    ]  # fmt: skip
    assert visits_of_batch(batch) == [*["Encounter/e"] * 4, "Encounter/e2", "Encounter/e", ""]


def test_a_visit_that_turns_out_sensitive_labels_what_is_stored_of_it(database: Database) -> None:
    visit = {"resourceType": "Encounter", "id": ENCOUNTER, "status": "finished", "class": {"code": "AMB"}}
    store(database, draft(glucose(1)), draft(glucose(2, encounter={"reference": f"Encounter/{identity(9)}"})))
    store(database, draft(glucose(1, value="6.1")))
    store(
        database, draft({**visit, "subject": {"reference": f"Patient/{PATIENT}"}}, labels=int(Label.MENTAL))
    )
    with unit_of_work(database.engine, "hie_writer") as connection:
        spread(cursor(connection), [(7, UUID(ENCOUNTER), int(Label.MENTAL | Label.NOTIFIABLE))])
    assert dict(rows(database, "select id::text, labels from resource")) == {
        identity(1): int(Label.MENTAL),
        ENCOUNTER: int(Label.MENTAL),
        identity(2): 0,
    }
    assert rows(database, "select labels from resource_history") == [(int(Label.MENTAL),)]
