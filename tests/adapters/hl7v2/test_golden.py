"""Golden pairs: messages of invented people, and the FHIR they become; all of it valid, repeatable and traced."""

from pathlib import Path

import pytest

from adapters.hl7v2 import coverage, translate
from fhir_profiles.resources import dumps, loads
from tests.adapters.hl7v2.samples import SOURCE, dangling, faults, golden_messages


def name(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("path", golden_messages(), ids=name)
def test_a_message_becomes_the_expected_resources(path: Path) -> None:
    made = [translation.resources for translation in translate(path.read_bytes(), SOURCE)]
    assert loads(dumps(made)) == loads(path.with_suffix(".json").read_bytes())


@pytest.mark.parametrize("path", golden_messages(), ids=name)
def test_what_it_becomes_is_valid_and_refers_to_nothing_outside(path: Path) -> None:
    for translation in translate(path.read_bytes(), SOURCE):
        assert not translation.refused
        assert faults(translation) == []
        assert dangling(translation) == set()


@pytest.mark.parametrize("path", golden_messages(), ids=name)
def test_the_same_message_twice_makes_the_same_and_traces_each_resource_to_rules(path: Path) -> None:
    first, second = (translate(path.read_bytes(), SOURCE, trace=True) for _ in range(2))
    assert first == second
    for translation in first:
        kept = {f"{resource['resourceType']}/{resource['id']}" for resource in translation.resources}
        assert translation.rules.keys() <= kept
        assert f"Patient/{translation.resources[0]['id']}" in translation.rules or not translation.patient_key


def test_coverage_counts_how_often_each_rule_filled_something() -> None:
    traced = [part for path in golden_messages() for part in translate(path.read_bytes(), SOURCE, trace=True)]
    counted = coverage(traced)
    assert counted["PID[Patient]:PID-5>name[]"] >= 18
    assert coverage()["PID[Patient]:PID-5>name[]"] == 0
    assert sum(count > 0 for count in counted.values()) > 150
