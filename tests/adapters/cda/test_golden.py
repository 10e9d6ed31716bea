"""Invented documents become exactly the FHIR beside them: a delivery, an outpatient visit, a C-CDA, an embedded PDF."""

from pathlib import Path
from typing import Any

import pytest

from adapters import cda
from fhir_profiles.resources import dumps, loads
from fhir_profiles.validation import issues
from tests.adapters.feeds.samples import SOURCE

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.xml"))


def resources(name: str) -> list[dict[str, Any]]:
    path = next(path for path in GOLDEN if path.stem == name)
    (made,) = cda.translate(path.read_bytes(), SOURCE)
    return made.resources


def of(kind: str, made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [resource for resource in made if resource["resourceType"] == kind]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_document_becomes_the_expected_valid_resources(path: Path) -> None:
    made = cda.translate(path.read_bytes(), SOURCE)
    assert loads(dumps([part.resources for part in made])) == loads(
        path.with_name(path.name + ".json").read_bytes()
    )
    assert [fault for part in made for resource in part.resources for fault in issues(resource)] == []
    assert cda.translate(path.read_bytes(), SOURCE) == made
    assert {f"{resource['resourceType']}/{resource['id']}" for resource in made[0].resources} == made[
        0
    ].rules.keys()


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_every_reference_leads_to_a_resource_of_the_document(path: Path) -> None:
    (made,) = cda.translate(path.read_bytes(), SOURCE)
    there = {f"{resource['resourceType']}/{resource['id']}" for resource in made.resources}
    assert references(made.resources) <= there


def references(value: Any) -> set[str]:
    if isinstance(value, list):
        return {found for item in value for found in references(item)}
    if not isinstance(value, dict):
        return set()
    own = {value["reference"]} if isinstance(value.get("reference"), str) else set()
    return own | {found for inner in value.values() for found in references(inner)}


def test_what_is_said_of_the_newborn_is_not_said_of_the_mother() -> None:
    made = of("Observation", resources("delivery_c0015"))
    codes = {coding["code"]: found for found in made for coding in found["code"]["coding"]}
    assert codes["8339-4"]["valueQuantity"]["value"] == 3350
    assert codes["8339-4"]["focus"] == [{"display": "新生儿"}]
    assert "focus" not in codes["85354-9"]
    assert codes["9272-6"]["valueInteger"] == 9
    assert codes["9272-6"]["focus"] == [{"display": "新生儿"}]


def test_an_unknown_data_element_is_kept_and_listed() -> None:
    path = next(path for path in GOLDEN if path.stem == "delivery_c0015")
    (made,) = cda.translate(path.read_bytes(), SOURCE)
    assert [(unmapped.path, unmapped.value) for unmapped in made.unmapped] == [
        ("DE99.99.999.99", "院内自定义项")
    ]
    assert any(found.get("valueString") == "院内自定义项" for found in made.resources)


def test_a_laboratory_item_takes_its_result_and_unit_from_the_elements_inside() -> None:
    (found,) = (
        o
        for o in of("Observation", resources("outpatient_c0002"))
        if o["code"]["coding"][0]["code"] == "718-7"
    )
    assert (str(found["valueQuantity"]["value"]), found["valueQuantity"]["unit"]) == ("110.50", "g/L")


def test_a_prescription_is_an_order_whatever_its_mood_says() -> None:
    (found,) = of("MedicationRequest", resources("prescription_c0004"))
    assert found["intent"] == "order"
    assert found["groupIdentifier"]["value"] == "CF2026020901"
    assert found["dosageInstruction"][0]["timing"]["code"]["text"] == "每日2次"
    assert "20mg*14片" in found["dosageInstruction"][0]["text"]


def test_name_and_code_of_a_diagnosis_meet_in_an_organizer_and_side_by_side() -> None:
    made = of("Condition", resources("prescription_c0004"))
    assert [(one["code"]["text"], one["code"]["coding"][1]["code"]) for one in made] == [
        ("急性胃炎", "K29.1"),
        ("高血压", "I10"),
    ]
    assert made[0]["category"][1:] == [{"text": "主要诊断"}]


def test_both_pressures_side_by_side_are_one_panel() -> None:
    (panel,) = (o for o in of("Observation", resources("prescription_c0004")) if "component" in o)
    assert [part["valueQuantity"]["value"] for part in panel["component"]] == [150, 94]


def test_placeholders_are_nobodys_number_and_no_value() -> None:
    made = resources("prescription_c0004")
    assert of("Practitioner", made) == []
    texts = dumps([resource for resource in made if resource["resourceType"] != "Binary"]).decode()
    assert '"NA"' not in texts
    assert "医务人员编号" not in texts


def test_an_order_of_a_stay_says_what_when_and_by_whom() -> None:
    (found,) = of("ServiceRequest", resources("prescription_c0004"))
    assert found["code"]["text"] == "腹部超声"
    assert found["occurrencePeriod"]["start"] == "2026-02-09T22:00:00+08:00"
    assert found["requester"] == {"display": "白急诊"}


def test_a_document_without_a_birth_date_keeps_the_age() -> None:
    made = of("Observation", resources("prescription_c0004"))
    assert [o["valueQuantity"]["value"] for o in made if o["code"]["text"] == "年龄"] == [48]


def test_a_section_without_entries_keeps_its_words() -> None:
    (composition,) = of("Composition", resources("outpatient_c0002"))
    section = composition["section"][-1]
    assert section["title"] == "健康指导"
    assert "左侧卧位" in section["text"]["div"]


def test_the_original_is_kept_and_named() -> None:
    made = resources("unstructured")
    (reference,) = of("DocumentReference", made)
    kinds = {f"Binary/{b['id']}": b["contentType"] for b in of("Binary", made)}
    urls = [content["attachment"]["url"] for content in reference["content"]]
    assert [kinds[url] for url in urls] == ["application/xml", "application/pdf"]


def test_nothing_active_survives_in_the_narrative() -> None:
    (composition,) = of("Composition", resources("ccd"))
    divs = " ".join(section["text"]["div"] for section in composition["section"])
    assert "onclick" not in divs
    assert "Asthma &lt;mild&gt;" in divs


def test_a_negated_allergy_without_a_substance_says_that_none_is_known() -> None:
    (found,) = of("AllergyIntolerance", resources("ccd"))
    assert found["code"]["coding"][0]["code"] == "716186003"
