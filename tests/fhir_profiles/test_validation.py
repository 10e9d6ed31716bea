"""What is wrong with a resource is found, named by its FHIRPath, and said without repeating its content."""

from typing import Any

import pytest

from fhir_profiles.validation import issues
from tests.fhir_profiles.defects import DEFECTS, PATIENT, VALID, changed


@pytest.mark.parametrize(
    ("resource", "code", "expression"), [d[1:] for d in DEFECTS], ids=[d[0] for d in DEFECTS]
)
def test_a_planted_defect_is_found_where_it_is(resource: dict[str, Any], code: str, expression: str) -> None:
    found = issues(resource)
    assert [(issue.code, issue.expression) for issue in found] == [(code, expression)]
    assert found[0].severity == "error"
    assert len(found[0].text) > 10


@pytest.mark.parametrize("resource", [v[1] for v in VALID], ids=[v[0] for v in VALID])
def test_what_r4_allows_passes(resource: dict[str, Any]) -> None:
    assert issues(resource) == []


@pytest.mark.parametrize(
    "thing", [None, 1, "text", [], {}, {"resourceType": 7}, {"resourceType": "DomainResource"}]
)
def test_what_is_no_resource_at_all_is_refused(thing: Any) -> None:
    assert [issue.code for issue in issues(thing)] == ["structure"]


def test_no_issue_repeats_a_value_of_the_resource() -> None:
    secret = "赵秘密370200199001010012"
    resource = changed(
        PATIENT, gender=secret, birthDate=secret, name=[{"family": secret, "use": secret}], active=secret
    )
    assert secret not in repr(issues(resource))


def test_nesting_without_end_is_refused_and_not_followed() -> None:
    extension: dict[str, Any] = {"url": "u", "valueString": "x"}
    for _ in range(300):
        extension = {"url": "u", "extension": [extension]}
    assert any(
        issue.code in ("too-long", "structure")
        for issue in issues(changed(PATIENT, gender="x", extension=[extension]))
    )
