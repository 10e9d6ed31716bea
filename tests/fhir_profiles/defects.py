"""Resources with one planted defect each, and resources that look odd and are valid."""

import copy
from decimal import Decimal
from typing import Any

OBSERVATION = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}], "text": "Hemoglobin"},
    "subject": {"reference": "Patient/a"},
    "effectiveDateTime": "2024-02-29T08:30:00+08:00",
    "valueQuantity": {
        "value": Decimal("132.50"),
        "unit": "g/L",
        "system": "http://unitsofmeasure.org",
        "code": "g/L",
    },
}
PATIENT = {
    "resourceType": "Patient",
    "identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": "x"}],
    "name": [{"family": "王", "given": ["小明"]}],
    "gender": "female",
    "birthDate": "1980-02-29",
}


def changed(base: dict[str, Any], **elements: Any) -> dict[str, Any]:
    """A copy with elements set, or taken away where None."""
    found = copy.deepcopy(base)
    for name, value in elements.items():
        if value is None:
            del found[name]
        else:
            found[name] = value
    return found


DEFECTS: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "code outside a required value set",
        changed(PATIENT, gender="banana"),
        "code-invalid",
        "Patient.gender",
    ),
    (
        "status outside its value set",
        changed(OBSERVATION, status="done"),
        "code-invalid",
        "Observation.status",
    ),
    ("boolean as text", changed(PATIENT, active="true"), "value", "Patient.active"),
    (
        "number as text",
        changed(OBSERVATION, valueQuantity={"value": "12.3"}),
        "value",
        "Observation.value.ofType(Quantity).value",
    ),
    (
        "comparator outside its value set",
        changed(OBSERVATION, valueQuantity={"value": 1, "comparator": "=="}),
        "code-invalid",
        "Observation.value.ofType(Quantity).comparator",
    ),
    ("text as number", changed(PATIENT, birthDate=1980), "value", "Patient.birthDate"),
    ("empty list", changed(PATIENT, name=[]), "structure", "Patient.name"),
    ("empty object", changed(PATIENT, maritalStatus={}), "structure", "Patient.maritalStatus"),
    ("empty object in a list", changed(PATIENT, contact=[{}]), "structure", "Patient.contact[0]"),
    ("empty text", changed(PATIENT, name=[{"family": ""}]), "value", "Patient.name[0].family"),
    ("null", changed(PATIENT, name=[{"family": None}]), "value", "Patient.name[0].family"),
    (
        "null in a list without an extension",
        changed(PATIENT, name=[{"given": ["a", None]}]),
        "value",
        "Patient.name[0].given[1]",
    ),
    (
        "URI with a blank",
        changed(OBSERVATION, implicitRules="http://a b"),
        "value",
        "Observation.implicitRules",
    ),
    ("required primitive absent", changed(OBSERVATION, status=None), "required", "Observation.status"),
    ("required element absent", changed(OBSERVATION, code=None), "required", "Observation.code"),
    ("two types of a choice", changed(OBSERVATION, valueString="a"), "structure", "Observation.value[x]"),
    (
        "required choice absent",
        {
            "resourceType": "MedicationRequest",
            "status": "active",
            "intent": "order",
            "subject": {"reference": "Patient/a"},
        },
        "required",
        "MedicationRequest.medication[x]",
    ),
    ("impossible date", changed(PATIENT, birthDate="2023-02-30"), "value", "Patient.birthDate"),
    ("leap day of a common year", changed(PATIENT, birthDate="2023-02-29"), "value", "Patient.birthDate"),
    ("leap day of 1900", changed(PATIENT, birthDate="1900-02-29"), "value", "Patient.birthDate"),
    (
        "time without a zone",
        changed(OBSERVATION, effectiveDateTime="2024-01-01T10:00:00"),
        "value",
        "Observation.effective.ofType(dateTime)",
    ),
    ("instant without a time", changed(OBSERVATION, issued="2024-01-01"), "value", "Observation.issued"),
    (
        "extension without url",
        changed(PATIENT, extension=[{"valueString": "x"}]),
        "required",
        "Patient.extension[0].url",
    ),
    (
        "extension with two values",
        changed(PATIENT, extension=[{"url": "u", "valueString": "x", "valueCode": "y"}]),
        "structure",
        "Patient.extension[0].value[x]",
    ),
    (
        "extension with nothing",
        changed(PATIENT, extension=[{"url": "u"}]),
        "invariant",
        "Patient.extension[0]",
    ),
    (
        "extension with a value and extensions",
        changed(
            PATIENT,
            extension=[{"url": "u", "valueString": "x", "extension": [{"url": "v", "valueString": "y"}]}],
        ),
        "invariant",
        "Patient.extension[0]",
    ),
    ("reference as text", changed(OBSERVATION, subject="Patient/a"), "structure", "Observation.subject"),
    (
        "wrong target of a reference",
        changed(OBSERVATION, subject={"reference": "Medication/a"}),
        "value",
        "Observation.subject.reference",
    ),
    (
        "reference to a type that R4 does not have",
        changed(OBSERVATION, focus=[{"reference": "Person1/a"}]),
        "value",
        "Observation.focus[0].reference",
    ),
    (
        "reference with a target type that is not allowed",
        changed(OBSERVATION, subject={"type": "Medication", "display": "x"}),
        "value",
        "Observation.subject.type",
    ),
    ("positiveInt 0", changed(PATIENT, telecom=[{"rank": 0}]), "value", "Patient.telecom[0].rank"),
    (
        "integer with a fraction",
        changed(PATIENT, multipleBirthInteger=Decimal("1.5")),
        "value",
        "Patient.multipleBirth.ofType(integer)",
    ),
    ("unknown element", changed(PATIENT, nickname="x"), "structure", "Patient.nickname"),
    (
        "unknown element inside",
        changed(PATIENT, name=[{"family": "x", "nick": "y"}]),
        "structure",
        "Patient.name[0].nick",
    ),
    ("one value where a list is due", changed(PATIENT, name={"family": "x"}), "structure", "Patient.name"),
    (
        "a list where one value is due",
        changed(OBSERVATION, code=[{"text": "x"}]),
        "structure",
        "Observation.code",
    ),
    ("id with a blank", changed(PATIENT, id="a b"), "value", "Patient.id"),
    ("id too long", changed(PATIENT, id="x" * 65), "value", "Patient.id"),
    (
        "narrative that is no div",
        changed(PATIENT, text={"status": "empty", "div": "hi"}),
        "value",
        "Patient.text.div",
    ),
    (
        "broken base64",
        changed(PATIENT, photo=[{"contentType": "image/png", "data": "a"}]),
        "value",
        "Patient.photo[0].data",
    ),
    ("control character", changed(PATIENT, name=[{"family": "a\x00b"}]), "value", "Patient.name[0].family"),
    (
        "fault in a contained resource",
        changed(OBSERVATION, contained=[{"resourceType": "Patient", "id": "p", "gender": "x"}]),
        "code-invalid",
        "Observation.contained[0].gender",
    ),
    (
        "fault in an entry of a Bundle",
        {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"resource": changed(PATIENT, gender="x")}],
        },
        "code-invalid",
        "Bundle.entry[0].resource.gender",
    ),
    (
        "fault in a parameter",
        {
            "resourceType": "Parameters",
            "parameter": [{"name": "r", "resource": changed(PATIENT, gender="x")}],
        },
        "code-invalid",
        "Parameters.parameter[0].resource.gender",
    ),
    (
        "clinical status outside its value set",
        {
            "resourceType": "Condition",
            "subject": {"reference": "Patient/a"},
            "clinicalStatus": {
                "coding": [
                    {"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "ill"}
                ]
            },
        },
        "code-invalid",
        "Condition.clinicalStatus.coding",
    ),
    ("a resource type that R4 does not have", {"resourceType": "Citizen"}, "structure", "resourceType"),
]


VALID: list[tuple[str, dict[str, Any]]] = [
    ("an observation", OBSERVATION),
    ("a patient", PATIENT),
    (
        "a required primitive that only an extension states",
        changed(
            OBSERVATION, status=None, _status={"extension": [{"url": "http://x", "valueCode": "unknown"}]}
        ),
    ),
    (
        "a list of primitives padded with null",
        changed(
            PATIENT,
            name=[{"given": ["a", None], "_given": [None, {"extension": [{"url": "u", "valueCode": "b"}]}]}],
        ),
    ),
    (
        "an extension beside a primitive",
        changed(PATIENT, _birthDate={"extension": [{"url": "u", "valueTime": "08:30:00"}]}),
    ),
    (
        "an extension with extensions",
        changed(PATIENT, extension=[{"url": "u", "extension": [{"url": "v", "valueId": "y"}]}]),
    ),
    (
        "a value stated by an extension",
        changed(
            PATIENT, extension=[{"url": "u", "_valueString": {"extension": [{"url": "v", "valueCode": "w"}]}}]
        ),
    ),
    (
        "references of every form",
        changed(
            OBSERVATION,
            subject={"reference": "https://a.example/fhir/Patient/1"},
            performer=[
                {"reference": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"},
                {"reference": "Patient/1/_history/2"},
                {"reference": "Organization?identifier=a|b"},
                {"identifier": {"value": "x"}},
            ],
        ),
    ),
    ("partial dates", changed(PATIENT, birthDate="1980-02")),
    ("a leap second", changed(OBSERVATION, effectiveDateTime="2016-12-31T23:59:60Z")),
    ("integers and decimals", changed(OBSERVATION, valueQuantity={"value": 7})),
]
