"""The official examples of R4 as a judge of the validation: no false alarm, and two opinions that agree."""

import gzip
import json
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from fhir_profiles import resources
from fhir_profiles.compilation import validator
from fhir_profiles.explanation import explain
from fhir_profiles.resource_types import NUMBER
from fhir_profiles.validation import issues

EXAMPLES = Path(__file__).parents[3] / "shared" / "corpora" / "r4-examples" / "examples.ndjson.gz"


def examples() -> list[dict[str, Any]]:
    """The official R4 examples that lie beside the project, parsed as the exchange parses."""
    if not EXAMPLES.exists():
        pytest.skip("the R4 example corpus is not beside the project")
    with gzip.open(EXAMPLES, "rt", encoding="utf-8") as lines:
        return [resources.loads(json.loads(line)["text"]) for line in lines]


PROVABLY_INVALID = {"Observation/clinical-gender": ["Observation.performer[0].reference"]}
"""Examples that break their own standard: an Encounter does not perform an observation."""


def test_the_official_examples_raise_no_false_alarm() -> None:
    found = {resources.reference(each): issues(each) for each in examples() if "id" in each}
    alarms = {name: [issue.expression for issue in listed] for name, listed in found.items() if listed}
    assert alarms == PROVABLY_INVALID


def test_the_schema_and_the_explanation_agree_on_every_mutilated_example() -> None:
    """Where the compiled schema says yes, the walk over the definitions finds nothing, and the other way round."""
    disagreements = []
    for resource in examples()[::6]:
        if not validator(resource["resourceType"]).is_valid(resource):
            continue
        for damaged in mutilations(resource):
            quick = validator(damaged["resourceType"]).is_valid(damaged)
            if quick != (explain(damaged, "") == []):
                disagreements.append(damaged)
    assert disagreements == []


def mutilations(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Copies with one top-level element emptied, doubled, unwrapped or of the wrong type."""
    for name, value in resource.items():
        if name in ("resourceType", "text", "contained") or name.startswith("_") or f"_{name}" in resource:
            continue
        for wrong in (
            [],
            {},
            "",
            7,
            Decimal("1.5"),
            True,
            [value],
            value[0] if isinstance(value, list) else None,
        ):
            if wrong is not None:
                yield resource | {name: wrong}
        yield {key: kept for key, kept in resource.items() if key != name}


def test_another_implementation_calls_valid_examples_valid_too() -> None:
    """fhir.resources (R4B) as a second oracle, on the types that R4 and R4B define alike."""
    disagreements = []
    for resource in examples():
        if resource["resourceType"] in ALIKE and issues(resource) == []:
            model = get_fhir_model_class(resource["resourceType"])
            try:
                model.model_validate_json(resources.dumps(resource))
            except ValueError as error:
                disagreements.append((resources.reference(resource), str(error)[:200]))
    assert disagreements == []


ALIKE = {
    "Patient",
    "Observation",
    "Condition",
    "Encounter",
    "Immunization",
    "DiagnosticReport",
    "MedicationRequest",
}


def test_every_type_compiles_in_a_moment() -> None:
    started = time.perf_counter()
    for name in NUMBER:
        validator(name)
    assert time.perf_counter() - started < 0.2 * len(NUMBER)
