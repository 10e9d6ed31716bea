"""Broken messages: whatever is done to one, it becomes valid FHIR or a refusal with a reason, and never a fault."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.hl7v2 import header, translate
from tests.adapters.hl7v2.samples import SOURCE, faults, golden_messages

JUNK = (
    '', '""', "~", "^", "&", "|", "\\", "0", "-1", "20260230", "99999999999999", "无", "<0.5", "1-2", "\\X41\\", "\\.br\\",
    "a" * 300, "^^^^^", "~~~", "&&&", "1.5", "-", "NaN", "Infinity", "1e999", "2026", "abc def  ghi", " ", "\t", "\x00",
    "²", "１２", "A&B^C&D~E", "٣", "1E5", "http://x y", "urn:oid:1.2.3", "Y", "N", "D", "I", "CM", "F", "X", "^^^^^^无",
)  # fmt: skip


def read(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        return payload.decode("gb18030")


MESSAGES = [read(path.read_bytes()).replace("\r\n", "\r").split("\r") for path in golden_messages()]


def mutated(chance: random.Random) -> bytes:
    """A golden message with one to eight fields, components or segments changed, lost, doubled or moved."""
    lines = list(chance.choice(MESSAGES))
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(lines))
        act = chance.random()
        if act < 0.65:
            fields = lines[at].split("|")
            position = chance.randrange(len(fields))
            pieces = fields[position].split("^")
            pieces[chance.randrange(len(pieces))] = chance.choice(JUNK)
            fields[position] = chance.choice(("^".join(pieces), chance.choice(JUNK)))
            lines[at] = "|".join(fields)
        elif act < 0.75 and len(lines) > 1:
            del lines[at]
        elif act < 0.85:
            lines.insert(at, chance.choice(lines))
        elif act < 0.92:
            lines.insert(at, chance.choice(chance.choice(MESSAGES)))
        else:
            other = chance.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
    payload = bytearray("\r".join(lines).encode())
    if payload and chance.random() < 0.1:
        payload[chance.randrange(len(payload))] = chance.randrange(256)
    return bytes(payload)


@pytest.mark.parametrize("seed", range(12))
def test_a_mutated_message_becomes_valid_fhir_or_a_refusal(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(40):
        payload = mutated(chance)
        for translation in translate(payload, SOURCE):
            assert faults(translation) == [], payload
            assert not any(issue.reason == "translation-fault" for issue in translation.issues), payload


@settings(max_examples=120, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_refused_with_a_reason(payload: bytes) -> None:
    for translation in translate(payload, SOURCE):
        assert translation.refused
        assert translation.issues[0].text
    header.peek(payload)


@settings(max_examples=120, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(("PID", "OBX", "PV1", "ZZZ")))
def test_any_text_in_any_field_is_taken(first: str, second: str, name: str) -> None:
    lines = [
        "MSH|^~\\&|A|B|||2026||ORU^R01|1|P|2.4",
        "PID|1||1||测试",
        f"OBR|1||F1|{first}",
        f"{name}|{first}|{second}",
    ]
    for translation in translate("\r".join(lines).encode("utf-8", "replace"), SOURCE):
        assert faults(translation) == []
        assert not any(issue.reason == "translation-fault" for issue in translation.issues)
