"""Every message structure of HL7v2 2.1 to 2.8.2, filled by datatype, becomes valid FHIR or a refusal with a reason."""

import random

import pytest

from adapters.hl7v2 import grammar, translate
from tests.adapters.hl7v2.generated import message, structures
from tests.adapters.hl7v2.samples import SOURCE, faults

REASONS = {"no-patient", "nothing-known", "query", "acknowledgement"}


def check(version: str, name: str, seed: int) -> None:
    text = message(version, name, random.Random(f"{version}{name}{seed}"))
    for translation in translate(text.encode(), SOURCE):
        assert faults(translation) == [], text
        if translation.refused:
            assert translation.issues[0].reason in REASONS, text


@pytest.mark.parametrize("name", structures("2.5.1"))
def test_each_structure_of_2_5_1_is_taken(name: str) -> None:
    check("2.5.1", name, 0)


@pytest.mark.parametrize("version", [version for version in grammar.VERSIONS if version != "2.5.1"])
def test_a_sample_of_the_structures_of_every_other_version_is_taken(version: str) -> None:
    chance = random.Random(version)
    known = structures(version)
    for name in chance.sample(known, min(12, len(known))):
        check(version, name, 1)


@pytest.mark.long
@pytest.mark.parametrize("version", grammar.VERSIONS)
def test_all_structures_of_every_version_are_taken_three_times(version: str) -> None:
    for name in structures(version):
        for seed in range(3):
            check(version, name, seed)
