"""Every search parameter of R4 is known, and its expression is understood."""

import pytest

from fhir_profiles import search_parameters
from fhir_profiles.extraction import primary_parameters
from fhir_profiles.resource_types import NUMBER
from fhir_profiles.search_paths import Path, Step, paths


def test_a_type_has_its_own_parameters_and_those_of_every_type() -> None:
    found = search_parameters.of("Observation")
    assert {"code", "value-quantity", "patient", "combo-code", "_id", "_lastUpdated", "_tag"} <= found.keys()
    assert found["code"].kind == "token"
    assert found["code"].expression == "Observation.code"
    assert found["code"].documentation == "The code of the observation type"
    assert found["code"].definition == "http://hl7.org/fhir/SearchParameter/clinical-code"
    assert set(found["patient"].targets) == {"Patient", "Group"}
    assert search_parameters.find("Resource", "_tag") is not None
    assert search_parameters.find("Resource", "code") is None
    assert search_parameters.find("Observation", "nonsense") is None


def test_a_composite_knows_what_it_joins() -> None:
    composite = search_parameters.find("Observation", "component-code-value-quantity")
    assert composite is not None
    assert [component.name for component in composite.components] == [
        "component-code",
        "component-value-quantity",
    ]


def test_every_expression_of_r4_is_understood() -> None:
    unread = [
        (resource_type, parameter.name)
        for resource_type in NUMBER
        for parameter in search_parameters.of(resource_type).values()
        if parameter.kind not in ("composite", "special") and not paths(resource_type, parameter.expression)
    ]
    assert unread == []


@pytest.mark.parametrize(
    ("resource_type", "expression", "expected"),
    [
        ("Observation", "Observation.value.as(Quantity)", [Path((Step("valueQuantity"),), "Quantity")]),
        ("Media", "(Media.created as Period).start", [Path((Step("createdPeriod"), Step("start")), "dateTime")]),
        ("Patient", "Patient.telecom.where(system='phone')", [Path((Step("telecom", ("system", "phone")),), "ContactPoint")]),
        ("Encounter", "Encounter.subject.where(resolve() is Patient)", [Path((Step("subject"),), "Reference", "Patient")]),
        ("Bundle", "Bundle.entry[0].resource", [Path((Step("entry", None, 0), Step("resource")), "Resource")]),
    ],
)  # fmt: skip
def test_an_expression_becomes_paths_through_json(
    resource_type: str, expression: str, expected: list[Path]
) -> None:
    assert list(paths(resource_type, expression)) == expected


@pytest.mark.parametrize("expression", ["Patient.name.given.first()", "Observation.code", "Patient.nonsense"])
def test_what_is_outside_the_subset_is_not_skipped_in_silence(expression: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        paths("Patient", expression)


def test_primary_parameters_exist_and_have_the_right_kind() -> None:
    for resource_type in NUMBER:
        for name, kind in zip(primary_parameters(resource_type), ("token", "date", "quantity"), strict=True):
            if name:
                parameter = search_parameters.find(resource_type, name)
                assert parameter is not None, (resource_type, name)
                assert parameter.kind == kind


def test_the_patient_compartment_names_parameters_that_exist() -> None:
    members = search_parameters.compartment("Patient")
    assert members["Observation"] == ("subject", "performer")
    for resource_type, names in members.items():
        for name in names:
            assert search_parameters.find(resource_type, name) is not None
