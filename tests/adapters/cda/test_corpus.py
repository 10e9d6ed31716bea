"""Real-shaped documents: nothing crashes, everything is valid, and the facts survive (where the corpus is there)."""

import json
import re
from collections import Counter
from typing import Any

import pytest

from adapters import cda
from fhir_profiles.resources import dumps
from fhir_profiles.validation import issues
from tests.adapters.feeds.samples import CORPORA, SOURCE

CDA = CORPORA / "cda"
KEPT = 0.99
NUMBER = re.compile(r"-?\d+(\.\d+)?$")


@pytest.fixture(scope="module")
def bundles() -> dict[str, Any]:
    if not CDA.is_dir():
        pytest.skip("the corpus of documents is not there")
    made = {}
    for path in sorted(CDA.rglob("*.xml")):
        (part,) = cda.translate(path.read_bytes(), SOURCE)
        made[path.relative_to(CDA).as_posix()] = part
    return made


def test_every_document_is_translated_and_everything_else_refused_with_a_reason(
    bundles: dict[str, Any],
) -> None:
    facts = [json.loads(line) for line in (CDA / "facts.ndjson").read_text("utf-8").splitlines()]
    documents = {fact["file"] for fact in facts if fact["facts"]}
    for name, part in bundles.items():
        assert part.refused != bool(part.resources), name
        assert not part.refused or part.issues[0].reason, name
        assert not (part.refused and name in documents), name
        assert [fault for resource in part.resources for fault in issues(resource)] == [], name


def test_the_facts_of_the_documents_are_in_the_record(bundles: dict[str, Any]) -> None:
    total, kept = Counter[str](), Counter[str]()
    for line in (CDA / "facts.ndjson").read_text("utf-8").splitlines():
        fact = json.loads(line)
        if not fact["facts"]:
            continue
        found = leaves(json.loads(dumps(bundles[fact["file"]].resources)))
        for wanted in fact["facts"]:
            total[wanted["kind"]] += 1
            kept[wanted["kind"]] += holds(found, wanted["kind"], wanted["value"].lower())
    assert total
    assert {kind: kept[kind] / total[kind] for kind in total if kept[kind] < KEPT * total[kind]} == {}


def leaves(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {found for inner in value.values() for found in leaves(inner)}
    if isinstance(value, list):
        return {found for inner in value for found in leaves(inner)}
    return set() if value is None else {str(value).lower()}


def holds(found: set[str], kind: str, value: str) -> bool:
    if value in found:
        return True
    if kind.endswith("number"):
        return any(NUMBER.match(text) and float(text) == float(value) for text in found)
    if kind.lower().endswith("date"):
        return any(text.startswith(value) for text in found)
    return not kind.endswith("code") and any(value in text for text in found)
