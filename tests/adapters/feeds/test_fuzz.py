"""However a sample is damaged, the adapter answers with translations or refusals, and what it makes is valid R4."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters import content
from adapters.source import Source
from fhir_profiles.validation import issues
from tests.adapters.feeds.samples import SOURCE, samples

INSERTIONS = [
    b"\0",
    b"\xff",
    b'"',
    b"<",
    b"&",
    b"\n",
    b",",
    b"999999999999",
    b"}",
    b"[",
    "珅".encode("gb18030"),
    b" ",
    b"]]>",
]


def damaged(payload: bytes, seed: int) -> bytes:
    """A few bytes cut, doubled or put in."""
    chance = random.Random(seed)
    content_ = bytearray(payload)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(content_) + 1)
        match chance.randrange(4):
            case 0:
                del content_[place : place + chance.randint(1, 40)]
            case 1:
                content_[place:place] = chance.choice(INSERTIONS)
            case 2:
                content_[place : place + 1] = bytes([chance.randrange(256)])
            case _:
                content_[place:place] = content_[place : place + chance.randint(1, 60)]
    return bytes(content_)


@pytest.mark.parametrize(("name", "path"), samples(), ids=lambda value: getattr(value, "name", value))
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32))
def test_a_damaged_sample_never_raises_and_never_gives_invalid_fhir(name: str, path: Path, seed: int) -> None:
    payload = damaged(path.read_bytes(), seed)
    mapped = Source(SOURCE.name, SOURCE.organisation, SOURCE.identifier_system, feed_map=name)
    for source in (SOURCE, mapped):
        for part in content.translate(payload, source):
            assert part.refused == (not part.resources and bool(part.issues)) or part.resources
            assert [fault for resource in part.resources for fault in issues(resource)] == []


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.binary(max_size=400))
def test_any_bytes_are_translated_or_refused(payload: bytes) -> None:
    for part in content.translate(payload, SOURCE):
        assert part.resources or part.issues or part.refused
