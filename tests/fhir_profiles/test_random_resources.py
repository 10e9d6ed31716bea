"""Whatever R4 allows is accepted and can be indexed; whatever is changed at random gets one opinion from two judges."""

import copy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fhir_profiles.compilation import validator
from fhir_profiles.explanation import explain
from fhir_profiles.extraction import extract
from fhir_profiles.validation import issues
from tests.fhir_profiles.random_resources import resources

SLOW = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@SLOW
@given(resources())
def test_right_structure_is_never_called_wrong(resource: dict[str, Any]) -> None:
    assert [issue for issue in issues(resource) if issue.code != "invariant"] == []


@SLOW
@given(resources())
def test_every_resource_of_right_structure_can_be_indexed(resource: dict[str, Any]) -> None:
    out = extract(resource)
    assert all(isinstance(part, str) for token in out.tokens for part in token)
    assert all(isinstance(part, str) and "\x00" not in part for pair in out.strings for part in pair)
    if issues(resource) == []:
        assert all(low is None or high is None or low <= high for _, low, high in out.dates)
        assert all(low <= high for *_, low, high in out.quantities)


@SLOW
@given(resources(), st.data())
def test_schema_and_explanation_agree_on_damage(resource: dict[str, Any], data: st.DataObject) -> None:
    damaged = copy.deepcopy(resource)
    place = data.draw(st.sampled_from(objects(damaged)))
    name = data.draw(st.sampled_from([*place, "nonsense"]).filter(lambda name: name != "resourceType"))
    place[name] = data.draw(st.sampled_from(DAMAGE))
    sure = validator(damaged["resourceType"]).is_valid(damaged)
    assert not sure or explain(damaged, "") == []
    assert sure or explain(damaged, "") != []


DAMAGE: list[Any] = [None, "", [], {}, 7, True, "x y", [None], [{}], {"id": "x"}, {"reference": "#x"}]


def objects(value: Any) -> list[dict[str, Any]]:
    """Every object of a resource, itself first; resources inside it are left out."""
    if isinstance(value, list):
        return [found for each in value for found in objects(each)]
    if not isinstance(value, dict):
        return []
    inner = [each for each in value.values() if not (isinstance(each, dict) and "resourceType" in each)]
    return [value, *objects(inner)]
