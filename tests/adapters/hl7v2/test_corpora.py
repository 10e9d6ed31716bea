"""Every message of the shared corpora becomes valid FHIR, or a refusal with its reason; facts survive."""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.hl7v2 import header, message, translate
from adapters.source import Source
from fhir_profiles.resources import dumps, loads
from tests.adapters.hl7v2.samples import CORPORA, SOURCE, faults

FOLDERS = ("hl7v2", "cn-shapes/raw", "cn-synthetic/hl7v2")
STRICT = Source("hospital", "12370200999999998P", "urn:hie:source:hospital", strict=True)


def messages() -> list[Path]:
    return sorted(path for folder in FOLDERS for path in (CORPORA / folder).rglob("*.hl7"))


pytestmark = pytest.mark.skipif(not messages(), reason="the shared corpora are not beside the project")


def text_of(payload: bytes) -> str:
    for codec in ("utf-8", "gb18030"):
        try:
            return payload.strip(b"\x0b\x1c\r\n").decode(codec)
        except UnicodeDecodeError:
            continue
    return ""


def leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    elif value is not None:
        yield str(value)


def test_each_becomes_valid_fhir_or_a_refusal_with_its_reason() -> None:
    found = {path.name: faults(part) for path in messages() for part in translate(path.read_bytes(), SOURCE)}
    assert {name: problems for name, problems in found.items() if problems} == {}


def test_only_messages_without_a_patient_are_refused() -> None:
    refused = Counter(
        part.issues[0].reason
        for path in messages()
        for part in translate(path.read_bytes(), SOURCE)
        if part.refused
    )
    assert refused.keys() <= {"no-patient", "no-header", "no-message-type", "acknowledgement", "query"}
    assert refused.total() <= 3


def test_strict_sources_get_every_finding_and_never_an_exception() -> None:
    parts = [part for path in messages() for part in translate(path.read_bytes(), STRICT)]
    assert all(part.issues for part in parts if part.refused)
    assert all(
        not any(issue.severity == "error" for issue in part.issues) for part in parts if not part.refused
    )


def test_the_reader_gives_back_what_it_read() -> None:
    for path in messages():
        text = text_of(path.read_bytes())
        lines = [line for line in re.split(r"\r\n?|\n", text) if line.strip()]
        (read,) = message.read(text)
        assert read.text() == "".join(line + "\r" for line in lines), path.name


def test_intake_finds_the_key_that_translation_uses() -> None:
    for path in messages():
        peeked = header.peek(path.read_bytes()).patient_key
        for part in translate(path.read_bytes(), SOURCE):
            if not part.refused and not part.patient_key.startswith(("visit:", "message:")):
                assert part.patient_key == peeked, path.name


def test_nearly_every_fact_of_a_message_survives() -> None:
    checks = CORPORA.parent / "checks"
    sys.path.insert(0, str(checks))
    try:
        import v2_facts
    finally:
        sys.path.remove(str(checks))
    kept, total, lost = Counter[str](), Counter[str](), []
    for path in messages():
        values = list(leaves([loads(dumps(part.resources)) for part in translate(path.read_bytes(), SOURCE)]))
        lowered, joined = {value.lower() for value in values}, "\n".join(values).lower()
        for fact in v2_facts.facts(text_of(path.read_bytes()))["facts"]:
            total[fact["kind"]] += 1
            if v2_facts.present(fact["kind"], fact["value"], values, lowered, joined):
                kept[fact["kind"]] += 1
            else:
                lost.append((path.name, fact["where"]))
    assert kept.total() / total.total() > 0.995, lost
    assert all(kept[kind] / total[kind] > 0.98 for kind in total), lost
