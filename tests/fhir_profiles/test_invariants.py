"""Invariants of R4: each is kept by one resource and broken by its neighbour."""

from typing import Any

import pytest

from fhir_profiles.invariant_rules import INVARIANTS, rules
from fhir_profiles.structure import elements
from fhir_profiles.validation import issues
from tests.fhir_profiles.defects import OBSERVATION, PATIENT, changed

CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
CONDITION: dict[str, Any] = {"resourceType": "Condition", "subject": {"reference": "Patient/a"}}
BUNDLE: dict[str, Any] = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [{"fullUrl": "urn:x:1", "resource": PATIENT}],
}
INSIDE = {"resourceType": "Practitioner", "id": "p", "name": [{"text": "x"}]}


def coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def bundle(**elements: Any) -> dict[str, Any]:
    return BUNDLE | elements


def entry(**elements: Any) -> dict[str, Any]:
    return bundle(entry=[BUNDLE["entry"][0] | elements])


COMPOSITION = {
    "resourceType": "Composition",
    "status": "final",
    "type": {"text": "x"},
    "date": "2024",
    "author": [{"reference": "Organization/a"}],
    "title": "x",
}


def document(**elements: Any) -> dict[str, Any]:
    whole = {
        "type": "document",
        "identifier": {"system": "urn:x", "value": "1"},
        "timestamp": "2024-01-01T00:00:00Z",
        "entry": [{"fullUrl": "urn:x:1", "resource": COMPOSITION}],
    }
    return {name: value for name, value in (BUNDLE | whole | elements).items() if value is not None}


BROKEN: list[tuple[str, dict[str, Any], str]] = [
    (
        "per-1",
        changed(OBSERVATION, effectiveDateTime=None, effectivePeriod={"start": "2024-02", "end": "2024-01"}),
        "Observation.effective.ofType(Period)",
    ),
    (
        "rng-2",
        changed(OBSERVATION, valueQuantity=None, valueRange={"low": {"value": 2}, "high": {"value": 1}}),
        "Observation.value.ofType(Range)",
    ),
    (
        "rat-1",
        changed(OBSERVATION, valueQuantity=None, valueRatio={"numerator": {"value": 2}}),
        "Observation.value.ofType(Ratio)",
    ),
    (
        "qty-3",
        changed(OBSERVATION, valueQuantity={"value": 2, "code": "g"}),
        "Observation.value.ofType(Quantity)",
    ),
    ("cpt-2", changed(PATIENT, telecom=[{"value": "1"}]), "Patient.telecom[0]"),
    ("att-1", changed(PATIENT, photo=[{"data": "aGVhbHRo"}]), "Patient.photo[0]"),
    (
        "size",
        changed(PATIENT, photo=[{"contentType": "a/b", "data": "aGVhbHRo", "size": 7}]),
        "Patient.photo[0].size",
    ),
    ("pat-1", changed(PATIENT, contact=[{"gender": "male"}]), "Patient.contact[0]"),
    ("obs-6", changed(OBSERVATION, dataAbsentReason={"text": "x"}), "Observation"),
    (
        "obs-3",
        changed(OBSERVATION, referenceRange=[{"type": {"text": "x"}}]),
        "Observation.referenceRange[0]",
    ),
    ("obs-7", changed(OBSERVATION, component=[{"code": coded("http://loinc.org", "718-7")}]), "Observation"),
    (
        "con-4",
        CONDITION | {"abatementDateTime": "2024", "clinicalStatus": coded(CLINICAL, "active")},
        "Condition.clinicalStatus",
    ),
    (
        "con-5",
        CONDITION
        | {
            "clinicalStatus": coded(CLINICAL, "active"),
            "verificationStatus": coded(VERIFICATION, "entered-in-error"),
        },
        "Condition.clinicalStatus",
    ),
    (
        "ait-1",
        {"resourceType": "AllergyIntolerance", "patient": {"reference": "Patient/a"}},
        "AllergyIntolerance.clinicalStatus",
    ),
    ("org-1", {"resourceType": "Organization", "active": True}, "Organization"),
    (
        "org-3",
        {
            "resourceType": "Organization",
            "name": "x",
            "telecom": [{"system": "phone", "value": "1", "use": "home"}],
        },
        "Organization.telecom",
    ),
    (
        "tim-1",
        {
            "resourceType": "Basic",
            "code": {"text": "x"},
            "extension": [{"url": "u", "valueTiming": {"repeat": {"duration": 1}}}],
        },
        "Basic.extension[0].value.ofType(Timing).repeat",
    ),
    ("inv-1", {"resourceType": "Parameters", "parameter": [{"name": "x"}]}, "Parameters.parameter[0]"),
    ("bdl-1", bundle(total=1), "Bundle.total"),
    ("bdl-2", entry(search={"mode": "match"}), "Bundle.entry[0].search"),
    ("bdl-3", entry(request={"method": "GET", "url": "Patient/1"}), "Bundle.entry[0]"),
    ("bdl-3", bundle(type="transaction"), "Bundle.entry[0]"),
    ("bdl-4", entry(response={"status": "200"}), "Bundle.entry[0]"),
    ("bdl-5", bundle(entry=[{"fullUrl": "urn:x:1"}]), "Bundle.entry[0]"),
    ("bdl-7", bundle(entry=BUNDLE["entry"] * 2), "Bundle.entry"),
    ("bdl-8", entry(fullUrl="http://x/Patient/1/_history/2"), "Bundle.entry[0].fullUrl"),
    ("bdl-9", document(identifier=None), "Bundle.identifier"),
    ("bdl-10", document(timestamp=None), "Bundle.timestamp"),
    ("bdl-11", document(entry=BUNDLE["entry"]), "Bundle.entry[0].resource"),
    ("bdl-12", bundle(type="message"), "Bundle.entry[0].resource"),
    ("ref-1", changed(OBSERVATION, performer=[{"reference": "#p"}]), "Observation.performer[0].reference"),
    (
        "ref-1",
        changed(OBSERVATION, contained=[INSIDE], performer=[{"reference": "#p"}, {"reference": "#q"}]),
        "Observation.performer[1].reference",
    ),
    ("dom-3", changed(OBSERVATION, contained=[INSIDE]), "Observation.contained[0]"),
    (
        "dom-4",
        changed(
            OBSERVATION, contained=[INSIDE | {"meta": {"versionId": "1"}}], performer=[{"reference": "#p"}]
        ),
        "Observation.contained[0].meta",
    ),
]


@pytest.mark.parametrize(
    ("key", "resource", "expression"), BROKEN, ids=[f"{b[0]}-{i}" for i, b in enumerate(BROKEN)]
)
def test_a_broken_invariant_is_named_where_it_is_broken(
    key: str, resource: dict[str, Any], expression: str
) -> None:
    found = issues(resource)
    assert [(issue.code, issue.expression) for issue in found] == [("invariant", expression)]
    assert key == "size" or f"({key})" in found[0].text


KEPT: list[dict[str, Any]] = [
    BUNDLE,
    document(),
    bundle(type="searchset", total=1, entry=[BUNDLE["entry"][0] | {"search": {"mode": "match"}}]),
    bundle(type="transaction", entry=[{"request": {"method": "DELETE", "url": "Patient/1"}}]),
    changed(
        OBSERVATION,
        effectiveDateTime=None,
        effectivePeriod={"start": "2024-01-01", "end": "2024-01-01T08:00:00Z"},
    ),
    changed(OBSERVATION, component=[{"code": coded("http://loinc.org", "9999-9")}]),
    changed(OBSERVATION, contained=[INSIDE], performer=[{"reference": "#p"}]),
    CONDITION | {"abatementDateTime": "2024", "clinicalStatus": coded(CLINICAL, "resolved")},
    changed(PATIENT, photo=[{"contentType": "a/b", "data": "aGVhbHRo", "size": 6}]),
    {"resourceType": "Parameters", "parameter": [{"name": "x", "part": [{"name": "y", "valueString": "z"}]}]},
]


@pytest.mark.parametrize("resource", KEPT)
def test_what_keeps_the_invariants_passes(resource: dict[str, Any]) -> None:
    assert issues(resource) == []


def test_every_rule_speaks_of_elements_that_exist() -> None:
    for kind, listed in rules().items():
        for rule in listed:
            for group in rule.groups:
                assert set(group) <= elements(kind).keys(), rule
    for kind in INVARIANTS:
        assert elements(kind)


NARRATIVES: list[tuple[str, bool]] = [
    ('<div xmlns="http://www.w3.org/1999/xhtml"><p>血压 <b>120/80</b></p><br/></div>', True),
    ('<div><a href="https://x.example/?a=1&amp;b=2">more</a><a href="#note">note</a></div>', True),
    ('<div><img src="data:image/png;base64,AAAA" alt="chart"/></div>', True),
    ("<div><table border='1'><tr><td>1 &lt; 2</td></tr></table></div>", True),
    ("<div><script>alert(1)</script></div>", False),
    ('<div><p onclick="alert(1)">x</p></div>', False),
    ('<div><a href="javascript:alert(1)">x</a></div>', False),
    ('<div><a href="java&#115;cript&#58;alert(1)">x</a></div>', False),
    ('<div><img src="data:text/html,x"/></div>', False),
    ('<div><iframe src="https://x.example"/></div>', False),
    ("<div>1 < 2</div>", False),
    ("<p>x</p>", False),
]


@pytest.mark.parametrize(("div", "allowed"), NARRATIVES)
def test_a_narrative_formats_and_does_nothing_else(div: str, allowed: bool) -> None:
    found = issues(changed(PATIENT, text={"status": "additional", "div": div}))
    assert [issue.expression for issue in found] == ([] if allowed else ["Patient.text.div"])
